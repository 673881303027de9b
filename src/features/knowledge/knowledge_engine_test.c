/*
 * The database's own vectors. pgvector is no part of a plain PostgreSQL, so a stand-in plays it: a type of its name that holds an
 * array, with its operator `<=>`. That shows our statements, the table made on demand and its wall; the extension itself is not
 * tried here.
 */
#include "features/knowledge/knowledge_nearest.h"
#include "store/migrate.h"
#include "tests/scenario/world.h"

static const char stand_in[] =
    "CREATE DOMAIN vector AS real[]; "
    "CREATE FUNCTION vector_distance(a vector, b vector) RETURNS double precision LANGUAGE sql IMMUTABLE AS "
    "$$ SELECT 1 - sum(x::float8 * y) / sqrt(sum(x::float8 * x) * sum(y::float8 * y)) FROM unnest(a::real[], b::real[]) AS pair (x, y) $$; "
    "CREATE OPERATOR <=> (LEFTARG = vector, RIGHTARG = vector, FUNCTION = vector_distance)";

#define CHOOSE .as = OWNER, .send = "PATCH /api/knowledge/settings"
#define SETTINGS .as = OWNER, .send = "GET /api/knowledge/settings"
#define SEARCH(query) .as = OWNER, .send = "GET /api/knowledge/search?q=" query

static const struct scenario before[] = {
    { "a collection", .as = OWNER, .send = "POST /api/knowledge/collections", .body = "{'name':'Plants'}", .status = 201, .keep = { "plants=data.id" } },
    { "an empty one", .as = OWNER, .send = "POST /api/knowledge/collections", .body = "{'name':'Empty'}", .status = 201, .keep = { "empty=data.id" } },
    { "a document", .as = OWNER, .send = "POST /api/knowledge/documents", .body = "{'title':'Leaves','text':'Photosynthesis turns light into sugar.','collection_id':'{plants}'}", .status = 202, .keep = { "leaves=data.id" } },
    { "is ready", .as = OWNER, .send = "GET /api/knowledge/documents/{leaves}", .eventually = true, .has = { "data.status=ready" } },
    { "a model", CHOOSE, .body = "{'embedding_model':'builtin/embed-1'}" },
    { "that is ready", SETTINGS, .eventually = true, .has = { "data.status=ready" } },
    { "finds", SEARCH("photosynthetic"), .has = { "data.0.document_id={leaves}", "data.0.score=0.5" } },
};

/* Some vectors are in the engine and some are not: all are found. */
static const struct scenario mixed[] = {
    { "what was there before it is found as before", SEARCH("photosynthetic"), .has = { "data#1", "data.0.document_id={leaves}" } },
    { "a document", .as = OWNER, .send = "POST /api/knowledge/documents", .body = "{'title':'Roots','text':'Mycorrhizal fungi live on roots.'}", .status = 202, .keep = { "roots=data.id" } },
    { "has vectors", .as = OWNER, .send = "GET /api/knowledge/documents/{roots}", .eventually = true, .has = { "data.vectors=ready" } },
    { "and is found", SEARCH("mycorrhiza"), .has = { "data#1", "data.0.document_id={roots}" } },
    { "no model", CHOOSE, .body = "{'embedding_model':null}" },
    { "and again one", CHOOSE, .body = "{'embedding_model':'builtin/embed-1'}" },
    { "that is ready", SETTINGS, .eventually = true, .has = { "data.status=ready", "data.embedded=2" } },
};

static const struct scenario within[] = {
    { "the engine finds", SEARCH("photosynthetic"), .has = { "data#1", "data.0.document_id={leaves}", "data.0.score=0.5" } },
    { "both", SEARCH("mycorrhiza"), .has = { "data#1", "data.0.document_id={roots}" } },
    { "within a collection", SEARCH("photosynthetic&collection_id={plants}"), .has = { "data#1", "data.0.document_id={leaves}" } },
    { "and not in another", SEARCH("photosynthetic&collection_id={empty}"), .has = { "data#0" } },
    { "a stranger", .as = STRANGER, .send = "PATCH /api/knowledge/settings", .body = "{'embedding_model':'builtin/embed-1'}" },
    { "with a model", .as = STRANGER, .send = "GET /api/knowledge/settings", .eventually = true, .has = { "data.status=ready" } },
    { "and a document", .as = STRANGER, .send = "POST /api/knowledge/documents", .body = "{'title':'Mine','text':'Bells are made of bronze.'}", .status = 202, .keep = { "mine=data.id" } },
    { "of theirs", .as = STRANGER, .send = "GET /api/knowledge/documents/{mine}", .eventually = true, .has = { "data.vectors=ready" } },
    { "finds nothing of the owner's", .as = STRANGER, .send = "GET /api/knowledge/search?q=photosynthetic", .has = { "data#0" } },
    { "a document is deleted", .as = OWNER, .send = "DELETE /api/knowledge/documents/{roots}" },
    { "and not found", SEARCH("mycorrhiza"), .has = { "data#0" } },
};

/* As after CREATE EXTENSION and `tenon migrate`, and a start. */
static void install(struct world *world)
{
    struct services owner = { 0 };
    SCOPED(call) struct call call, serving;
    int applied = 0;

    world_about(world, "the extension comes");
    expect(world, test_database_as_superuser(&world->database, stand_in), "the stand-in is there");
    call_open(&call, &owner);
    expect(world, db_open_owner(&call, &owner.db) == OK && migrate_up(&call, &applied) == OK && applied == 0, "migrating makes the table: %.*s", TEXT_ARG(call.failure.message));
    db_close(owner.db);
    call_open(&serving, &world->app.on);
    expect(world, nearest_start(&serving) == OK && nearest_in_engine(), "it is seen at the start");
}

static void inspect(struct world *world)
{
    SCOPED(buffer) struct buffer faults = { 0 };
    SCOPED(call) struct call call;

    world_about(world, "the wall around it");
    call_open(&call, &world->app.on);
    expect(world, db_inspect(&call, &faults) == OK && faults.len == 0, "it holds: %.*s", TEXT_ARG(buffer_view(&faults)));
}

static void run(struct world *world)
{
    run_rows(world, before, COUNT(before));
    expect(world, !nearest_in_engine(), "there is no extension at first");
    if (!test_database_is_postgres())
        return;
    install(world);
    inspect(world);
    run_rows(world, mixed, COUNT(mixed));
    world_about(world, "the engine's own table is asked");
    expect(world, test_database_as_superuser(&world->database, "DO $$ BEGIN ASSERT (SELECT count(*) FROM chunk_vectors) = 2; DELETE FROM vectors; END $$"), "it holds both and nothing else does");
    nearest_forget();
    run_rows(world, within, COUNT(within));
}

const struct suite knowledge_engine_scenarios = { .run = run };
