/*
 * The store fails: for each of these requests its first, second, third … use of the store is made to fail, until one run is
 * let through. Each failed run must be answered with 503 and leave every table and every file as it was.
 */
#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>

#include "features/auth/auth_session.h"
#include "tests/scenario/factors.h"
#include "store/db.h"
#include "tests/scenario/scenario.h"

enum { MOST_STEPS = 80 };

struct faulty {
    const char *as, *send, *body;
    bool stays; /* it may be answered with a failure after it was stored: the answer is made in the background */
};

/* {n} is another word each time. */
static const struct faulty rows[] = {
    { NULL, "POST /api/auth/signup", "{'name':'Somebody','email':'{n}@example.com','password':'Gantry-9-Kestrel'}" },
    { NULL, "POST /api/auth/login", "{'email':'{owner.email}','password':'{owner.password}'}", .stays = true }, /* an attempt is counted before it is decided */
    { NULL, "POST /api/auth/login", "{'email':'{owner.email}','password':'{owner.password}','session':'cookie'}", .stays = true },
    { OWNER, "GET /api/auth/me" },
    { OWNER, "PATCH /api/auth/me", "{'name':'Renamed {n}'}" },
    { BROWSER, "GET /api/csrf-token" },
    { BROWSER, "POST /api/orgs/{owner.org}/switch" },
    { ADMIN, "DELETE /api/auth/mfa/totp" },
    { ADMIN, "POST /api/auth/refresh" },
    { VIEWER, "POST /api/auth/logout" },
    { OWNER, "POST /api/auth/password", "{'current_password':'{owner.password}','new_password':'{owner.password}'}" },
    { OWNER, "GET /api/auth/sessions" },
    { OWNER, "GET /api/auth/mfa" },
    { OWNER, "POST /api/auth/mfa/totp" },
    { OWNER, "POST /api/auth/passkeys/options" },
    { OWNER, "GET /api/auth/passkeys" },
    { NULL, "POST /api/auth/passkeys/login/options" },
    { OWNER, "GET /api/orgs" },
    { OWNER, "POST /api/orgs", "{'name':'Another {n}'}" },
    { OWNER, "PATCH /api/orgs/{owner.org}", "{'name':'Renamed {n}'}" },
    { OWNER, "GET /api/orgs/{owner.org}" },
    { OWNER, "GET /api/orgs/{owner.org}/members?q=a" },
    { OWNER, "PATCH /api/orgs/{owner.org}/members/{member.id}", "{'role':'Faulty'}" },
    { OWNER, "POST /api/orgs/{owner.org}/roles", "{'name':'{n}','permissions':['usage.read']}" },
    { OWNER, "GET /api/orgs/{owner.org}/roles" },
    { OWNER, "PATCH /api/orgs/{owner.org}/roles/{role.id}", "{'permissions':['audit.read']}" },
    { OWNER, "POST /api/orgs/{owner.org}/invitations", "{'email':'{n}@example.com','role':'viewer'}" },
    { OWNER, "GET /api/orgs/{owner.org}/invitations" },
    { OWNER, "DELETE /api/orgs/{owner.org}/invitations/{invitation.id}" },
    { OWNER, "DELETE /api/orgs/{owner.org}/members/{viewer.id}" },
    { MEMBER, "POST /api/orgs/{owner.org}/leave" },
    { STRANGER, "DELETE /api/orgs/{stranger.org}", "{'name':'The stranger’s organization'}" },
    { STRANGER, "POST /api/orgs/{stranger.org}/restore" },
    { OWNER, "POST /api/orgs/{owner.org}/domains", "{'domain':'{n}.example'}" },
    { OWNER, "PATCH /api/orgs/{owner.org}/domains/{domain.id}", "{'auto_join':true}" },
    { OWNER, "GET /api/orgs/{owner.org}/domains" },
    { OWNER, "DELETE /api/orgs/{owner.org}/domains/{domain.id}" },
    { OWNER, "GET /api/orgs/joinable" },
    { ROOT, "GET /api/admin/users?q=a" },
    { ROOT, "GET /api/admin/users/{owner.id}" },
    { ROOT, "PATCH /api/admin/users/{leaver.id}", "{'is_active':false,'is_admin':true}" },
    { ROOT, "POST /api/admin/users/{leaver.id}/sign-out" },
    { ROOT, "PATCH /api/admin/users/{leaver.id}", "{'is_active':true,'is_admin':false}" },
    { ROOT, "POST /api/admin/users/{leaver.id}/impersonate", "{'reason':'{n}'}" },
    { ROOT, "GET /api/admin/orgs" },
    { ROOT, "DELETE /api/admin/orgs/{stranger.org}" },
    { ROOT, "POST /api/admin/orgs/{stranger.org}/restore" },
    { ROOT, "GET /api/auth/me/export" },
    { ROOT, "DELETE /api/admin/users/{leaver.id}" },
    { OWNER, "GET /api/audit/export" },
    { OWNER, "POST /api/keys", "{'name':'{n}'}" },
    { OWNER, "GET /api/keys" },
    { OWNER, "GET /api/keys/{key.id}" },
    { OWNER, "PATCH /api/keys/{key.id}", "{'name':'Renamed {n}','scopes':['usage.read']}" },
    { OWNER, "DELETE /api/keys/{key.id}" },
    { OWNER, "POST /api/providers", "{'provider':'openai-compatible','name':'p{n}','base_url':'http://127.0.0.1:9/v1','api_key':'sk-{n}'}" },
    { OWNER, "GET /api/providers" },
    { OWNER, "GET /api/models" },
    { OWNER, "PATCH /api/providers/{provider.id}", "{'name':'r{n}','api_key':'sk-new'}" },
    { OWNER, "DELETE /api/providers/{provider.id}" },
    { OWNER, "GET /api/audit" },
    { OWNER, "GET /api/usage" },
    { OWNER, "GET /api/usage/events" },
    { OWNER, "GET /api/dashboard" },
    { KEY("gateway.use"), "GET /v1/models" },
    { KEY("gateway.use"), "POST /v1/chat/completions", "{'model':'builtin/extract-1','messages':[{'role':'user','content':'Hello'}]}", .stays = true },
    { OWNER, "POST /api/knowledge/collections", "{'name':'c{n}'}" },
    { OWNER, "PATCH /api/knowledge/collections/{collection.id}", "{'name':'r{n}'}" },
    { OWNER, "GET /api/knowledge/collections" },
    { OWNER, "GET /api/knowledge/search?q=bell" },
    { OWNER, "GET /api/knowledge/documents" },
    { OWNER, "GET /api/knowledge/documents/{document.id}/chunks" },
    { OWNER, "GET /api/knowledge/documents/{document.id}/file" },
    { OWNER, "PATCH /api/knowledge/documents/{document.id}", "{'title':'Renamed {n}'}" },
    { OWNER, "DELETE /api/knowledge/collections/{collection.id}" },
    { OWNER, "POST /api/conversations", "{'title':'{n}'}" },
    { OWNER, "GET /api/conversations" },
    { OWNER, "PATCH /api/conversations/{conversation.id}", "{'title':'Renamed {n}'}" },
    { OWNER, "GET /api/conversations/{conversation.id}/messages" },
    { OWNER, "POST /api/conversations/{conversation.id}/messages", "{'content':'Hello {n}','stream':false}", .stays = true },
    { OWNER, "DELETE /api/conversations/{conversation.id}" },
    { OWNER, "PUT /api/knowledge/documents/{document.id}", "{'title':'Again {n}','text':'The bell rings at noon.'}" },
    { OWNER, "POST /api/knowledge/documents", "{'title':'{n}','text':'Another bell rings at night.'}" },
    { OWNER, "DELETE /api/knowledge/documents/{document.id}" },
    { STRANGER, "DELETE /api/auth/sessions/{stranger.session}" },
};

