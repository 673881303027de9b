/*
 * The engine: a state machine on the loop's thread.
 *
 *     hold (a worker where a budget must be asked for) → prepare (a worker where it costs more than splicing) → fetch → feed or
 *     gather → record and settle → on_end
 *
 * Always true: a place in the ledger's journal is held from the start to the record, and what the call may cost in its budgets
 * from before anything is sent until behind the record; on_end or gateway_cancel happens once.
 * After a stream's proper end the asker is told at once, while the connection is still drained, so that it can be kept.
 */
#include <stdlib.h>

#include "core/log.h"
#include "features/budgets/budgets.h"
#include "features/gateway/gateway.h"
#include "features/gateway/gateway_builtin.h"
#include "features/gateway/gateway_cost.h"
#include "features/gateway/gateway_metrics.h"
#include "features/usage/usage.h"
#include "http/fetch.h"

enum { ANSWER_MAX = 64 << 20 };
static const int64_t DRAIN_TIME = 2 * SECOND;

struct gateway_call {
    struct arena arena;
    struct loop *loop;
    struct gateway_request request;
    struct ai_request ai;
    struct gateway_sink sink;
    int place; /* in the journal, or -1 when recorded */
    int64_t begun, first_token;
    int64_t created_at;

    struct ai_outgoing outgoing;
    struct ai_fault fault;
    bool over_budget, busy; /* why, when budgets refused it */
    bool admitted, prepared;
    struct budget_hold hold; /* the worker's while on_worker */

    struct fetch *fetch;
    struct ai_stream *stream;
    struct buffer answer; /* a whole answer, or an error's body */
    struct buffer out;    /* chunks ready to go */
    int64_t words;        /* bytes of text seen in a stream, for when the upstream tells no usage */
    struct loop_timer *drain;
    bool over;      /* the asker has been told or has left */
    bool on_worker; /* a worker holds it: it must not be freed */
};

static void call_free(struct gateway_call *call)
{
    loop_cancel(call->drain);
    ai_stream_free(call->stream);
    buffer_free(&call->answer);
    buffer_free(&call->out);
    budget_settle(call->request.on->bus, &call->hold, 0); /* of one that was left before it was sent */
    if (call->place >= 0)
        usage_release(call->place);
    arena_free(&call->arena);
    free(call);
}

/* --- the record --------------------------------------------------------------------------------------------------------- */

/* For a stream that was cut before its usage came: nobody else will count it. Four bytes a token. */
static struct ai_usage estimate(const struct gateway_call *call)
{
    struct ai_usage usage = { .known = true, .input_tokens = (int64_t)call->request.body.len / 4, .output_tokens = (call->words + 3) / 4 };

    return usage;
}

static int64_t cost_of(const struct gateway_call *call, const struct ai_usage *usage)
{
    const struct ai_model *model = call->request.target.known;

    return model && usage->known ? ai_cost_micros(ai_price_at(model, call->created_at), usage) : 0;
}

static void record(struct gateway_call *call, int status, text error, const struct ai_usage *usage, int64_t cost)
{
    const struct gateway_request *request = &call->request;
    int64_t now = clock_ticks();

    usage_record(call->place, &(struct usage_event){
        .id = uuid_new(), .organization = request->organization, .created_at = call->created_at, .endpoint = request->endpoint, .feature = request->feature,
        .provider = request->target.provider_name, .model = request->target.model, .key = request->key, .user = request->user, .status = status, .error = error,
        .input_tokens = usage->input_tokens, .output_tokens = usage->output_tokens, .cached_tokens = usage->cached_tokens, .cost_micros = cost,
        .baseline_micros = cost, .latency_micros = now - call->begun, .first_token_micros = call->first_token ? call->first_token - call->begun : 0,
        .streamed = request->stream, .request_id = request->request_id });
    call->place = -1;
    if (!call->on_worker)
        budget_settle(request->on->bus, &call->hold, cost);
    gateway_count(error, usage, now - call->begun);
}

