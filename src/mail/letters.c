#include "mail/letters.h"

#include "base/buffer.h"

const struct letter_kind letter_kinds[] = {
    { .name = "verify_email", .subject = "Confirm your e-mail address",
      .paragraphs = { "Hello {name},", "please confirm that {email} is your address for {app}. The link works once, for {life}." },
      .button = "Confirm the address",
      .note = "If you did not sign up for {app}, ignore this letter: without the confirmation nothing is done with your address." },
    { .name = "password_reset", .subject = "Choose a new password",
      .paragraphs = { "Hello {name},", "somebody, most likely you, asked to choose a new password for {app}. The link works once, for {life}." },
      .button = "Choose a new password",
      .note = "If it was not you, ignore this letter: your password stays as it is." },
    { .name = "password_changed", .subject = "Your password was changed",
      .paragraphs = { "Hello {name},", "the password of your {app} account was changed on {time}. All other sessions have been signed out.",
                      "If it was not you, choose a new password now." },
      .button = "Choose a new password" },
    { .name = "email_changed_from", .subject = "Your e-mail address was changed",
      .paragraphs = { "Hello {name},", "your {app} account now uses {email} instead of this address. It was changed on {time}.",
                      "If it was not you, somebody has access to your account. Tell your administrator at once." } },
    { .name = "email_changed_to", .subject = "Confirm your new e-mail address",
      .paragraphs = { "Hello {name},", "please confirm that {email} is your new address for {app}. The link works once, for {life}." },
      .button = "Confirm the address",
      .note = "If you have no {app} account, ignore this letter: without the confirmation nothing is done with your address." },
    { .name = "account_locked", .subject = "Your account is locked for a while",
      .paragraphs = { "Hello {name},", "there were several failed attempts to sign in to your {app} account, so it is locked until {time}. "
                      "Devices that are signed in stay signed in.",
                      "If it was you, wait and try again, or choose a new password. If it was not, nothing else needs to be done." },
      .button = "Choose a new password" },
    { .name = "signup_exists", .subject = "You already have an account",
      .paragraphs = { "Hello {name},", "somebody, most likely you, tried to sign up for {app} with this address, which has an account already. Sign in instead; "
                      "if you do not remember the password, you can choose a new one." },
      .button = "Sign in",
      .note = "If it was not you, ignore this letter: your account is as it was." },
    { .name = "invitation", .subject = "{inviter} invites you to {organization}",
      .paragraphs = { "Hello,", "{inviter} invites you to join {organization} on {app} as {role}. The invitation can be accepted until {time}." },
      .button = "Accept the invitation",
      .note = "If you do not know {inviter}, ignore this letter." },
    { .name = "organization_deleted", .subject = "{organization} was deleted",
      .paragraphs = { "Hello {name},", "the organization {organization} on {app} was deleted by {who}. Until {time} {who} can restore it; after that everything in it is "
                      "removed for good." } },
    { .name = "account_deleted", .subject = "Your account was deleted",
      .paragraphs = { "Hello {name},", "your {app} account, {email}, was deleted on {time}, with its sessions, its keys and its conversations.",
                      "If it was not you, somebody knew your password. Tell your administrator at once." } },
    { .name = "delete_account", .subject = "Delete your account",
      .paragraphs = { "Hello {name},", "somebody, most likely you, asked to delete your {app} account. The link works once, for {life}; what is deleted cannot be had back." },
      .button = "Delete the account",
      .note = "If it was not you, ignore this letter: your account stays as it is." },
    { .name = "impersonated", .subject = "An administrator acts in your account",
      .paragraphs = { "Hello {name},", "{admin}, an administrator of {app}, signed in as you on {time}. The reason they gave: {reason}",
                      "It ends after an hour at most; you can end it at once among your sessions. They cannot change your password, your address, your second factors or your "
                      "keys, and everything they do is on record with their name." },
      .button = "See your sessions" },
    { .name = "joined", .subject = "You joined {organization}",
      .paragraphs = { "Hello {name},", "your address {email} belongs to a domain of {organization} on {app}, so you are a member there now, as {role}." },
      .button = "Open the application",
      .note = "You can leave the organization at any time." },
    { .name = "signin_linked", .subject = "A new way to sign in was added",
      .paragraphs = { "Hello {name},", "you can now sign in to your {app} account with {service}. It was added on {time}.",
                      "If it was not you, remove it in the settings and change your password." },
      .button = "Open the settings" },
    { .name = "account_claimed", .subject = "Your account was secured",
      .paragraphs = { "Hello {name},", "on {time} you signed in to {app} with {service}, which showed that {email} is yours. There was an account with this address already, "
                      "but its address had never been confirmed, so somebody else may have made it.",
                      "It is yours now. Its password, sessions, API keys and other ways in have been removed. Look through its members, and choose a password if you want one." },
      .button = "Open the settings" },
    { .name = "mfa_changed", .subject = "Your second factors were changed",
      .paragraphs = { "Hello {name},", "on {time} this was changed in your {app} account: {change}.",
                      "If it was not you, change your password and look through your second factors." },
      .button = "Open the settings" },
    { .name = NULL },
};

