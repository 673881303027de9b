#include "features/knowledge/knowledge_settings.h"

#include "features/knowledge/knowledge_embed.h"
#include "features/knowledge/knowledge_vectors.h"
#include "features/knowledge/knowledge_vectors_store.h"

struct shown {
    text embedding_model, searched_model, status;
    double progress;
    int64_t documents, embedded;
    text error;
};

static const char *const statuses[] = { "none", "building", "ready", NULL };

const struct field settings_view[] = {
    TEXT(struct shown, embedding_model, .nullable = true, .doc = "Whose vectors are made: `provider/model`; null: search goes by words alone."),
    TEXT(struct shown, searched_model, .nullable = true, .doc = "Whose vectors are searched: the former model's until every document has its vectors by the chosen one."),
    TEXT(struct shown, status, .one_of = statuses), DOUBLE(struct shown, progress, .doc = "0 to 1"), INT(struct shown, documents), INT(struct shown, embedded),
    TEXT(struct shown, error, .nullable = true, .doc = "Why it does not get on; it is tried again."), FIELDS_END,
};

const struct field settings_fields[] = {
    TEXT(struct settings_body, embedding_model, .min = 1, .max = 200, .given = offsetof(struct settings_body, has_embedding_model),
         .doc = "`builtin/embed-1`, or `provider/model` of a connected service; null: none. The same again: what is missing is tried again."),
    FIELDS_END,
};

static enum result show_settings(struct request *req)
{
    struct embedding_settings settings;
    struct embedding_count count = { 0 };
    struct shown shown;

    TRY(embedding_settings_read(&req->call, &settings));
    if (settings.model.ptr)
        TRY(embedding_count(&req->call, settings.space_id, &count));
    shown = (struct shown){ settings.model, settings.live_model, T("none"), 1, count.documents, count.embedded, settings.error };
    if (settings.model.ptr)
        shown.status = uuid_equal(settings.space_id, settings.live_space_id) && count.embedded == count.documents ? T("ready") : T("building");
    if (count.documents)
        shown.progress = (double)count.embedded / (double)count.documents;
    return respond(req, 200, settings_view, &shown);
}

enum result settings_read(struct request *req, const void *body)
{
    (void)body;
    return show_settings(req);
}

enum result settings_change(struct request *req, const void *in)
{
    const struct settings_body *body = in;

    if (body->has_embedding_model) {
        if (body->embedding_model.ptr)
            TRY(embed_check_model(&req->call, "embedding_model", body->embedding_model));
        TRY(embedding_choose(&req->call, body->embedding_model));
    }
    return show_settings(req);
}
