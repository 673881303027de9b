/* Everything that is kept about a person, for that person: what each feature's rows say (core/module.h: struct export). Never a hash, a
   secret or a token: a row that could not be shown stops the program's own check. */
#include "features/audit/audit.h"
#include "features/auth/auth_admin.h"
#include "features/auth/auth_lockout.h"

enum { MOST = 48 << 20 }; /* bytes, well below what an answer may have */

struct writing {
    struct json_writer *w;
    const struct field *fields;
    bool cut;
};

static enum result write_row(void *context, const void *row)
{
    struct writing *writing = context;

    writing->cut = writing->w->out->len > MOST;
    if (!writing->cut)
        fields_write(writing->w, writing->fields, row);
    return OK;
}

static struct arg who(struct call *call, const struct export *export, const struct user_row *user)
{
    switch (export->by) {
    case EXPORT_BY_EMAIL: return db_text(user->email);
    case EXPORT_BY_ACCOUNT: return db_bytes(attempts_account(&call->arena, user->email));
    case EXPORT_BY_USER: break;
    }
    return db_uuid(user->id);
}

static enum result write_export(struct call *call, struct json_writer *w, const struct export *export, const struct user_row *user, bool *ret_cut)
{
    SCOPED(system_scope) struct system_scope scope = system_scope_begin(call, "auth.export");
    struct writing writing = { w, export->query->row, false };

    jw_key(w, export->name);
    jw_array(w);
    TRY(db_each(call, export->query, ARGS(who(call, export, user)), write_row, &writing));
    jw_array_close(w);
    *ret_cut = writing.cut;
    return OK;
}

static enum result write_all(struct call *call, struct json_writer *w, const struct user_row *user)
{
    struct text_list cut = { arena_array(&call->arena, 256, sizeof(text)), 0 };

    for (const struct module *const *module = call->on->modules; *module; module++)
        for (const struct export *export = (*module)->exports; export && export->name; export++) {
            bool is_cut;

            TRY(write_export(call, w, export, user, &is_cut));
            if (is_cut && cut.len < 256)
                cut.items[cut.len++] = text_of(export->name);
        }
    jw_key(w, "incomplete"); /* what did not fit; nothing is left out unsaid */
    jw_array(w);
    for (size_t i = 0; i < cut.len; i++)
        jw_text(w, cut.items[i]);
    jw_array_close(w);
    return OK;
}

enum result account_export(struct request *req, const void *in)
{
    struct call *call = &req->call;
    SCOPED(buffer) struct buffer out = { 0 };
    struct json_writer w = { &out, false };
    struct user_row user;
    char spelled[CLOCK_TEXT];

    (void)in;
    TRY(user_by_id(call, call->user, &user));
    jw_object(&w);
    jw_member(&w, "success", bool, true);
    jw_key(&w, "data");
    jw_object(&w);
    jw_member(&w, "exported_at", text, clock_format(call->now, spelled));
    TRY(write_all(call, &w, &user));
    jw_object_close(&w);
    jw_object_close(&w);
    TRY(audit_note(call, "account.exported", user.email));
    respond_header(req, "Content-Disposition", T("attachment; filename=\"account.json\""));
    return out.failed ? UNAVAILABLE : respond_json(req, 200, buffer_view(&out));
}
