/*
 * The builtin model is arithmetic and done where it is asked for: handed to a worker it would wait for one that waits for it.
 * Everything else goes through the gateway on a loop, while the asker sleeps.
 *
 * The wait is shared by the asker and the loop; who comes last frees it. Both hold the HTTP side, so that the loop is there for
 * as long as either may need it.
 */
#include "features/knowledge/knowledge_embed.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "ai/builtin.h"
#include "ai/embedding.h"
#include "base/fiber.h"
#include "base/json.h"
#include "bus/bus.h"
#include "core/log.h"
#include "crypto/crypto.h"
#include "features/gateway/gateway.h"
#include "features/usage/usage.h"
#include "jobs/jobs.h"
#include "search/vectors.h"

static const int64_t QUESTION_PATIENCE = 2 * SECOND, QUESTION_KEPT = 10 * MINUTE, LOOK_UP = 100 * MILLISECOND;
enum { ANSWER_STRING_MAX = VECTOR_DIMENSIONS_MAX * 6 };

/* --- the model ------------------------------------------------------------------------------------------------------------ */

static enum result find_model(struct call *call, text model, struct model_target *ret_target)
{
    enum model_found found = model_find(&call->arena, call->organization, model, ret_target);

    if (found == MODEL_NOT_LOADED) {
        TRY(providers_load(call));
        found = model_find(&call->arena, call->organization, model, ret_target);
    }
    if (found == MODEL_FOUND)
        return OK;
    return fail(call, UPSTREAM_ERROR, "The embedding model %.*s cannot be called: no connected provider has it.", TEXT_ARG(model));
}

enum result embed_check_model(struct call *call, const char *field, text model)
{
    struct model_target target;
    enum result found = find_model(call, model, &target);

    if (found == UPSTREAM_ERROR) {
        call->failure.message = TEXT_NONE;
        return fail_field(call, field, "is no model of a connected provider");
    }
    TRY(found);
    if (target.known ? target.known->kind != AI_KIND_EMBEDDINGS : !(target.provider->capabilities & AI_CAN_EMBED))
        return fail_field(call, field, "makes no embeddings");
    return OK;
}

/* --- the builtin model ------------------------------------------------------------------------------------------------------ */

static enum result embed_builtin(struct call *call, const struct embed_request *request, const struct model_target *target, struct embeddings *ret_embeddings)
{
    float *values = arena_array(&call->arena, request->count * BUILTIN_DIMENSIONS, sizeof *values);
    int64_t begun = clock_ticks(), tokens = 0;
    int place = usage_reserve();

    if (place < 0)
        return fail(call, UNAVAILABLE, "Too much is under way now. Try again shortly.");
    for (size_t i = 0; i < request->count; i++) {
        builtin_embed(request->texts[i], values + i * BUILTIN_DIMENSIONS);
        tokens += (int64_t)builtin_count_tokens(request->texts[i]);
    }
    usage_record(place, &(struct usage_event){
        .id = uuid_new(), .organization = call->organization, .created_at = clock_now(), .endpoint = request->endpoint, .feature = T("knowledge"),
        .provider = T("builtin"), .model = target->model, .key = call->key, .user = call->user, .status = 200, .input_tokens = tokens,
        .latency_micros = clock_ticks() - begun, .request_id = call->request_id });
    *ret_embeddings = (struct embeddings){ values, BUILTIN_DIMENSIONS };
    return OK;
}

/* --- a service --------------------------------------------------------------------------------------------------------------- */

struct wait {
    pthread_mutex_t mutex;
    pthread_cond_t over;
    int holders;
    bool done, left; /* `left`: the asker has */
    struct http *http;
    struct loop *loop;
    struct arena arena; /* of what is asked; the loop's from the post on */
    struct gateway_request request;
    struct gateway_call *gateway;
    /* the outcome */
    bool ok;
    int status;
    enum result result;
    char message[300];
    struct buffer body;
};

static void wait_leave(struct wait *wait)
{
    bool last;

    pthread_mutex_lock(&wait->mutex);
    last = --wait->holders == 0;
    pthread_mutex_unlock(&wait->mutex);
    if (!last)
        return;
    buffer_free(&wait->body);
    arena_free(&wait->arena);
    pthread_cond_destroy(&wait->over);
    pthread_mutex_destroy(&wait->mutex);
    free(wait);
}

/* On the loop; its part is over. */
static void settle(struct wait *wait)
{
    struct http *http = wait->http;

    pthread_mutex_lock(&wait->mutex);
    wait->done = true;
    pthread_cond_signal(&wait->over);
    pthread_mutex_unlock(&wait->mutex);
    wait_leave(wait);
    http_release(http);
}

static void tell(struct wait *wait, int status, enum result result, text message)
{
    wait->status = status;
    wait->result = result;
    snprintf(wait->message, sizeof wait->message, "%.*s", TEXT_ARG(utf8_prefix(message, sizeof wait->message - 1)));
}

