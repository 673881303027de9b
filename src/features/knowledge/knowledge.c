#include "features/knowledge/knowledge.h"

#include "features/knowledge/knowledge_api.h"
#include "features/knowledge/knowledge_index.h"
#include "features/knowledge/knowledge_store.h"

static const struct job_kind *const jobs[] = { &index_job, &purge_job, &retire_job, NULL };

const struct module knowledge_module = {
    .name = "knowledge", .doc = "Documents, passages and search.", .routes = knowledge_routes, .queries = knowledge_queries, .jobs = jobs,
};