/* --- the end -------------------------------------------------------------------------------------------------------------- */

static void finish(struct gateway_call *call, struct gateway_outcome *outcome)
{
    if (!outcome->usage.known && call->stream && call->stream->saw_content)
        outcome->usage = estimate(call);
    outcome->cost_micros = cost_of(call, &outcome->usage);
    if (call->stream)
        outcome->finish_reason = call->stream->finish_reason;
    if (call->fetch)
        outcome->retry_after = fetch_header(call->fetch, "retry-after");
    record(call, outcome->ok ? 200 : outcome->fault.status, outcome->ok ? TEXT_NONE : outcome->fault.code.ptr ? outcome->fault.code : outcome->fault.type,
           &outcome->usage, outcome->cost_micros);
    call->over = true;
    call->sink.on_end(call->sink.context, outcome);
}

static void finish_fault(struct gateway_call *call)
{
    struct gateway_outcome outcome = { .fault = call->fault, .over_budget = call->over_budget, .retry_after = call->busy ? T("1") : TEXT_NONE };

    if (call->stream)
        outcome.usage = call->stream->usage;
    finish(call, &outcome);
}

static void flush(struct gateway_call *call)
{
    if (call->out.len && call->sink.on_chunk)
        call->sink.on_chunk(call->sink.context, buffer_view(&call->out));
    call->out.len = 0;
}

static void end_stream(struct gateway_call *call)
{
    struct gateway_outcome outcome = { 0 };

    outcome.ok = ai_stream_finish(call->stream, &call->out, &outcome.fault);
    outcome.usage = call->stream->usage;
    outcome.body = buffer_view(&call->out);
    finish(call, &outcome);
}

static void end_whole(struct gateway_call *call, int status)
{
    struct gateway_outcome outcome = { 0 };

    if (call->answer.failed)
        outcome.fault = ai_fault_make(AI_UPSTREAM_GARBLED, TEXT_NONE, T("The provider's answer is too large."));
    else
        outcome.ok = call->ai.provider->dialect->answer(&call->arena, &call->ai, status, buffer_view(&call->answer), &call->out, &outcome.usage, &outcome.fault);
    outcome.body = buffer_view(&call->out);
    finish(call, &outcome);
}

/* --- what comes back --------------------------------------------------------------------------------------------------------- */

static void heard(void *context, text delta)
{
    struct gateway_call *call = context;

    call->words += (int64_t)delta.len;
    if (call->sink.on_text && !call->over)
        call->sink.on_text(call->sink.context, delta);
}

static void drain_over(void *context)
{
    struct gateway_call *call = context;

    call->drain = NULL;
    fetch_cancel(call->fetch);
    call_free(call);
}

static void on_data(void *context, text bytes)
{
    struct gateway_call *call = context;
    int status = fetch_status(call->fetch);

    if (call->over)
        return;
    if (!call->stream || status < 200 || status > 299) {
        if (call->answer.len + bytes.len > ANSWER_MAX)
            call->answer.failed = true;
        buffer_text(&call->answer, bytes);
        return;
    }
    if (!ai_stream_feed(call->stream, bytes, call->sink.on_chunk ? &call->out : NULL, &call->fault)) {
        flush(call);
        fetch_cancel(call->fetch);
        finish_fault(call);
        call_free(call);
        return;
    }
    if (!call->first_token && call->stream->saw_content)
        call->first_token = clock_ticks();
    flush(call);
    if (!call->over && call->stream->ended) {
        call->drain = loop_after(call->loop, DRAIN_TIME, drain_over, call);
        end_stream(call);
    }
}