static const struct scenario setting[] = {
    { "a key", .as = OWNER, .send = "POST /api/keys", .body = "{'name':'x'}", .status = 201, .keep = { "key.id=data.id" } },
    { "a provider", .as = OWNER, .send = "POST /api/providers", .body = "{'provider':'openai-compatible','name':'x','base_url':'http://127.0.0.1:9/v1'}", .status = 201,
      .keep = { "provider.id=data.id" } },
    { "a collection", .as = OWNER, .send = "POST /api/knowledge/collections", .body = "{'name':'x'}", .status = 201, .keep = { "collection.id=data.id" } },
    { "a conversation", .as = OWNER, .send = "POST /api/conversations", .body = "{}", .status = 201, .keep = { "conversation.id=data.id" } },
    { "a document", .as = OWNER, .send = "POST /api/knowledge/documents", .body = "{'title':'x','text':'The bell rings at eight.'}", .status = 202,
      .keep = { "document.id=data.id" } },
    { "is ready", .as = OWNER, .send = "GET /api/knowledge/documents/{document.id}", .has = { "data.status=ready" }, .eventually = true },
    { "a key is used once, which is noted", .as = KEY("gateway.use"), .send = "GET /v1/models" },
    { "a session of the stranger's", .as = STRANGER, .send = "GET /api/auth/sessions", .keep = { "stranger.session=data.0.id" } },
    { "a browser", .as = BROWSER, .send = "GET /api/auth/me" },
    { "an administrator", .as = ADMIN, .send = "GET /api/auth/me" },
    { "a viewer", .as = VIEWER, .send = "GET /api/auth/me" },
    { "a member", .as = MEMBER, .send = "GET /api/auth/me" },
    { "a role", .as = OWNER, .send = "POST /api/orgs/{owner.org}/roles", .body = "{'name':'Faulty','permissions':[]}", .status = 201, .keep = { "role.id=data.id" } },
    { "a domain", .as = OWNER, .send = "POST /api/orgs/{owner.org}/domains", .body = "{'domain':'faulty.example'}", .status = 201, .keep = { "domain.id=data.id" } },
    { "somebody who goes", .send = "POST /api/auth/signup", .body = "{'name':'Leaver','email':'leaver@example.com','password':'Gantry-9-Kestrel'}", .status = 201, .keep = { "leaver.id=user.id" } },
    { "who runs it", .as = ROOT, .send = "GET /api/auth/me" },
    { "an invitation", .as = OWNER, .send = "POST /api/orgs/{owner.org}/invitations", .body = "{'email':'x@example.com','role':'viewer'}", .status = 201,
      .keep = { "invitation.id=data.id" } },
};

