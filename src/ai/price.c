/* What a call costs: which price holds, which tier, and the exact sum. */
#include "ai/catalogue.h"

const struct ai_price *ai_price_at(const struct ai_model *model, int64_t time)
{
    size_t i = model->price_count - 1;

    while (i > 0 && model->prices[i].from > time)
        i--;
    return &model->prices[i];
}

static int64_t at_least_zero(int64_t count) { return count > 0 ? count : 0; }

int64_t ai_cost_micros(const struct ai_price *price, const struct ai_usage *usage)
{
    const struct ai_rate *rate = &price->rates[0];
    int64_t input = at_least_zero(usage->input_tokens);
    int64_t cached = at_least_zero(usage->cached_tokens), written = at_least_zero(usage->cache_write_tokens);
    __int128 sum; /* micro-dollars times a million */

    if (!usage->known)
        return 0;
    /* an upstream that counts its cache beside the input must not make the plain part negative */
    if (cached > input)
        cached = input;
    if (written > input - cached)
        written = input - cached;
    for (size_t i = 1; i < price->rate_count; i++)
        if (input > price->rates[i].above)
            rate = &price->rates[i];
    sum = (__int128)(input - cached - written) * rate->input + (__int128)cached * rate->cache_read + (__int128)written * rate->cache_write +
          (__int128)at_least_zero(usage->output_tokens) * rate->output;
    sum = (sum + 500000) / 1000000;
    return sum > INT64_MAX ? INT64_MAX : (int64_t)sum;
}