static struct ai_fault fault_of(enum fetch_result result)
{
    switch (result) {
    case FETCH_REFUSED_ADDRESS:
        return ai_fault_make(AI_UPSTREAM_UNREACHABLE, TEXT_NONE, T("The provider's address is private, and OUTBOUND_ALLOW does not name its network."));
    case FETCH_TIMEOUT: return ai_fault_make(AI_UPSTREAM_TIMEOUT, TEXT_NONE, T("The provider did not answer in time."));
    case FETCH_CONNECT: return ai_fault_make(AI_UPSTREAM_UNREACHABLE, TEXT_NONE, T("The provider cannot be reached."));
    case FETCH_OK:
    case FETCH_BROKEN: break;
    }
    return ai_fault_make(AI_UPSTREAM_CUT, TEXT_NONE, T("The provider ended the connection before its answer."));
}

static void on_done(void *context, enum fetch_result result, int status)
{
    struct gateway_call *call = context;
    bool good = status >= 200 && status < 300;

    if (call->over) { /* the asker was told before; the connection is drained now */
        call_free(call);
        return;
    }
    if (result != FETCH_OK) {
        call->fault = fault_of(result);
        finish_fault(call);
    } else if (call->stream && good) {
        end_stream(call);
    } else {
        end_whole(call, status);
    }
    call_free(call);
}

/* --- the way out ------------------------------------------------------------------------------------------------------------ */

static void send_call(struct gateway_call *call)
{
    struct fetch_header headers[AI_HEADERS_MAX];
    const struct ai_listener listener = { heard, call };

    for (size_t i = 0; i < call->outgoing.header_count; i++)
        headers[i] = (struct fetch_header){ call->outgoing.headers[i].name, call->outgoing.headers[i].value };
    if (call->request.stream)
        call->stream = ai_stream_open(&call->ai, &listener);
    call->fetch = fetch_start(call->loop, &(struct fetch_request){
        .method = "POST", .url = call->outgoing.url, .headers = headers, .header_count = call->outgoing.header_count, .body = call->outgoing.body,
        .connect_timeout = config.gateway_connect_timeout, .first_byte_timeout = config.gateway_first_byte_timeout, .idle_timeout = config.gateway_idle_timeout,
        .total_timeout = config.gateway_total_timeout, .on_data = on_data, .on_done = on_done, .context = call });
}

static bool prepare(struct gateway_call *call)
{
    return call->ai.provider->dialect->prepare(&call->arena, &call->ai, &call->outgoing, &call->fault);
}

static int64_t most_of(const void *context)
{
    const struct gateway_call *call = context;

    return gateway_most_cost(&call->request, call->created_at);
}

static struct ai_fault budget_fault(enum result result, text message)
{
    switch (result) {
    case BUDGET_EXCEEDED: return ai_fault_make(AI_INSUFFICIENT_QUOTA, TEXT_NONE, message);
    case RATE_LIMITED: return ai_fault_make(AI_RATE_LIMITED, TEXT_NONE, message);
    default: return ai_fault_make(AI_UNAVAILABLE, TEXT_NONE, message);
    }
}

/* Holds in the budgets what the call may cost; false when a worker must be asked, who may block. Else it is admitted or has its fault. */
static bool admit(struct gateway_call *call, bool may_block)
{
    const struct gateway_request *request = &call->request;
    struct call asking;
    enum result result;
    bool said;

    call->admitted = !gateway_may_cost(&request->target, call->created_at);
    if (call->admitted)
        return true;
    call_open(&asking, request->on);
    asking.organization = request->organization;
    asking.key = request->key;
    asking.user = request->user;
    said = budget_hold(&asking, call->created_at, most_of, call, may_block, &call->hold, &result);
    call->admitted = said && result == OK;
    if (said && result != OK) {
        call->over_budget = result == BUDGET_EXCEEDED;
        call->busy = result == RATE_LIMITED;
        call->fault = budget_fault(result, text_copy(&call->arena, asking.failure.message.ptr ? asking.failure.message : text_of(result_message(result))));
    }
    call_close(&asking);
    return said;
}

