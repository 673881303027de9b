#include "features/conversations/conversations_answer.h"

#include <pthread.h>
#include <stdlib.h>

#include "ai/builtin.h"
#include "base/map.h"
#include "bus/bus.h"
#include "core/log.h"
#include "features/conversations/conversations_prompt.h"
#include "features/gateway/gateway.h"
#include "features/usage/usage.h"

enum { PASSAGES = 8, TURNS = 12, ANSWER_MAX = 1 << 20, CLAIM = 300 };

/* One answer under way. Touched by one thread at a time: the worker that starts it, then its loop, then a worker again. */
struct answer {
    struct call call; /* its own: the request that asked may be long over */
    uuid conversation, message;
    text question, model, stream;
    struct passage *passages;
    size_t passage_count;
    bool *cited;

    struct loop *loop;
    struct gateway_call *gateway;
    text body; /* what the model is asked */
    struct model_target target;

    struct buffer content;
    struct buffer citations; /* JSON items */
    size_t scanned;          /* how far the content was looked through for marks */
    struct message_row outcome;
    struct ai_usage usage;
};

/* --- those under way ------------------------------------------------------------------------------------------------------ */

const struct event answer_stopped = { "answer.stopped", "An answer is to end, wherever it is being given; payload: the message's id." };

static struct {
    pthread_mutex_t mutex;
    struct map by_message;
} running = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static text key_of(const uuid *id)
{
    return (text){ (const char *)id->bytes, sizeof id->bytes };
}

/* The begin is on its way before anybody can find the answer and post its stop. */
static void enlist(struct answer *a, void (*begin)(void *context))
{
    pthread_mutex_lock(&running.mutex);
    map_put(&running.by_message, key_of(&a->message), a);
    loop_post(a->loop, begin, a);
    pthread_mutex_unlock(&running.mutex);
}

static struct answer *strike(uuid message)
{
    struct answer *a;

    pthread_mutex_lock(&running.mutex);
    a = map_remove(&running.by_message, key_of(&message));
    pthread_mutex_unlock(&running.mutex);
    return a;
}

static void answer_free(struct answer *a)
{
    struct http *http = a->call.on->http;

    buffer_free(&a->content);
    buffer_free(&a->citations);
    call_close(&a->call);
    free(a);
    http_release(http);
}

/* --- events ------------------------------------------------------------------------------------------------------------------ */

text answer_stream_name(struct arena *arena, uuid organization, uuid message)
{
    return text_format(arena, "answer:%.*s:%.*s", TEXT_ARG(uuid_text(arena, organization)), TEXT_ARG(uuid_text(arena, message)));
}

static void emit(struct answer *a, const char *event, const struct buffer *data)
{
    if (!bus_stream_append(a->call.on->bus, a->stream, text_of(event), buffer_view(data), (int64_t)a->content.len))
        LOG(WARN, &a->call, "an event of an answer is lost", LZ("event", event));
}

static void emit_created(struct answer *a, uuid question)
{
    SCOPED(buffer) struct buffer out = { 0 };
    struct json_writer w = { &out, false };
    char id[UUID_TEXT + 1];

    jw_object(&w);
    jw_member(&w, "message_id", text, uuid_format(a->message, id));
    jw_member(&w, "user_message_id", text, uuid_format(question, id));
    jw_object_close(&w);
    emit(a, "message.created", &out);
}

static void emit_delta(struct answer *a, text delta)
{
    SCOPED(buffer) struct buffer out = { 0 };
    struct json_writer w = { &out, false };

    buffer_text(&a->content, delta);
    jw_object(&w);
    jw_member(&w, "text", text, delta);
    jw_object_close(&w);
    emit(a, "message.delta", &out);
}

static void write_citation(struct buffer *out, size_t index, const struct passage *passage, text quote)
{
    struct json_writer w = { out, false };
    char id[UUID_TEXT + 1];

    jw_object(&w);
    jw_member(&w, "index", int, (int64_t)index);
    jw_member(&w, "document_id", text, uuid_format(passage->document_id, id));
    jw_member(&w, "chunk_id", text, uuid_format(passage->chunk_id, id));
    jw_member(&w, "title", text, passage->title);
    jw_member(&w, "quote", text, quote);
    jw_object_close(&w);
}

static void cite(struct answer *a, size_t index, text quote)
{
    SCOPED(buffer) struct buffer out = { 0 };

    if (index < 1 || index > a->passage_count || a->cited[index - 1])
        return;
    a->cited[index - 1] = true;
    write_citation(&out, index, &a->passages[index - 1], quote);
    emit(a, "citation", &out);
    if (a->citations.len)
        buffer_char(&a->citations, ',');
    buffer_text(&a->citations, buffer_view(&out));
}

