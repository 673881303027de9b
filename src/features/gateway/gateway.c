#include "features/gateway/gateway.h"

#include "features/gateway/gateway_metrics.h"
#include "features/gateway/gateway_v1.h"
#include "http/fetch.h"

static const char *const outcomes[] = { "ok", "client_gone", "upstream", "timeout", "refused", NULL };
static const char *const directions[] = { "input", "output", NULL };
static struct metric calls = { "tenon_gateway_calls_total", METRIC_COUNTER, "Calls to models, by how they ended.", "outcome", outcomes };
static struct metric tokens = { "tenon_gateway_tokens_total", METRIC_COUNTER, "Tokens of calls to models.", "direction", directions };
static struct metric duration = { "tenon_gateway_call_duration_seconds", METRIC_HISTOGRAM, "From a call's begin to its end." };
struct metric *const gateway_metrics[] = { &calls, &tokens, &duration, NULL };

void gateway_count(text error, const struct ai_usage *usage, int64_t took)
{
    size_t outcome = !error.len                                    ? 0
                     : text_equal(error, T("client_gone"))         ? 1
                     : text_equal(error, T("upstream_timeout"))    ? 3
                     : text_starts(error, T("upstream"))           ? 2
                                                                   : 4;

    metric_add(&calls, outcome, 1);
    metric_add(&tokens, 0, usage->input_tokens);
    metric_add(&tokens, 1, usage->output_tokens);
    metric_observe(&duration, took);
}

enum result gateway_result(const struct gateway_outcome *outcome)
{
    if (outcome->over_budget)
        return BUDGET_EXCEEDED;
    if (outcome->fault.status == 504)
        return UPSTREAM_TIMEOUT;
    return outcome->fault.status == 429 ? RATE_LIMITED : outcome->fault.status == 503 ? UNAVAILABLE : UPSTREAM_ERROR;
}

const struct module gateway_module = { .name = "gateway", .doc = "OpenAI's API in front of every connected model.", .routes = gateway_routes, .metrics = gateway_metrics };
