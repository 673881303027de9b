/* No password is ever an argument, which others on the machine could read: it comes by standard input, or from the terminal unseen. */
#include "app/people.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "bus/bus.h"
#include "core/log.h"
#include "features/admin/admin_rules.h"
#include "features/audit/audit.h"
#include "features/auth/auth.h"
#include "features/keys/keys.h"

enum { MOST_LISTED = 10000, PASSWORD_MOST = 1000 };

const char user_help[] =
    "  user create --email E --name N [--admin] [--password-stdin]\n"
    "                             the address counts as verified; the password is asked for, or one line of standard input\n"
    "  user list                  address, state, whether an administrator of the installation, last sign-in, name\n"
    "  user deactivate EMAIL      nobody gets in with the account, nor with keys its person made; sessions end at once\n"
    "  user activate EMAIL        undoes that\n"
    "  user delete EMAIL          for good, with what is the person's own\n"
    "  user grant-admin EMAIL     makes the account an administrator of the installation\n"
    "  user revoke-admin EMAIL    undoes that; there is one at all times\n";
const char org_help[] =
    "  org list                   identifier, state, members, keys, name\n"
    "  org delete ID              for 30 days an administrator can restore it\n";
const char key_help[] =
    "  key list                   identifier, how it begins, last use, organization, name, who made it\n"
    "  key revoke ID              within a second, on every instance\n";

/* --- the first administrator ----------------------------------------------------------------------------------------------- */

void show_setup_link(struct app *app)
{
    SCOPED(call) struct call call;
    text link = TEXT_NONE;

    call_open(&call, &app->on);
    if (setup_link(&call, &link) != OK)
        LOG(WARN, &call, "whether there is an administrator could not be found out");
    if (link.len) { /* not by the log, which goes to others and is kept */
        printf("Nobody has an account here yet. Make the first administrator, within 24 hours:\n\n  %.*s\n\n", TEXT_ARG(link));
        fflush(stdout);
    }
}

/* --- what all of them share ------------------------------------------------------------------------------------------------ */

struct verb {
    const char *name;
    enum result (*run)(struct call *call, int argc, char **argv);
    int arguments;
};

/* What is said before there is a way to the others would be said to nobody; where there is none it holds all the same, once they ask the
   store again. */
static void await_signals(const struct bus *bus)
{
    for (int64_t until = clock_ticks() + 2 * SECOND; !bus_connected(bus) && clock_ticks() < until;)
        clock_sleep(5 * MILLISECOND);
}

/* Other instances hear of what is done; the bus takes it along as it is closed. */
static enum result run_verb(struct call *call, struct app *app, const struct verb *verb, int argc, char **argv)
{
    enum result result;

    call->actor = ACTOR_SYSTEM;
    TRY(bus_open(call, &app->on, &app->on.bus));
    await_signals(app->on.bus);
    result = AGAIN(call, verb->run(call, argc, argv));
    bus_close(app->on.bus);
    app->on.bus = NULL;
    return result;
}

static enum result choose(struct call *call, struct app *app, const struct verb *verbs, const char *usage, int argc, char **argv)
{
    for (const struct verb *verb = verbs; argc > 0 && verb->name; verb++)
        if (strcmp(argv[0], verb->name) == 0 && (verb->arguments < 0 || argc - 1 == verb->arguments))
            return run_verb(call, app, verb, argc - 1, argv + 1);
    return fail(call, VALIDATION_ERROR, "usage: tenon %s; --help says more", usage);
}

static const char *spelled(int64_t time, char out[static CLOCK_TEXT])
{
    return time ? clock_format(time, out).ptr : "-";
}

/* What is wrong with a field, in the one line that a command says. */
static enum result plainly(struct call *call, enum result result)
{
    const struct field_failure *field = call->failure.fields;

    return field ? fail(call, result, "%.*s %.*s", TEXT_ARG(field->field), TEXT_ARG(field->message)) : result;
}

/* --- user -------------------------------------------------------------------------------------------------------------------- */

static bool read_line(char line[static PASSWORD_MOST + 2])
{
    size_t len;

    if (!fgets(line, PASSWORD_MOST + 2, stdin))
        return false;
    len = strcspn(line, "\r\n");
    line[len] = 0;
    return len > 0;
}

