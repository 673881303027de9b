#include "features/letters/letters.h"

#include "core/config.h"
#include "core/log.h"
#include "http/http.h"
#include "jobs/jobs.h"

static const char *const outcomes[] = { "sent", "delayed", "refused", NULL };
static struct metric sent = { "tenon_letters_total", METRIC_COUNTER, "Letters handed over, by how it went.", "outcome", outcomes };
static struct metric *const metrics[] = { &sent, NULL };

/* --- on their way -------------------------------------------------------------------------------------------------------- */

/* What is refused for good is not tried again; a letter of a kind or shape that is none is a fault of ours. */
static enum result run_send(struct call *call, text payload)
{
    struct letter letter;
    enum result result;

    if (!letter_unseal(call, payload, &letter)) {
        LOG(ERROR, call, "a letter cannot be opened: ENCRYPTION_KEY is not the one it was sealed with");
        return OK;
    }
    result = mail_send(call, &letter);
    metric_add(&sent, result == OK ? 0 : result == UNAVAILABLE ? 1 : 2, 1);
    if (result == UPSTREAM_ERROR || result == VALIDATION_ERROR) {
        LOG(ERROR, call, "a letter was refused", LZ("kind", letter.kind), LT("reason", call->failure.message));
        return OK;
    }
    return result;
}

static void give_up(struct call *call, text payload, text reason)
{
    (void)payload;
    LOG(ERROR, call, "a letter could not be sent", LT("reason", reason));
}

static const struct job_kind send_job = { .name = "letters.send", .run = run_send, .attempts = 12, .dead = give_up, .doc = "Hands a letter to the mail server." };
static const struct job_kind *const jobs[] = { &send_job, NULL };

enum result letter_queue(struct call *call, const char *kind, text to, const struct letter_field *fields, size_t count)
{
    struct letter letter = { uuid_new(), kind, to, fields, count };

    return job_add(call, &send_job, letter_seal(call, &letter), 0);
}

text letter_link(struct call *call, const char *path, text token)
{
    return text_format(&call->arena, "%.*s%s%s%.*s", TEXT_ARG(config.app_url), path, token.len ? "?token=" : "", TEXT_ARG(token));
}

/* --- the outbox ----------------------------------------------------------------------------------------------------------- */

struct letter_view {
    uuid id;
    int64_t created_at;
    text to, subject, message;
};

static const struct field letter_view[] = {
    UUID(struct letter_view, id), TIME(struct letter_view, created_at), TEXT(struct letter_view, to), TEXT(struct letter_view, subject), FIELDS_END,
};
static const struct field whole_view[] = {
    UUID(struct letter_view, id), TEXT(struct letter_view, message, .doc = "The whole letter, RFC 5322."), FIELDS_END,
};

/* Letters of all organizations, links in them: for whoever develops on this machine. */
static enum result only_here(struct request *req)
{
    if (config.environment == ENV_PRODUCTION || strcmp(mail_transport(), "outbox") != 0)
        return NOT_FOUND;
    (void)req;
    return OK;
}

static enum result list(struct request *req, const void *body)
{
    struct letter_view *views;
    struct list letters;

    (void)body;
    TRY(only_here(req));
    TRY(outbox_list(&req->call, OUTBOX_LETTERS, &letters));
    views = arena_array(&req->call.arena, letters.len, sizeof *views);
    for (size_t i = 0; i < letters.len; i++) {
        const struct outbox_letter *letter = (const struct outbox_letter *)letters.items + i;

        views[i] = (struct letter_view){ .id = letter->id, .created_at = letter->created_at, .to = letter->to, .subject = letter->subject };
    }
    return respond_list(req, letter_view, (struct list){ views, letters.len }, sizeof *views);
}

static enum result read_one(struct request *req, const void *body)
{
    struct letter_view view = { .id = req->ids[0] };

    (void)body;
    TRY(only_here(req));
    TRY(outbox_read(&req->call, req->ids[0], &view.message));
    return respond(req, 200, whole_view, &view);
}

static const struct route letters_routes[] = {
    { GET, "/api/outbox", list, .access = ACCESS_OPERATOR, .tier = TIER_NONE, .view = letter_view, .answer = ANSWER_LIST,
      .doc = "Letters that were not sent but kept on disk, newest first: in development, where no mail server is configured." },
    { GET, "/api/outbox/:id", read_one, .access = ACCESS_OPERATOR, .tier = TIER_NONE, .view = whole_view, .doc = "One of them." },
    { 0 },
};

const struct module letters_module = { .name = "letters", .doc = "Letters to people.", .routes = letters_routes, .metrics = metrics, .jobs = jobs };