/* --- what is stored ------------------------------------------------------------------------------------------------------------------------ */

static void mix(uint64_t *hash, const void *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        *hash = (*hash ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001b3);
}

static void mix_table(sqlite3 *sqlite, const char *table, uint64_t *hash)
{
    char sql[256];
    sqlite3_stmt *stmt = NULL;

    snprintf(sql, sizeof sql, "SELECT * FROM \"%s\"", table);
    if (sqlite3_prepare_v2(sqlite, sql, -1, &stmt, NULL) == SQLITE_OK)
        while (sqlite3_step(stmt) == SQLITE_ROW)
            for (int i = 0; i < sqlite3_column_count(stmt); i++) {
                const void *bytes = sqlite3_column_blob(stmt, i);

                mix(hash, table, strlen(table));
                mix(hash, bytes ? bytes : "", (size_t)sqlite3_column_bytes(stmt, i));
            }
    sqlite3_finalize(stmt);
}

static uint64_t tables_now(struct world *world)
{
    char path[128];
    sqlite3 *sqlite = NULL;
    sqlite3_stmt *stmt = NULL;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    snprintf(path, sizeof path, "%s/tenon.db", world_dir(world));
    if (sqlite3_open_v2(path, &sqlite, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(sqlite, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name", -1, &stmt, NULL) == SQLITE_OK)
        while (sqlite3_step(stmt) == SQLITE_ROW)
            mix_table(sqlite, (const char *)sqlite3_column_text(stmt, 0), &hash);
    sqlite3_finalize(stmt);
    sqlite3_close(sqlite);
    return hash;
}

static size_t files_in(const char *dir)
{
    DIR *d = opendir(dir);
    struct dirent *entry;
    size_t count = 0;

    while (d && (entry = readdir(d))) {
        char path[1024];

        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%.700s/%s", dir, entry->d_name);
        count += entry->d_type == DT_DIR ? files_in(path) : 1;
    }
    if (d)
        closedir(d);
    return count;
}

static size_t files_now(struct world *world)
{
    char path[128];

    snprintf(path, sizeof path, "%s/files", world_dir(world));
    return files_in(path);
}

/* --- failing -------------------------------------------------------------------------------------------------------------------------------- */

/* Background work that the last success set off must not be taken for what a failure left. */
static void settle(struct world *world)
{
    uint64_t before = tables_now(world), now;

    for (int same = 0, rounds = 0; same < 15 && rounds < 2000; rounds++) {
        clock_sleep(3 * MILLISECOND);
        now = tables_now(world);
        same = now == before ? same + 1 : 0;
        before = now;
    }
}

/* A change that can be repeated may be stored although its answer fails: it is read back afterwards. */
static bool may_stay(const struct faulty *row)
{
    return row->stays || strncmp(row->send, "PATCH ", 6) == 0;
}

struct attempt {
    struct answer answer;
    bool failed, untouched;
};

static struct attempt attempt(struct world *world, const struct faulty *row, int step)
{
    static int n;
    uint64_t tables = tables_now(world);
    size_t files = files_now(world);
    struct attempt made;

    keep(world, "n", text_format(world_arena(world), "n%d", ++n));
    filled(world, row->body ? row->body : ""); /* whoever is mentioned is made before */
    session_forget_all(&world_app(world)->on, UUID_NONE, TEXT_NONE); /* so that who it is is asked for as well */
    db_fail_after(step);
    made.answer = ask(world, row->as, row->send, row->body, NULL);
    made.failed = db_has_failed();
    db_fail_after(0);
    made.untouched = (may_stay(row) || tables_now(world) == tables) && files_now(world) == files;
    return made;
}

/* One run with the failure at `step`; false when the request never got so far. What is stored by a failure is stored by it
   each time: a difference that goes away is the background's work. */
static bool fail_at(struct world *world, const struct faulty *row, int step)
{
    struct attempt made = attempt(world, row, step);

    for (int again = 0; again < 2 && made.answer.status >= 400 && made.failed && !made.untouched; again++) {
        settle(world);
        made = attempt(world, row, step);
    }
    if (made.answer.status < 400)
        return made.failed && step < MOST_STEPS; /* what failed was not needed for the answer */
    if (!expect_answer(world, &made.answer, made.failed, "nothing failed, but the answer does"))
        return false;
    expect_answer(world, &made.answer, made.answer.status == 503, "a failing store is answered with 503 (step %d)", step);
    expect_answer(world, &made.answer, answer_header(&made.answer, "retry-after").ptr != NULL, "and says when to come again");
    expect_answer(world, &made.answer, !answer_header(&made.answer, "set-cookie").ptr, "no cookie is set by what did not happen (step %d)", step);
    expect_answer(world, &made.answer, made.untouched, "nothing half-done is stored, and no file is left (step %d)", step);
    return true;
}

static void run(struct world *world)
{
    enrol(world, ADMIN);
    for (size_t i = 0; i < COUNT(rows); i++) {
        int step = 1;

        world_about(world, rows[i].send);
        settle(world);
        while (step <= MOST_STEPS && fail_at(world, &rows[i], step))
            step++;
        expect(world, (step > 1 || rows[i].stays) && step <= MOST_STEPS, "it uses the store at least once and not without end: %d times", step - 1);
    }
}

const struct suite faults_scenarios = { SCENARIOS(setting), .run = run };
