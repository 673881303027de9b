/* Vectors beside words: choosing a model, what it finds, changing it, and a service that fails. The service is this very server. */
#include "tests/scenario/scenario.h"

#define SETTINGS .as = OWNER, .send = "GET /api/knowledge/settings"
#define CHOOSE .as = OWNER, .send = "PATCH /api/knowledge/settings"
#define UPLOAD_TO .as = OWNER, .send = "POST /api/knowledge/documents"
#define SEARCH(query) .as = OWNER, .send = "GET /api/knowledge/search?q=" query

static const struct scenario rows[] = {
    { "no model is chosen", SETTINGS, .has = { "data.embedding_model!", "data.searched_model!", "data.status=none", "data.documents=0", "data.error!" } },
    { "a document", UPLOAD_TO, .body = "{'title':'Leaves','text':'Photosynthesis turns light into sugar.'}", .status = 202, .has = { "data.vectors=none", "data.vectors_error!" },
      .keep = { "leaves=data.id" } },
    { "is ready without vectors", .as = OWNER, .send = "GET /api/knowledge/documents/{leaves}", .eventually = true, .has = { "data.status=ready", "data.vectors=none" } },
    { "another", UPLOAD_TO, .body = "{'title':'Bells','text':'The bell rings at noon, and the bell is made of bronze.'}", .status = 202, .keep = { "bells=data.id" } },
    { "is ready too", .as = OWNER, .send = "GET /api/knowledge/documents/{bells}", .eventually = true, .has = { "data.status=ready" } },
    { "a word of the same root is not found by words alone", SEARCH("photosynthetic"), .has = { "data#0" } },

    { "a model that nobody has", CHOOSE, .body = "{'embedding_model':'openai/text-embedding-3-small'}", .error = "VALIDATION_ERROR", .has = { "error.fields.embedding_model" } },
    { "one that makes no embeddings", CHOOSE, .body = "{'embedding_model':'builtin/extract-1'}", .error = "VALIDATION_ERROR", .has = { "error.fields.embedding_model" } },
    { "a member does not choose", .as = MEMBER, .send = "PATCH /api/knowledge/settings", .body = "{'embedding_model':'builtin/embed-1'}", .error = "FORBIDDEN" },
    { "but sees what is chosen", .as = VIEWER, .send = "GET /api/knowledge/settings", .has = { "data.status=none" } },
    { "nothing given changes nothing", CHOOSE, .body = "{}", .has = { "data.embedding_model!", "data.status=none" } },
    { "the builtin model is chosen", CHOOSE, .body = "{'embedding_model':'builtin/embed-1'}", .has = { "data.embedding_model=builtin/embed-1", "data.documents=2" },
      .audit = "knowledge.embedding_model_changed builtin/embed-1" },
    { "it makes vectors of what is there", SETTINGS, .eventually = true,
      .has = { "data.status=ready", "data.searched_model=builtin/embed-1", "data.progress=1", "data.documents=2", "data.embedded=2", "data.error!" } },
    { "the document says so", .as = OWNER, .send = "GET /api/knowledge/documents/{leaves}", .has = { "data.vectors=ready", "data.vectors_error!" } },
    { "the word of the same root is found", SEARCH("photosynthetic"), .has = { "data.0.document_id={leaves}", "data.0.score=0.5" } },
    { "a misspelling as well", SEARCH("photosinthesis"), .has = { "data.0.document_id={leaves}" } },
    { "first in both lists is 1", SEARCH("photosynthesis+sugar"), .has = { "data.0.document_id={leaves}", "data.0.score=1" } },
    { "what has nothing to do with anything finds nothing", SEARCH("xylophone"), .has = { "data#0" } },
    { "marks alone too", SEARCH("%22%27%29"), .has = { "data#0" } },
    { "within a collection that it is not in", .as = OWNER, .send = "POST /api/knowledge/collections", .body = "{'name':'Empty'}", .status = 201, .keep = { "empty=data.id" } },
    { "it is not found", SEARCH("photosynthetic&collection_id={empty}"), .has = { "data#0" } },
    { "within its own", .as = OWNER, .send = "PATCH /api/knowledge/documents/{leaves}", .body = "{'collection_id':'{empty}'}" },
    { "it is", SEARCH("photosynthetic&collection_id={empty}"), .has = { "data#1", "data.0.document_id={leaves}" } },
    { "a stranger has no model", .as = STRANGER, .send = "GET /api/knowledge/settings", .has = { "data.status=none", "data.embedding_model!" } },
    { "and finds nothing of it", .as = STRANGER, .send = "GET /api/knowledge/search?q=photosynthetic", .has = { "data#0" } },
    { "with a model of their own", .as = STRANGER, .send = "PATCH /api/knowledge/settings", .body = "{'embedding_model':'builtin/embed-1'}" },
    { "that is ready", .as = STRANGER, .send = "GET /api/knowledge/settings", .eventually = true, .has = { "data.status=ready", "data.documents=0" } },
    { "a document of theirs", .as = STRANGER, .send = "POST /api/knowledge/documents", .body = "{'title':'Mine','text':'Photosynthesis is studied here.'}", .status = 202, .keep = { "mine=data.id" } },
    { "has vectors", .as = STRANGER, .send = "GET /api/knowledge/documents/{mine}", .eventually = true, .has = { "data.vectors=ready" } },
    { "is all they find", .as = STRANGER, .send = "GET /api/knowledge/search?q=photosynthetic", .has = { "data#1", "data.0.document_id={mine}" } },
    { "and the owner does not", SEARCH("photosynthetic"), .has = { "data#1", "data.0.document_id={leaves}" } },
    { "it is on record", .as = OWNER, .send = "GET /api/usage?group_by=feature", .says = { "\"group\":\"knowledge\"" } },

    { "a new document", UPLOAD_TO, .body = "{'title':'Roots','text':'Mycorrhizal fungi live on roots.'}", .status = 202, .has = { "data.vectors=queued" }, .keep = { "roots=data.id" } },
    { "gets its vectors", .as = OWNER, .send = "GET /api/knowledge/documents/{roots}", .eventually = true, .has = { "data.status=ready", "data.vectors=ready" } },
    { "and is found by them", SEARCH("mycorrhiza"), .has = { "data.0.document_id={roots}" } },
    { "it is replaced", .as = OWNER, .send = "PUT /api/knowledge/documents/{roots}", .body = "{'title':'Roots','text':'Electromagnetism makes motors turn.'}", .status = 202 },
    { "the new text has vectors", .as = OWNER, .send = "GET /api/knowledge/documents/{roots}", .eventually = true, .has = { "data.status=ready", "data.vectors=ready" } },
    { "is found", SEARCH("electromagnetically"), .has = { "data.0.document_id={roots}", "data.0.text~motors" } },
    { "and the old is not", SEARCH("mycorrhiza"), .hides = { "fungi", "Electromagnetism" } },
    { "it is deleted", .as = OWNER, .send = "DELETE /api/knowledge/documents/{roots}" },
    { "and not found at once", SEARCH("electromagnetically"), .has = { "data#0" } },
    { "its vectors do not count", SETTINGS, .has = { "data.documents=2", "data.embedded=2" } },

    { "a key for the server itself", .as = OWNER, .send = "POST /api/keys", .body = "{'name':'embedding','scopes':['gateway.use']}", .status = 201, .keep = { "self.key=data.key" } },
    { "as a service", .as = OWNER, .send = "POST /api/providers", .body = "{'provider':'openai-compatible','name':'self','base_url':'{self.url}','api_key':'{self.key}'}", .status = 201,
      .keep = { "self=data.id" } },
    { "one that nobody is behind", .as = OWNER, .send = "POST /api/providers", .body = "{'provider':'openai-compatible','name':'dead','base_url':'http://127.0.0.1:9/v1'}", .status = 201 },
    { "which is chosen", CHOOSE, .body = "{'embedding_model':'dead/embed'}", .has = { "data.embedding_model=dead/embed", "data.searched_model=builtin/embed-1", "data.status=building", "data.embedded=0" } },
    { "and does not get on", SETTINGS, .eventually = true, .has = { "data.status=building", "data.searched_model=builtin/embed-1", "data.error~reached", "data.embedded=0", "data.progress=0" } },
    { "the document says why", .as = OWNER, .send = "GET /api/knowledge/documents/{leaves}", .has = { "data.status=ready", "data.vectors=failed", "data.vectors_error~reached" } },
    { "the former one's vectors are searched", SEARCH("photosynthetic"), .has = { "data.0.document_id={leaves}" } },
    { "a document that comes meanwhile", UPLOAD_TO, .body = "{'title':'Rocks','text':'Sedimentation makes sandstone.'}", .status = 202, .keep = { "rocks=data.id" } },
    { "is found by them too", SEARCH("sedimentary"), .eventually = true, .has = { "data.0.document_id={rocks}" } },
    { "back to the former", CHOOSE, .body = "{'embedding_model':'builtin/embed-1'}", .has = { "data.status=ready", "data.error!", "data.embedded=3" } },

    { "another service is chosen", CHOOSE, .body = "{'embedding_model':'self/builtin/embed-1'}", .has = { "data.embedding_model=self/builtin/embed-1", "data.searched_model" } },
    { "and takes over", SETTINGS, .eventually = true, .has = { "data.status=ready", "data.searched_model=self/builtin/embed-1", "data.documents=3", "data.embedded=3" } },
    { "it finds", SEARCH("photosynthetic"), .has = { "data.0.document_id={leaves}", "data.0.score=0.5" } },
    { "the same again changes nothing", CHOOSE, .body = "{'embedding_model':'self/builtin/embed-1'}", .has = { "data.status=ready", "data.searched_model=self/builtin/embed-1" } },
    { "its calls are on record", .as = OWNER, .send = "GET /api/usage/events?limit=100", .says = { "\"provider\":\"self\"", "\"feature\":\"knowledge\"" } },
    { "the service goes away", .as = OWNER, .send = "DELETE /api/providers/{self}" },
    { "words are still found", SEARCH("sugar"), .has = { "data#1", "data.0.document_id={leaves}", "data.0.score=0.5" } },
    { "a question that was asked before is answered by vectors still", SEARCH("photosynthetic"), .has = { "data.0.document_id={leaves}" } },
    { "another is not", SEARCH("photosynthetically"), .has = { "data#0" } },
    { "a document that comes now", UPLOAD_TO, .body = "{'title':'Late','text':'Glaciers move slowly.'}", .status = 202, .keep = { "late=data.id" } },
    { "has words and no vectors", .as = OWNER, .send = "GET /api/knowledge/documents/{late}", .eventually = true,
      .has = { "data.status=ready", "data.vectors=failed", "data.vectors_error~connected provider" } },
    { "and is found", SEARCH("glaciers"), .has = { "data.0.document_id={late}" } },

    { "no model any more", CHOOSE, .body = "{'embedding_model':null}", .has = { "data.embedding_model!", "data.searched_model!", "data.status=none", "data.documents=0" },
      .audit = "knowledge.embedding_model_changed none" },
    { "documents say so", .as = OWNER, .send = "GET /api/knowledge/documents/{leaves}", .has = { "data.vectors=none" } },
    { "words alone are searched", SEARCH("photosynthetic"), .has = { "data#0" } },
    { "by BM25's own scores", SEARCH("sugar"), .has = { "data#1", "data.0.document_id={leaves}" }, .hides = { "\"score\":0.5," } },
};

static void run(struct world *world)
{
    keep(world, "self.url", text_format(world_arena(world), "http://127.0.0.1:%d/v1", http_port(world_app(world)->on.http)));
    for (size_t i = 0; i < COUNT(rows); i++)
        run_row(world, &rows[i]);
}

const struct suite knowledge_vectors_scenarios = { .run = run };
