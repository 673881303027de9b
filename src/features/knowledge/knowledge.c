#include "features/knowledge/knowledge.h"

#include "features/knowledge/knowledge_api.h"
#include "features/knowledge/knowledge_index.h"
#include "features/knowledge/knowledge_nearest.h"
#include "features/knowledge/knowledge_store.h"
#include "features/knowledge/knowledge_vectors.h"

static const struct job_kind *const jobs[] = { &index_job, &purge_job, &retire_job, &embed_job, &fill_job, &forget_job, NULL };

static const struct sample samples[] = {
    { "/api/knowledge/collections/:id", "POST /api/knowledge/collections", "{\"name\":\"{mark}\"}", "data.id", .table = "collections" },
    { "/api/knowledge/documents/:id", "POST /api/knowledge/documents", "{\"title\":\"{mark}\",\"text\":\"What is {mark}.\"}", "data.id", .table = "documents" },
    { 0 },
};

static void stop(const struct services *on)
{
    (void)on;
    nearest_forget();
}

const struct module knowledge_module = {
    .name = "knowledge", .doc = "Documents, passages and search.", .routes = knowledge_routes, .samples = samples, .queries = knowledge_queries, .metrics = nearest_metrics,
    .jobs = jobs, .start = nearest_start, .stop = stop,
};