/* Marks like [2] in what a model has said since the last look. */
static void cite_marks(struct answer *a)
{
    text all = buffer_view(&a->content);

    while (a->scanned < all.len) {
        size_t open = text_find_char(text_slice(all, a->scanned, all.len), '['), close;
        int64_t index;
        text mark;

        if (open == SIZE_MAX) {
            a->scanned = all.len;
            return;
        }
        open += a->scanned;
        close = text_find_char(text_slice(all, open, 6), ']');
        if (close == SIZE_MAX) {
            a->scanned = all.len - open >= 6 ? open + 1 : open; /* the rest of the mark may still come */
            if (a->scanned == open)
                return;
            continue;
        }
        mark = text_slice(all, open + 1, close - 1);
        a->scanned = open + close + 1;
        if (text_int(mark, &index) && index >= 1 && index <= (int64_t)a->passage_count && !a->cited[index - 1])
            cite(a, (size_t)index, prompt_quote(&a->call.arena, &a->passages[index - 1], text_slice(all, open > CLAIM ? open - CLAIM : 0, open > CLAIM ? CLAIM : open)));
    }
}

static void emit_error(struct answer *a)
{
    SCOPED(buffer) struct buffer out = { 0 };
    struct json_writer w = { &out, false };

    jw_object(&w);
    jw_member(&w, "code", text, a->outcome.error_code);
    jw_member(&w, "message", text, a->outcome.error_message);
    jw_object_close(&w);
    emit(a, "error", &out);
}

static void emit_end(struct answer *a)
{
    SCOPED(buffer) struct buffer usage = { 0 }, done = { 0 };
    struct json_writer w = { &usage, false };
    char id[UUID_TEXT + 1];

    jw_object(&w);
    jw_member(&w, "input_tokens", int, a->outcome.input_tokens);
    jw_member(&w, "output_tokens", int, a->outcome.output_tokens);
    jw_member(&w, "cost_micros", int, a->outcome.cost_micros);
    jw_member(&w, "model", text, a->model);
    jw_object_close(&w);
    if (a->outcome.error_code.ptr)
        emit_error(a);
    else
        emit(a, "usage", &usage);
    w = (struct json_writer){ &done, false };
    jw_object(&w);
    jw_member(&w, "message_id", text, uuid_format(a->message, id));
    jw_member(&w, "status", text, a->outcome.status);
    jw_object_close(&w);
    emit(a, "done", &done);
    bus_stream_end(a->call.on->bus, a->stream);
}

/* --- the last stage: on a worker ---------------------------------------------------------------------------------------------- */

static enum result store(struct answer *a)
{
    SCOPED(tx) struct tx tx = tx_begin(&a->call);

    TRY(tx.fault);
    TRY(message_finish(&a->call, &a->outcome));
    TRY(conversation_touch(&a->call, a->conversation, TEXT_NONE));
    return tx_commit(&tx);
}

/* Nobody is told of the end before it is stored. */
static void conclude(void *context)
{
    struct answer *a = context;
    text citations = text_format(&a->call.arena, "[%.*s]", TEXT_ARG(buffer_view(&a->citations)));

    a->call.now = clock_now();
    a->outcome.conversation_id = a->conversation;
    a->outcome.id = a->message;
    a->outcome.content = buffer_view(&a->content);
    a->outcome.citations = citations;
    a->outcome.input_tokens = a->usage.input_tokens;
    a->outcome.output_tokens = a->usage.output_tokens;
    if (AGAIN(&a->call, store(a)) != OK && AGAIN(&a->call, store(a)) != OK) {
        LOG(ERROR, &a->call, "an answer could not be stored");
        a->outcome.status = T("failed");
        a->outcome.error_code = T("UNAVAILABLE");
        a->outcome.error_message = T("The answer could not be stored.");
    }
    emit_end(a);
    answer_free(a);
}

static void set_failure(struct answer *a, enum result code, text message)
{
    a->outcome.status = T("failed");
    a->outcome.error_code = text_of(result_code(code));
    a->outcome.error_message = text_copy(&a->call.arena, message);
}

/* --- the middle stage: on the loop ---------------------------------------------------------------------------------------------- */

static void on_text(void *context, text delta)
{
    struct answer *a = context;

    if (a->content.len + delta.len > ANSWER_MAX)
        return; /* a model that does not stop: its end is cut, not its begin */
    emit_delta(a, delta);
    cite_marks(a);
}

static void on_end(void *context, const struct gateway_outcome *outcome)
{
    struct answer *a = context;

    strike(a->message);
    a->gateway = NULL;
    a->usage = outcome->usage;
    a->outcome.cost_micros = outcome->cost_micros;
    a->outcome.status = T("complete");
    if (!outcome->ok)
        set_failure(a, gateway_result(outcome), outcome->fault.message);
    http_work(a->call.on->http, conclude, a);
}

