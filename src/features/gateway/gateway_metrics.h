/* What the gateway counts. */
#ifndef TENON_FEATURES_GATEWAY_METRICS_H
#define TENON_FEATURES_GATEWAY_METRICS_H

#include "ai/catalogue.h"
#include "core/metric.h"

/* A call has ended: its error's code (absent when it worked), usage, and how long it took in microseconds. */
void gateway_count(text error, const struct ai_usage *usage, int64_t took);

extern struct metric *const gateway_metrics[];

#endif