static void on_end(void *context, const struct gateway_outcome *outcome)
{
    struct wait *wait = context;

    wait->ok = outcome->ok;
    if (outcome->ok)
        buffer_text(&wait->body, outcome->body);
    else
        tell(wait, outcome->fault.status, gateway_result(outcome), outcome->fault.message);
    settle(wait);
}

static void begin_on_loop(void *context)
{
    struct wait *wait = context;
    const struct gateway_sink sink = { .on_end = on_end, .context = wait };

    pthread_mutex_lock(&wait->mutex);
    if (!wait->left)
        wait->gateway = gateway_start(wait->loop, &wait->request, &sink);
    pthread_mutex_unlock(&wait->mutex);
    if (wait->gateway)
        return;
    tell(wait, 503, UNAVAILABLE, T("Too much is under way now. Try again shortly."));
    settle(wait);
}

/* The asker does not wait any longer. Ends and cancels both happen on the loop, so one that is not done is still under way. */
static void cancel_on_loop(void *context)
{
    struct wait *wait = context;
    bool under_way;

    pthread_mutex_lock(&wait->mutex);
    under_way = !wait->done;
    pthread_mutex_unlock(&wait->mutex);
    if (under_way) {
        gateway_cancel(wait->gateway);
        settle(wait);
    }
    wait_leave(wait);
}

static struct timespec ticks_in(int64_t micros)
{
    int64_t at = clock_ticks() + micros;

    return (struct timespec){ at / SECOND, at % SECOND * 1000 };
}

/* True when it is done. A stop of the program ends the wait too: nothing tells of it, so it is looked for. */
static bool wait_for(struct call *call, struct wait *wait, int64_t patience)
{
    int64_t end = clock_ticks() + patience;
    bool done;

    blocks_its_thread();
    pthread_mutex_lock(&wait->mutex);
    while (!wait->done && clock_ticks() < end && !(call->actor == ACTOR_SYSTEM && jobs_stopping(call->on))) {
        struct timespec until = ticks_in(LOOK_UP);

        pthread_cond_timedwait(&wait->over, &wait->mutex, &until);
    }
    done = wait->done;
    if (!done) {
        wait->left = true;
        wait->holders++; /* the cancel's */
    }
    pthread_mutex_unlock(&wait->mutex);
    if (!done)
        loop_post(wait->loop, cancel_on_loop, wait);
    return done;
}

static text body_of(struct arena *arena, const struct embed_request *request, text model)
{
    SCOPED(buffer) struct buffer out = { 0 };
    struct json_writer w = { &out, false };

    jw_object(&w);
    jw_member(&w, "model", text, model);
    jw_key(&w, "input");
    jw_array(&w);
    for (size_t i = 0; i < request->count; i++)
        jw_text(&w, request->texts[i]);
    jw_array_close(&w);
    jw_member(&w, "encoding_format", text, T("base64"));
    jw_object_close(&w);
    return text_copy(arena, buffer_view(&out));
}

static struct wait *wait_new(struct call *call, const struct embed_request *request, const struct model_target *target)
{
    struct wait *wait = xcalloc(1, sizeof *wait);
    pthread_condattr_t monotonic;

    pthread_mutex_init(&wait->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&wait->over, &monotonic);
    pthread_condattr_destroy(&monotonic);
    wait->holders = 2;
    wait->http = call->on->http;
    wait->loop = http_any_loop(wait->http);
    wait->request = (struct gateway_request){
        .on = call->on, .organization = call->organization, .key = call->key, .user = call->user, .request_id = text_copy(&wait->arena, call->request_id),
        .endpoint = request->endpoint, .feature = T("knowledge"), .kind = AI_EMBEDDINGS, .target = *target, .body = body_of(&wait->arena, request, target->model),
        .base64 = true };
    wait->request.target.provider_name = text_copy(&wait->arena, target->provider_name);
    wait->request.target.model = text_copy(&wait->arena, target->model);
    wait->request.target.base_url = text_copy(&wait->arena, target->base_url);
    wait->request.target.key.value = text_copy(&wait->arena, target->key.value);
    return wait;
}

static enum result garbled(struct call *call)
{
    return fail(call, UPSTREAM_ERROR, "The embedding model's answer is not what was asked for.");
}

static bool read_one(struct arena *arena, text item, size_t place, size_t count, struct embeddings *into)
{
    int64_t index = (int64_t)place;
    struct embedding one;
    text given = json_find(item, "index");

    if (given.ptr && !json_int(given, &index))
        return false;
    if (index < 0 || (size_t)index >= count || !embedding_read(arena, json_find(item, "embedding"), &one))
        return false;
    if (!into->values) {
        if (one.len > VECTOR_DIMENSIONS_MAX)
            return false;
        into->dimensions = one.len;
        into->values = arena_array(arena, count * one.len, sizeof *into->values);
        memset(into->values, 0, count * one.len * sizeof *into->values);
    }
    if (one.len != into->dimensions)
        return false;
    memcpy(into->values + (size_t)index * one.len, one.values, one.len * sizeof *one.values);
    return vector_unit(into->values + (size_t)index * one.len, one.len);
}