/* From the terminal, where what is typed is not shown. */
static bool ask_password(char line[static PASSWORD_MOST + 2])
{
    struct termios before, unseen;
    bool read;

    if (tcgetattr(STDIN_FILENO, &before) != 0)
        return false;
    unseen = before;
    unseen.c_lflag &= ~(tcflag_t)ECHO;
    fputs("Password: ", stderr);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &unseen);
    read = read_line(line);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fputc('\n', stderr);
    return read;
}

static enum result take_password(struct call *call, bool from_stdin, text *ret_password)
{
    char line[PASSWORD_MOST + 2] = "";

    if (!(from_stdin ? read_line(line) : ask_password(line)))
        return fail(call, VALIDATION_ERROR, "no password was given: type it, or give one line of standard input with --password-stdin");
    *ret_password = text_copy(&call->arena, text_of(line));
    explicit_bzero(line, sizeof line);
    return OK;
}

static enum result create_in(struct call *call, const struct new_account *account, text hash)
{
    struct user user;
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(account_make(call, account, hash, &user));
    TRY(audit_note(call, account->is_admin ? "account.created_admin" : "account.created", user.email));
    TRY(tx_commit(&tx));
    printf("%.*s\n", TEXT_ARG(uuid_text(&call->arena, user.id)));
    return OK;
}

static enum result read_options(struct call *call, int argc, char **argv, struct new_account *account, bool *from_stdin)
{
    for (int i = 0; i < argc; i++) {
        text *value = strcmp(argv[i], "--email") == 0 ? &account->email : strcmp(argv[i], "--name") == 0 ? &account->name : NULL;

        if (value && i + 1 < argc)
            *value = text_of(argv[++i]);
        else if (strcmp(argv[i], "--admin") == 0)
            account->is_admin = true;
        else if (strcmp(argv[i], "--password-stdin") == 0)
            *from_stdin = true;
        else
            return fail(call, VALIDATION_ERROR, "user create takes no %s: --email E --name N [--admin] [--password-stdin]", argv[i]);
    }
    return account->email.len && account->name.len ? OK : fail(call, VALIDATION_ERROR, "user create takes --email E and --name N");
}

static enum result create_user(struct call *call, int argc, char **argv)
{
    struct new_account account = { 0 };
    bool from_stdin = false;
    text hash;

    TRY(read_options(call, argc, argv, &account, &from_stdin));
    TRY(take_password(call, from_stdin, &account.password));
    TRY(plainly(call, account_check(call, &account, &hash)));
    return plainly(call, AGAIN(call, create_in(call, &account, hash)));
}

static enum result list_users(struct call *call, int argc, char **argv)
{
    SCOPED(system_scope) struct system_scope scope = system_scope_begin(call, "command.user");
    char at[CLOCK_TEXT];
    struct list list;
    int64_t total;

    (void)argc;
    (void)argv;
    TRY(admin_user_list(call, TEXT_NONE, 1, MOST_LISTED, &list, &total));
    for (size_t i = 0; i < list.len; i++) {
        const struct admin_user_row *row = (const struct admin_user_row *)list.items + i;
        bool admin = row->is_admin || (row->email_verified && email_is_admins(row->email));

        printf("%-40.*s %-8s %-6s %-24s %.*s\n", TEXT_ARG(row->email), row->is_active ? "active" : "inactive", admin ? "admin" : "-", spelled(row->last_login, at), TEXT_ARG(row->name));
    }
    return OK;
}

static enum result change_user(struct call *call, char **argv, const struct admin_change *change)
{
    struct admin_user_row row, after;

    TRY(admin_find(call, text_of(argv[0]), &row));
    if (change->has_active ? change->is_active == row.is_active : change->is_admin == row.is_admin)
        return fail(call, CONFLICT, "%s is so already", argv[0]);
    return admin_apply(call, row.id, change, &after);
}