static void begin_on_loop(void *context)
{
    struct answer *a = context;
    const struct gateway_sink sink = { .on_text = on_text, .on_end = on_end, .context = a };
    const struct gateway_request request = {
        .on = a->call.on, .organization = a->call.organization, .key = a->call.key, .user = a->call.user, .request_id = a->call.request_id,
        .endpoint = T("/api/conversations/:id/messages"), .feature = T("conversations"), .kind = AI_CHAT, .target = a->target, .body = a->body, .stream = true };

    a->gateway = gateway_start(a->loop, &request, &sink);
    if (a->gateway)
        return;
    strike(a->message);
    set_failure(a, UNAVAILABLE, T("Too much is under way now. Try again shortly."));
    http_work(a->call.on->http, conclude, a);
}

/* Answers are struck off on their own loop only, so one that is still listed here is alive. */
static void stop_on_loop(void *context)
{
    uuid *message = context;
    struct answer *a = strike(*message);

    free(message);
    if (!a)
        return;
    if (a->gateway)
        gateway_cancel(a->gateway);
    a->gateway = NULL;
    a->usage = (struct ai_usage){ .output_tokens = (int64_t)builtin_count_tokens(buffer_view(&a->content)) };
    a->outcome.status = T("stopped");
    http_work(a->call.on->http, conclude, a);
}

/* False when it is not under way on this instance. */
static bool stop_here(uuid organization, uuid message)
{
    struct answer *a;
    struct loop *loop = NULL;
    uuid *copy;

    pthread_mutex_lock(&running.mutex);
    a = map_get(&running.by_message, key_of(&message));
    if (a && uuid_equal(a->call.organization, organization))
        loop = a->loop;
    pthread_mutex_unlock(&running.mutex);
    if (!loop)
        return false;
    copy = xmalloc(sizeof *copy);
    *copy = message;
    loop_post(loop, stop_on_loop, copy);
    return true;
}

void answer_on_stopped(const struct services *on, uuid organization, text payload)
{
    uuid message;

    (void)on;
    if (uuid_parse(payload, &message))
        stop_here(organization, message);
}

void answer_stop(struct call *call, uuid message)
{
    if (!stop_here(call->organization, message) && bus_shared(call->on->bus))
        bus_emit(call->on->bus, &answer_stopped, call->organization, uuid_text(&call->arena, message));
}

/* --- is anybody giving it? ---------------------------------------------------------------------------------------------------- */

bool answer_can_be_read(struct call *call, uuid message)
{
    enum stream_state state = bus_stream_find(call->on->bus, answer_stream_name(&call->arena, call->organization, message));

    return state == STREAM_OPEN || state == STREAM_ENDED;
}

bool answer_is_abandoned(struct call *call, const struct message_row *row)
{
    enum stream_state state = bus_stream_find(call->on->bus, answer_stream_name(&call->arena, call->organization, row->id));
    int64_t age = call->now - row->created_at;

    switch (state) {
    case STREAM_OPEN: return false;
    case STREAM_ENDED: return true; /* its end could not be stored */
    case STREAM_GONE: return age > (bus_shared(call->on->bus) ? STREAM_SILENCE : 0) + 5 * SECOND; /* one begun just now may be on its way to the bus, or back to it */
    case STREAM_UNKNOWN:
    case STREAM_BROKEN: break;
    }
    return age > ANSWER_LONGEST;
}

enum result answer_give_up(struct call *call, struct message_row *row)
{
    if (!answer_is_abandoned(call, row))
        return fail(call, UNAVAILABLE, "The answer is not to be followed from here. Read the message in a moment.");
    TRY(message_interrupted(call, row->conversation_id, row->id));
    return message_read(call, row->conversation_id, row->id, row);
}

/* --- the first stage: on a worker ------------------------------------------------------------------------------------------------ */

/* The builtin model needs no loop: it is arithmetic. */
static void answer_builtin(struct answer *a, text earlier)
{
    struct builtin_passage *passages = arena_array(&a->call.arena, a->passage_count, sizeof *passages);
    int place = usage_reserve();
    int64_t begun = clock_ticks();
    struct builtin_answer answer;

    if (place < 0) {
        set_failure(a, UNAVAILABLE, T("Too much is under way now. Try again shortly."));
        conclude(a);
        return;
    }
    for (size_t i = 0; i < a->passage_count; i++)
        passages[i] = (struct builtin_passage){ (int)i + 1, a->passages[i].title, a->passages[i].heading, a->passages[i].text };
    builtin_answer(&a->call.arena, a->question, earlier, passages, a->passage_count, &answer);
    emit_delta(a, answer.text);
    for (size_t i = 0; i < answer.citation_count; i++)
        cite(a, (size_t)answer.citations[i].index, answer.citations[i].quote);
    a->usage = (struct ai_usage){ .known = true, .input_tokens = (int64_t)builtin_count_tokens(a->question), .output_tokens = (int64_t)builtin_count_tokens(answer.text) };
    for (size_t i = 0; i < a->passage_count; i++)
        a->usage.input_tokens += (int64_t)builtin_count_tokens(a->passages[i].text);
    usage_record(place, &(struct usage_event){
        .id = uuid_new(), .organization = a->call.organization, .created_at = clock_now(), .endpoint = T("/api/conversations/:id/messages"),
        .feature = T("conversations"), .provider = T("builtin"), .model = a->target.model, .key = a->call.key, .user = a->call.user, .status = 200,
        .input_tokens = a->usage.input_tokens, .output_tokens = a->usage.output_tokens, .latency_micros = clock_ticks() - begun,
        .first_token_micros = clock_ticks() - begun, .streamed = true, .request_id = a->call.request_id });
    a->outcome.status = T("complete");
    conclude(a);
}

