-- When each chore was last done, so that of several instances one does it.
CREATE TABLE ticks (
    name TEXT NOT NULL PRIMARY KEY,
    fired_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