/* On the loop, after a worker: what the request became, or the builtin model's answer. */
static void back(void *context)
{
    struct gateway_call *call = context;

    call->on_worker = false;
    if (call->over) { /* the asker left meanwhile */
        call_free(call);
        return;
    }
    if (!call->ai.provider->dialect) {
        struct gateway_outcome outcome = { .ok = call->prepared, .fault = call->fault, .body = buffer_view(&call->answer) };

        call->first_token = clock_ticks();
        if (call->prepared)
            gateway_builtin_deliver(&call->ai, &call->sink, &call->answer, &outcome);
        outcome.body = buffer_view(&call->answer);
        finish(call, &outcome);
        call_free(call);
        return;
    }
    if (call->prepared) {
        send_call(call);
        return;
    }
    finish_fault(call);
    call_free(call);
}

static void on_worker(void *context)
{
    struct gateway_call *call = context;

    if (!call->admitted)
        admit(call, true);
    if (call->admitted)
        call->prepared = call->ai.provider->dialect ? prepare(call) : gateway_builtin_answer(&call->arena, &call->ai, &call->answer, &call->fault);
    loop_post(call->loop, back, call);
}

static struct gateway_request copy_request(struct arena *arena, const struct gateway_request *from)
{
    struct gateway_request to = *from;

    to.request_id = text_copy(arena, from->request_id);
    to.body = text_copy(arena, from->body);
    to.target.provider_name = text_copy(arena, from->target.provider_name);
    to.target.model = text_copy(arena, from->target.model);
    to.target.base_url = text_copy(arena, from->target.base_url);
    to.target.key.value = text_copy(arena, from->target.key.value);
    return to;
}

/* A refusal that is known at once is told from the loop all the same, never from within gateway_start. */
static void refuse(void *context)
{
    struct gateway_call *call = context;

    call->on_worker = false;
    if (!call->over)
        finish_fault(call);
    call_free(call);
}

struct gateway_call *gateway_start(struct loop *loop, const struct gateway_request *request, const struct gateway_sink *sink)
{
    int place = usage_reserve();
    struct gateway_call *call;
    const struct dialect *dialect = request->target.provider->dialect;
    bool said;

    if (place < 0)
        return NULL;
    call = xcalloc(1, sizeof *call);
    call->loop = loop;
    call->place = place;
    call->begun = clock_ticks();
    call->created_at = clock_now();
    call->sink = *sink;
    call->request = copy_request(&call->arena, request);
    call->ai = (struct ai_request){
        .endpoint = request->kind, .model = call->request.target.model, .body = call->request.body, .stream = request->stream, .include_usage = request->include_usage,
        .base64 = request->base64, .base_url = call->request.target.base_url, .api_key = call->request.target.key.value,
        .provider = call->request.target.provider, .known = call->request.target.known };
    said = admit(call, false);
    if (call->admitted && dialect && dialect->cheap && prepare(call)) {
        send_call(call);
        return call;
    }
    call->on_worker = true;
    if (said && (!call->admitted || (dialect && dialect->cheap)))
        loop_post(loop, refuse, call);
    else
        loop_work(loop, on_worker, call);
    return call;
}

void gateway_cancel(struct gateway_call *call)
{
    struct ai_usage usage = call->stream ? call->stream->usage : (struct ai_usage){ 0 };

    if (call->over)
        return;
    if (!usage.known && call->stream && call->stream->saw_content)
        usage = estimate(call);
    record(call, 499, T("client_gone"), &usage, cost_of(call, &usage));
    call->over = true;
    if (call->on_worker)
        return; /* freed when it comes back */
    if (call->fetch)
        fetch_cancel(call->fetch);
    call_free(call);
}

void gateway_pause(struct gateway_call *call)
{
    if (call->fetch && !call->over)
        fetch_pause(call->fetch);
}

void gateway_resume(struct gateway_call *call)
{
    if (call->fetch && !call->over)
        fetch_resume(call->fetch);
}