static enum result find_model(struct answer *a)
{
    struct call *call = &a->call;
    enum model_found found = model_find(&call->arena, call->organization, a->model, &a->target);

    if (found == MODEL_NOT_LOADED) {
        TRY(providers_load(call));
        found = model_find(&call->arena, call->organization, a->model, &a->target);
    }
    if (found == MODEL_FOUND)
        return OK;
    return fail(call, UPSTREAM_ERROR, "The model %.*s cannot be called: no connected provider has it. Choose another for this conversation.", TEXT_ARG(a->model));
}

/* The turns before the question, oldest first, and the person's last words before it. */
static enum result read_turns(struct answer *a, uuid question_id, struct turn *turns, size_t *ret_count, text *ret_earlier)
{
    struct list rows;
    size_t count = 0;

    TRY(message_latest(&a->call, a->conversation, TURNS + 2, &rows));
    for (size_t i = rows.len; i > 0 && count < TURNS; i--) {
        const struct message_row *row = (const struct message_row *)rows.items + (i - 1);

        if (uuid_equal(row->id, a->message) || uuid_equal(row->id, question_id) || !row->content.len)
            continue;
        turns[count++] = (struct turn){ row->role, row->content };
        if (text_equal(row->role, T("user")))
            *ret_earlier = row->content;
    }
    *ret_count = count;
    return OK;
}

static enum result prepare(struct answer *a, struct uuid_list collections, uuid question_id, text *ret_earlier)
{
    struct turn turns[TURNS];
    size_t turn_count = 0;
    struct list passages;
    text query = a->question;

    TRY(find_model(a));
    TRY(read_turns(a, question_id, turns, &turn_count, ret_earlier));
    if (ret_earlier->len && a->question.len < 80) /* a short follow-up is found by what it follows */
        query = text_format(&a->call.arena, "%.*s %.*s", TEXT_ARG(a->question), TEXT_ARG(utf8_prefix(*ret_earlier, 300)));
    TRY(knowledge_search(&a->call, query, collections, PASSAGES, &passages));
    a->passages = passages.items;
    a->passage_count = passages.len;
    a->cited = arena_array(&a->call.arena, passages.len, sizeof *a->cited);
    if (a->target.provider->dialect)
        a->body = prompt_body(&a->call.arena, a->target.model, a->passages, a->passage_count, turns, turn_count, a->question);
    return OK;
}

static struct answer *answer_new(struct call *call, const struct conversation_row *conversation, uuid message, text question)
{
    struct answer *a = xcalloc(1, sizeof *a);

    call_open(&a->call, call->on);
    a->call.actor = call->actor;
    a->call.organization = call->organization;
    a->call.user = call->user;
    a->call.impersonator = call->impersonator;
    a->call.key = call->key;
    a->call.permissions = call->permissions;
    a->call.request_id = text_copy(&a->call.arena, call->request_id);
    a->conversation = conversation->id;
    a->message = message;
    a->question = text_copy(&a->call.arena, question);
    a->model = text_copy(&a->call.arena, conversation->model);
    a->stream = answer_stream_name(&a->call.arena, call->organization, message);
    return a;
}

void answer_start(struct call *call, const struct conversation_row *conversation, uuid message, text question, uuid question_id)
{
    struct answer *a = answer_new(call, conversation, message, question);
    text earlier = TEXT_NONE;
    enum result prepared;

    http_hold(call->on->http);
    bus_stream_open(call->on->bus, a->stream);
    emit_created(a, question_id);
    prepared = prepare(a, conversation->collection_ids, question_id, &earlier);
    if (prepared != OK) {
        set_failure(a, prepared, a->call.failure.message.ptr ? a->call.failure.message : text_of(result_message(prepared)));
        conclude(a);
        return;
    }
    if (!a->target.provider->dialect) {
        answer_builtin(a, earlier);
        return;
    }
    a->loop = http_any_loop(call->on->http);
    enlist(a, begin_on_loop);
}
