/*
 * What a person is given when they ask for everything that is kept about them; and that nothing is forgotten: each column that says who
 * a person is stands in the row of an export, or here with why it does not. A table that comes later fails this until somebody decides.
 */
#include <sqlite3.h>
#include <stdio.h>

#include "store/db.h"
#include "tests/scenario/scenario.h"

/* No persons. */
static const char *const others[] = {
    "claimed_domains.claimed_by", /* an organization */
    "jobs.claimed_by",            /* an instance of the program */
    NULL,
};

static const struct scenario rows[] = {
    { "somebody", .as = MEMBER, .send = "GET /api/auth/me" },
    { "may make keys", .as = OWNER, .send = "PATCH /api/orgs/{owner.org}/members/{member.id}", .body = "{'role':'admin'}" },
    { "makes one", .as = MEMBER, .send = "POST /api/keys", .body = "{'name':'Their key'}", .status = 201, .keep = { "key=data.key" } },
    { "invites somebody", .as = MEMBER, .send = "POST /api/orgs/{owner.org}/invitations", .body = "{'email':'guest@example.com','role':'viewer'}", .status = 201 },
    { "is invited", .as = STRANGER, .send = "POST /api/orgs/{stranger.org}/invitations", .body = "{'email':'member@example.com','role':'viewer'}", .status = 201 },
    { "asks something", .as = MEMBER, .send = "POST /api/conversations", .body = "{'title':'Private words'}", .status = 201, .keep = { "conversation=data.id" } },
    { "and is answered", .as = MEMBER, .send = "POST /api/conversations/{conversation}/messages", .body = "{'content':'What rings at eight?','stream':false}", .status = 201 },
    { "others do things too", .as = OWNER, .send = "POST /api/keys", .body = "{'name':'The owner alone'}", .status = 201 },
    { "signs in from somewhere", .send = "POST /api/auth/login", .body = "{'email':'member@example.com','password':'{member.password}'}" },
    { "all of it is theirs to have", .as = MEMBER, .send = "GET /api/auth/me/export", .eventually = true, .heads = { "Content-Disposition: attachment; filename=\"account.json\"" },
      .has = { "data.account#1", "data.account.0.email=member@example.com", "data.sessions#2", "data.memberships#2", "data.keys#1", "data.keys.0.name=Their key", "data.invited#1", "data.invitations#1",
               "data.conversations#1", "data.messages#2", "data.model_calls#1", "data.sign_in_places.0.place", "data.sessions_as_others#0", "data.actions_as_others#0", "data.incomplete#0", "data.links" },
      .says = { "What rings at eight?", "Private words", "\"action\":\"key.created\"", "\"action\":\"auth.login\"", "\"place\":\"127.0.0.1" },
      .hides = { "hash", "argon2", "{key}", "The owner alone", "token\":" } },
    { "which is on record", .as = OWNER, .send = "GET /api/audit?action=account.exported", .has = { "data.0.target=member@example.com" } },
    { "a key is no person", .as = KEY("usage.read"), .send = "GET /api/auth/me/export", .error = "FORBIDDEN" },
};

static bool is_listed(const char *column)
{
    for (const struct module *const *module = app_modules; *module; module++)
        for (const struct export *export = (*module)->exports; export && export->name; export++)
            for (size_t i = 0; i < COUNT(export->covers) && export->covers[i]; i++)
                if (strcmp(export->covers[i], column) == 0)
                    return true;
    for (const char *const *other = others; *other; other++)
        if (strcmp(*other, column) == 0)
            return true;
    return false;
}

/* Columns that refer to users, and those that are called as if they did. (Seen: each of the rows taken out is named.) */
static void nothing_is_forgotten(struct world *world)
{
    static const char sql[] =
        "SELECT m.name || '.' || f.\"from\" FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table' AND f.\"table\" = 'users' "
        "UNION SELECT m.name || '.' || c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND c.type = 'BLOB' "
        "AND (c.name IN ('user_id', 'actor_id', 'owner_id', 'author_id', 'impersonator_id') OR c.name LIKE '%\\_by' ESCAPE '\\')";
    sqlite3_stmt *stmt = NULL;
    sqlite3 *db = NULL;
    char path[128];
    int columns = 0;

    world_about(world, "what says who a person is stands in an export");
    snprintf(path, sizeof path, "%s/tenon.db", world_dir(world));
    expect(world, sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK && sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK, "the tables can be read: %s", sqlite3_errmsg(db));
    while (stmt && sqlite3_step(stmt) == SQLITE_ROW) {
        const char *column = (const char *)sqlite3_column_text(stmt, 0);

        columns++;
        expect(world, is_listed(column), "%s is in no module's .exports", column);
    }
    expect(world, columns >= 12, "there are such columns: %d", columns);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}

/* On SQLite; the schemas of both engines are held against each other (src/store/schema_test.c). */
static void run(struct world *world)
{
    if (!db_is_shared(world_app(world)->on.db))
        nothing_is_forgotten(world);
}

const struct suite exports_scenarios = { SCENARIOS(rows), .run = run };