enum { VALUE_MOST = 2000 };

/* What is being written: the row's words with the fields' values in place of their names. */
struct writing {
    struct call *call;
    const struct letter *letter;
    text app;
    struct buffer out;
    bool html;
    unsigned used; /* a bit for each of the letter's fields */
};

static enum result refuse(struct call *call, const char *what, text name)
{
    return fail(call, VALIDATION_ERROR, "The letter's field %.*s %s.", TEXT_ARG(name), what);
}

static void put(struct writing *w, text value)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        const char *entity = !w->html ? NULL : c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '"' ? "&quot;" : c == '\'' ? "&#39;" : NULL;

        if (entity)
            buffer_text(&w->out, text_of(entity));
        else
            buffer_char(&w->out, c);
    }
}

static enum result put_field(struct writing *w, text name)
{
    if (text_equal(name, T("app"))) {
        put(w, w->app);
        return OK;
    }
    for (size_t i = 0; i < w->letter->field_count; i++)
        if (text_equal(name, text_of(w->letter->fields[i].name))) {
            put(w, w->letter->fields[i].value);
            w->used |= 1u << i;
            return OK;
        }
    return refuse(w->call, "is missing", name);
}

static enum result put_template(struct writing *w, const char *words)
{
    text rest = text_of(words);

    while (rest.ptr) {
        text before = text_cut(&rest, '{');

        put(w, before);
        if (rest.ptr)
            TRY(put_field(w, text_cut(&rest, '}')));
    }
    return OK;
}

/* --- values -------------------------------------------------------------------------------------------------------------------- */

static bool is_link(text value)
{
    if (!text_starts(value, T("https://")) && !text_starts(value, T("http://")))
        return false;
    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i] <= ' ' || value.ptr[i] > '~' || strchr("\"<>\\^`{|}", value.ptr[i]))
            return false;
    return true;
}

/* One line, so that no value can begin another header or look like another part of the letter. */
static enum result check_values(struct call *call, const struct letter *letter)
{
    if (letter->field_count > 16)
        return fail(call, VALIDATION_ERROR, "A letter has at most 16 fields.");
    for (size_t i = 0; i < letter->field_count; i++) {
        text name = text_of(letter->fields[i].name), value = letter->fields[i].value;

        if (!value.len || value.len > VALUE_MOST || !utf8_valid(value))
            return refuse(call, "is empty, too long or no text", name);
        for (size_t at = 0; at < value.len;) {
            uint32_t code = utf8_next(value, &at);

            if (code < ' ' || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029)
                return refuse(call, "is not one line", name);
        }
        if (text_equal(name, T("link")) && !is_link(value))
            return refuse(call, "is no link", name);
    }
    return OK;
}

/* --- layout ------------------------------------------------------------------------------------------------------------------------ */

