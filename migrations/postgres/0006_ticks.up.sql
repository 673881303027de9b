-- When each chore was last done, so that of several instances one does it.
CREATE TABLE ticks (
    name text NOT NULL PRIMARY KEY,
    fired_at timestamptz NOT NULL
);

SELECT shared_table('ticks');