/* Each text's vector stands in it once; one that is missing has stayed 0. */
static enum result read_answer(struct call *call, text body, size_t count, struct embeddings *ret_embeddings)
{
    static const struct json_limits limits = { .depth = 8, .string = ANSWER_STRING_MAX };
    struct embeddings all = { 0 };
    struct json_error error;
    struct json_walk walk;
    size_t place = 0;
    text item;

    if (!json_check(body, &limits, &error))
        return garbled(call);
    walk = json_walk(json_find(body, "data"));
    for (; json_next_item(&walk, &item); place++)
        if (place == count || !read_one(&call->arena, item, place, count, &all))
            return garbled(call);
    if (place != count)
        return garbled(call);
    for (size_t i = 0; i < count; i++)
        if (!(vector_dot(all.values + i * all.dimensions, all.values + i * all.dimensions, all.dimensions) > 0.5))
            return garbled(call);
    *ret_embeddings = all;
    return OK;
}

/* 400, 413 and 422 are about the texts; everything else is about the service or its key. */
static enum result refused(struct call *call, const struct wait *wait)
{
    if (wait->status == 400 || wait->status == 413 || wait->status == 422)
        return fail(call, VALIDATION_ERROR, "The embedding model refuses the text: %s", wait->message);
    return fail(call, wait->result, "%s", wait->message);
}

static enum result ask_service(struct call *call, const struct embed_request *request, const struct model_target *target, struct embeddings *ret_embeddings)
{
    struct http *http = call->on->http;
    struct wait *wait;
    enum result result;

    if (!http)
        return fail(call, UNAVAILABLE, "No embedding service is called now.");
    wait = wait_new(call, request, target);
    http_hold(http);
    http_hold(http); /* the loop's */
    loop_post(wait->loop, begin_on_loop, wait);
    if (!wait_for(call, wait, request->patience))
        result = fail(call, UPSTREAM_TIMEOUT, "The embedding model did not answer in time.");
    else
        result = wait->ok ? read_answer(call, buffer_view(&wait->body), request->count, ret_embeddings) : refused(call, wait);
    wait_leave(wait);
    http_release(http);
    return result;
}

enum result embed_texts(struct call *call, const struct embed_request *request, struct embeddings *ret_embeddings)
{
    struct model_target target;

    TRY(find_model(call, request->model, &target));
    return target.provider->dialect ? ask_service(call, request, &target, ret_embeddings) : embed_builtin(call, request, &target, ret_embeddings);
}

/* --- a question ------------------------------------------------------------------------------------------------------------- */

static _Atomic int64_t waiting; /* workers that wait for a question's vector */

static text name_of(struct call *call, uuid space, text question)
{
    text digest = sha256(&call->arena, question);
    char hex[65];

    for (size_t i = 0; i < 32; i++)
        snprintf(hex + 2 * i, 3, "%02x", (unsigned char)digest.ptr[i]);
    return text_format(&call->arena, "embedding:%.*s:%s", TEXT_ARG(uuid_text(&call->arena, space)), hex);
}

static bool find_kept(struct call *call, text name, struct embeddings *ret_embedding)
{
    SCOPED(buffer) struct buffer kept = { 0 };
    text bytes;

    if (!bus_cache_get(call->on->bus, call->organization, name, &kept) || kept.len == 0 || kept.len % sizeof(float))
        return false;
    bytes = text_copy(&call->arena, buffer_view(&kept));
    ret_embedding->dimensions = bytes.len / sizeof(float);
    ret_embedding->values = arena_array(&call->arena, ret_embedding->dimensions, sizeof(float));
    memcpy(ret_embedding->values, bytes.ptr, bytes.len);
    return true;
}

enum result embed_question(struct call *call, text model, uuid space, text question, struct embeddings *ret_embedding)
{
    const struct embed_request request = { model, T("/api/knowledge/search"), &question, 1, QUESTION_PATIENCE };
    text name = name_of(call, space, question);
    enum result result;

    if (find_kept(call, name, ret_embedding))
        return OK;
    if (atomic_fetch_add(&waiting, 1) >= (config.workers + 1) / 2)
        result = fail(call, UNAVAILABLE, "Too many searches wait for the embedding model.");
    else
        result = embed_texts(call, &request, ret_embedding);
    atomic_fetch_sub(&waiting, 1);
    TRY(result);
    bus_cache_put(call->on->bus, call->organization, name,
                  (text){ (const char *)ret_embedding->values, ret_embedding->dimensions * sizeof *ret_embedding->values }, QUESTION_KEPT);
    return OK;
}