/* Colours stand in the elements for clients that know no style sheet; the sheet turns them about where the reader prefers dark. */
static const char head[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"supported-color-schemes\" content=\"light dark\">\n<style>\n"
    ":root { color-scheme: light dark; }\n@media (prefers-color-scheme: dark) {\n"
    ".page { background: #16181b !important; }\n.card { background: #1f2226 !important; border-color: #34383e !important; }\n"
    ".words { color: #e8e9eb !important; }\n.note { color: #a3a8b0 !important; }\n"
    ".button { background: #e8e9eb !important; color: #16181b !important; }\n}\n</style>\n<title>";
static const char body[] =
    "</title>\n</head>\n<body class=\"page\" style=\"margin:0;padding:24px 12px;background:#f4f5f6;"
    "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif\">\n"
    "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\"><tr><td align=\"center\">\n"
    "<table role=\"presentation\" class=\"card\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" "
    "style=\"max-width:520px;background:#ffffff;border:1px solid #e1e4e8;border-radius:8px;text-align:left\"><tr><td style=\"padding:28px\">\n";
static const char foot[] = "</td></tr></table>\n</td></tr></table>\n</body>\n</html>\n";

static enum result put_element(struct writing *w, const char *open, const char *words, const char *close)
{
    buffer_text(&w->out, text_of(open));
    TRY(put_template(w, words));
    buffer_text(&w->out, text_of(close));
    return OK;
}

static enum result write_html(struct writing *w, const struct letter_kind *kind)
{
    w->html = true;
    TRY(put_element(w, head, kind->subject, body));
    for (size_t i = 0; i < COUNT(kind->paragraphs) && kind->paragraphs[i]; i++)
        TRY(put_element(w, "<p class=\"words\" style=\"margin:0 0 16px;font-size:16px;line-height:1.5;color:#1c1e21\">", kind->paragraphs[i], "</p>\n"));
    if (kind->button) {
        TRY(put_element(w, "<p style=\"margin:24px 0\"><a class=\"button\" href=\"", "{link}", "\" "
            "style=\"display:inline-block;padding:12px 20px;border-radius:6px;background:#1c1e21;color:#ffffff;font-size:16px;text-decoration:none\">"));
        TRY(put_element(w, "", kind->button, "</a></p>\n"));
        TRY(put_element(w, "<p class=\"note\" style=\"margin:0 0 16px;font-size:13px;line-height:1.5;color:#5c6370;word-break:break-all\">", "{link}", "</p>\n"));
    }
    if (kind->note)
        TRY(put_element(w, "<p class=\"note\" style=\"margin:0;font-size:13px;line-height:1.5;color:#5c6370\">", kind->note, "</p>\n"));
    buffer_text(&w->out, text_of(foot));
    return OK;
}

static enum result write_plain(struct writing *w, const struct letter_kind *kind)
{
    for (size_t i = 0; i < COUNT(kind->paragraphs) && kind->paragraphs[i]; i++)
        TRY(put_element(w, "", kind->paragraphs[i], "\n\n"));
    if (kind->button) {
        TRY(put_element(w, "", kind->button, ":\n"));
        TRY(put_element(w, "", "{link}", "\n\n"));
    }
    return kind->note ? put_element(w, "", kind->note, "\n") : OK;
}

static enum result write_subject(struct writing *w, const struct letter_kind *kind)
{
    return put_template(w, kind->subject);
}

static enum result written(struct call *call, const struct letter *letter, text app, const struct letter_kind *kind,
                           enum result (*write)(struct writing *w, const struct letter_kind *kind), unsigned *used, text *ret_words)
{
    struct writing w = { .call = call, .letter = letter, .app = app };
    enum result result = write(&w, kind);

    *used |= w.used;
    if (result == OK)
        *ret_words = text_copy(&call->arena, buffer_view(&w.out));
    buffer_free(&w.out);
    return result;
}

enum result letter_write(struct call *call, const struct letter *letter, text app, struct letter_words *ret_words)
{
    const struct letter_kind *kind = letter_kinds;
    struct letter_words words;
    unsigned used = 0;

    while (kind->name && strcmp(kind->name, letter->kind) != 0)
        kind++;
    if (!kind->name)
        return fail(call, VALIDATION_ERROR, "There is no letter %s.", letter->kind);
    TRY(check_values(call, letter));
    TRY(written(call, letter, app, kind, write_subject, &used, &words.subject));
    TRY(written(call, letter, app, kind, write_plain, &used, &words.plain));
    TRY(written(call, letter, app, kind, write_html, &used, &words.html));
    for (size_t i = 0; i < letter->field_count; i++)
        if (!(used & 1u << i))
            return refuse(call, "is not one of its kind", text_of(letter->fields[i].name));
    *ret_words = words;
    return OK;
}