#define CHANGES(name, what, value)                                                       \
    static enum result name(struct call *call, int argc, char **argv)                    \
    {                                                                                    \
        (void)argc;                                                                      \
        return change_user(call, argv, &(struct admin_change){ .has_##what = true, .is_##what = (value) }); \
    }
CHANGES(activate_user, active, true)
CHANGES(deactivate_user, active, false)
CHANGES(grant_admin, admin, true)
CHANGES(revoke_admin, admin, false)

static enum result delete_user(struct call *call, int argc, char **argv)
{
    struct admin_user_row row;

    (void)argc;
    TRY(admin_find(call, text_of(argv[0]), &row));
    return admin_delete(call, row.id);
}

enum result run_user(struct call *call, struct app *app, int argc, char **argv)
{
    static const struct verb verbs[] = {
        { "create", create_user, -1 },       { "list", list_users, 0 },       { "activate", activate_user, 1 },     { "deactivate", deactivate_user, 1 },
        { "delete", delete_user, 1 },        { "grant-admin", grant_admin, 1 }, { "revoke-admin", revoke_admin, 1 }, { NULL, NULL, 0 },
    };

    return choose(call, app, verbs, USER_USAGE, argc, argv);
}

/* --- org ----------------------------------------------------------------------------------------------------------------------- */

static enum result list_orgs(struct call *call, int argc, char **argv)
{
    SCOPED(system_scope) struct system_scope scope = system_scope_begin(call, "command.org");
    struct list list;
    int64_t total;

    (void)argc;
    (void)argv;
    TRY(admin_org_list(call, TEXT_NONE, 1, MOST_LISTED, &list, &total));
    for (size_t i = 0; i < list.len; i++) {
        const struct admin_org_row *row = (const struct admin_org_row *)list.items + i;

        printf("%.*s  %-8s %6lld members %6lld keys  %.*s\n", TEXT_ARG(uuid_text(&call->arena, row->id)), row->deleted_at ? "deleted" : "open", (long long)row->member_count,
               (long long)row->key_count, TEXT_ARG(row->name));
    }
    return OK;
}

static enum result read_id(struct call *call, const char *argument, uuid *ret_id)
{
    return uuid_parse(text_of(argument), ret_id) ? OK : fail(call, VALIDATION_ERROR, "%s is no identifier; list shows them", argument);
}

static enum result delete_org(struct call *call, int argc, char **argv)
{
    struct admin_org_row row;
    enum result result;
    uuid id;

    (void)argc;
    TRY(read_id(call, argv[0], &id));
    result = admin_org_delete(call, id, &row);
    return result == NOT_FOUND ? fail(call, NOT_FOUND, "there is no organization %s", argv[0]) : result;
}

enum result run_org(struct call *call, struct app *app, int argc, char **argv)
{
    static const struct verb verbs[] = { { "list", list_orgs, 0 }, { "delete", delete_org, 1 }, { NULL, NULL, 0 } };

    return choose(call, app, verbs, ORG_USAGE, argc, argv);
}

/* --- key ----------------------------------------------------------------------------------------------------------------------- */

static enum result keys_there(struct call *call, struct list *ret_list)
{
    SCOPED(system_scope) struct system_scope scope = system_scope_begin(call, "command.key");

    return admin_key_list(call, MOST_LISTED, ret_list);
}

static enum result list_keys(struct call *call, int argc, char **argv)
{
    char at[CLOCK_TEXT];
    struct list list;

    (void)argc;
    (void)argv;
    TRY(keys_there(call, &list));
    for (size_t i = 0; i < list.len; i++) {
        const struct admin_key_row *row = (const struct admin_key_row *)list.items + i;

        printf("%.*s  %.*s… %-24s %-24.*s %.*s (%.*s)\n", TEXT_ARG(uuid_text(&call->arena, row->id)), TEXT_ARG(row->prefix), spelled(row->last_used, at), TEXT_ARG(row->organization),
               TEXT_ARG(row->name), TEXT_ARG(row->maker.ptr ? row->maker : T("nobody who is here")));
    }
    return OK;
}

static enum result revoke_key(struct call *call, int argc, char **argv)
{
    enum result result;
    uuid id;

    (void)argc;
    TRY(read_id(call, argv[0], &id));
    result = admin_key_revoke(call, id);
    return result == NOT_FOUND ? fail(call, NOT_FOUND, "there is no key %s", argv[0]) : result;
}

enum result run_key(struct call *call, struct app *app, int argc, char **argv)
{
    static const struct verb verbs[] = { { "list", list_keys, 0 }, { "revoke", revoke_key, 1 }, { NULL, NULL, 0 } };

    return choose(call, app, verbs, KEY_USAGE, argc, argv);
}
