#include "features/gateway/gateway_cost.h"

#include "base/json.h"

/* Where the catalogue does not say. */
enum { CONTEXT_UNKNOWN = 1 << 20, OUTPUT_UNKNOWN = 128 << 10 };

bool gateway_may_cost(const struct model_target *target, int64_t at)
{
    const struct ai_usage million = { .known = true, .input_tokens = 4000000, .output_tokens = 1000000, .cached_tokens = 1000000, .cache_write_tokens = 1000000 };

    if (!target->provider->dialect)
        return false;
    return !target->known || ai_cost_micros(ai_price_at(target->known, at), &million) > 0;
}

/* A few letters of these may stand for thousands of tokens. */
static bool brings_more_than_text(text body)
{
    static const char *const members[] = { "\"image_url\"", "\"input_audio\"", "\"file\"", "\"audio\"" };

    for (size_t i = 0; i < COUNT(members); i++)
        if (text_find(body, text_of(members[i])) != SIZE_MAX)
            return true;
    return false;
}

static int64_t most_input(const struct gateway_request *request)
{
    int64_t window = request->target.known->context_window, bytes = (int64_t)request->body.len;

    if (brings_more_than_text(request->body))
        return window ? window : bytes > CONTEXT_UNKNOWN ? bytes : CONTEXT_UNKNOWN;
    return window && bytes > window ? window : bytes;
}

static int64_t member(text body, const char *name, int64_t otherwise)
{
    int64_t number;

    return json_int(json_find(body, name), &number) && number > 0 ? number : otherwise;
}

static int64_t most_output(const struct gateway_request *request)
{
    const struct ai_model *model = request->target.known;
    int64_t largest = model->max_output ? model->max_output : model->context_window ? model->context_window : OUTPUT_UNKNOWN, allowed, all;

    if (request->kind != AI_CHAT)
        return 0;
    allowed = member(request->body, "max_completion_tokens", member(request->body, "max_tokens", largest));
    if (model->max_output && allowed > largest)
        allowed = largest;
    return __builtin_mul_overflow(allowed, member(request->body, "n", 1), &all) ? INT64_MAX : all;
}

int64_t gateway_most_cost(const struct gateway_request *request, int64_t at)
{
    const struct ai_model *model = request->target.known;
    struct ai_usage plain = { .known = true }, written = { .known = true };
    int64_t cost, with_cache;

    if (!model)
        return 0;
    plain.input_tokens = written.input_tokens = written.cache_write_tokens = most_input(request);
    plain.output_tokens = written.output_tokens = most_output(request);
    cost = ai_cost_micros(ai_price_at(model, at), &plain);
    with_cache = ai_cost_micros(ai_price_at(model, at), &written);
    return cost > with_cache ? cost : with_cache;
}
