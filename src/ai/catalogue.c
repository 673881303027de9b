/*
 * Reading the catalogue: every member of every row is named in a table with its type and place, so that a row with a
 * member that nobody reads is refused and not ignored.
 */
#include "ai/catalogue.h"

#include <stdio.h>
#include <stdlib.h>

#include "ai/dialect.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/map.h"

extern const char ai_providers_start[], ai_providers_end[], ai_models_start[], ai_models_end[];

text ai_data_providers(void) { return (text){ ai_providers_start, (size_t)(ai_providers_end - ai_providers_start) }; }
text ai_data_models(void) { return (text){ ai_models_start, (size_t)(ai_models_end - ai_models_start) }; }

struct ai_catalogue {
    struct arena arena;
    text as_of;
    struct ai_provider *providers;
    struct ai_model *models;
    size_t provider_count, model_count;
    struct map by_provider; /* id → struct ai_provider */
    struct map by_model;    /* provider/id → struct ai_model */
};

struct load {
    struct ai_catalogue *catalogue;
    const char *file;
    text row; /* id of the row being read, for the error */
    char *error;
};

static bool wrong(struct load *load, const char *key, const char *what)
{
    snprintf(load->error, 256, "%s: %.*s%s%s: %s", load->file, TEXT_ARG(load->row), load->row.len ? ": " : "", key, what);
    return false;
}

/* --- a row's members ------------------------------------------------------------------------------------------------- */

struct member {
    const char *name;
    bool (*read)(struct load *load, const char *key, text value, void *place);
    size_t offset;
    bool optional; /* may be left out or null */
};

enum { MEMBERS_MAX = 20 };

static bool read_members(struct load *load, text object, const struct member *members, void *row)
{
    struct json_walk walk;
    bool seen[MEMBERS_MAX] = { false };
    text key, value;
    const struct member *m;

    if (json_type_of(object) != JSON_OBJECT)
        return wrong(load, "row", "must be an object");
    walk = json_walk(object);
    while (json_next_member(&walk, &key, &value)) {
        for (m = members; m->name && !text_equal(key, text_of(m->name)); m++) {}
        if (!m->name) {
            char name[64];

            snprintf(name, sizeof name, "%.*s", TEXT_ARG(key));
            return wrong(load, name, "unknown member");
        }
        if (m->optional && json_type_of(value) == JSON_NULL)
            continue;
        seen[m - members] = true;
        if (!m->read(load, m->name, value, (char *)row + m->offset))
            return false;
    }
    for (m = members; m->name; m++)
        if (!m->optional && !seen[m - members])
            return wrong(load, m->name, "is missing");
    return true;
}

static bool read_text(struct load *load, const char *key, text value, void *place)
{
    text t = json_unquote(&load->catalogue->arena, value);

    if (!t.len)
        return wrong(load, key, "must be a string that is not empty");
    *(text *)place = text_copy(&load->catalogue->arena, t);
    return true;
}

static bool read_bool(struct load *load, const char *key, text value, void *place)
{
    return json_bool(value, place) || wrong(load, key, "must be true or false");
}

static bool read_count(struct load *load, const char *key, text value, void *place)
{
    int64_t number;

    if (!json_int(value, &number) || number < 0 || number > INT64_C(1000000000000))
        return wrong(load, key, "must be a whole number, not below zero");
    *(int64_t *)place = number;
    return true;
}

static bool read_day(struct load *load, const char *key, text value, void *place)
{
    return clock_parse(json_unquote(&load->catalogue->arena, value), place) || wrong(load, key, "must be a day, like 2026-11-20");
}

/* The number of a word in a list that ends with NULL, or -1. */
static int word_in(const char *const *words, text word)
{
    for (int i = 0; words[i]; i++)
        if (text_equal(word, text_of(words[i])))
            return i;
    return -1;
}

static bool read_word(struct load *load, const char *key, text value, const char *const *words, int *ret)
{
    *ret = word_in(words, json_unquote(&load->catalogue->arena, value));
    return *ret >= 0 || wrong(load, key, "is not one of the known words");
}

static bool read_flags(struct load *load, const char *key, text value, const char *const *words, unsigned *ret)
{
    struct json_walk walk = json_walk(value);
    text item;
    int bit;

    if (json_type_of(value) != JSON_ARRAY)
        return wrong(load, key, "must be a list of words");
    while (json_next_item(&walk, &item)) {
        if (!read_word(load, key, item, words, &bit))
            return false;
        *ret |= 1u << bit;
    }
    return true;
}

static size_t count_items(text array)
{
    struct json_walk walk = json_walk(array);
    size_t count = 0;
    text item;

    while (json_next_item(&walk, &item))
        count++;
    return count;
}

/* --- providers --------------------------------------------------------------------------------------------------------- */

static const char *const auth_words[] = { "", "none", "bearer", "x-api-key", "api-key", NULL };
static const char *const capability_words[] = { "chat", "embeddings", "image", "speech", "transcription", "rerank", NULL };
static const char *const token_limit_words[] = { "as_sent", "max_tokens", "max_completion_tokens", NULL };

static bool read_dialect(struct load *load, const char *key, text value, void *place)
{
    text name = json_unquote(&load->catalogue->arena, value);

    *(const struct dialect **)place = dialect_find(name);
    return *(const struct dialect **)place || text_equal(name, T("builtin")) || wrong(load, key, "is not a known dialect");
}

static bool read_auth(struct load *load, const char *key, text value, void *place)
{
    int word;

    if (!read_word(load, key, value, auth_words, &word))
        return false;
    *(enum ai_auth *)place = (enum ai_auth)word;
    return word != AI_AUTH_INVALID || wrong(load, key, "must not be empty");
}

static bool read_capabilities(struct load *load, const char *key, text value, void *place)
{
    return read_flags(load, key, value, capability_words, place);
}

static bool read_token_limit(struct load *load, const char *key, text value, void *place)
{
    int word;

    if (!read_word(load, key, value, token_limit_words, &word))
        return false;
    *(enum ai_token_limit *)place = (enum ai_token_limit)word;
    return true;
}

/* The place is the provider: names and values go to `headers`, their number to `header_count`. */
static bool read_headers(struct load *load, const char *key, text value, void *place)
{
    struct ai_provider *provider = place;
    struct json_walk walk = json_walk(value);
    text name, item;

    if (json_type_of(value) != JSON_OBJECT)
        return wrong(load, key, "must be an object of strings");
    while (json_next_member(&walk, &name, &item)) {
        struct ai_header *header = &provider->headers[provider->header_count];

        if (provider->header_count++ == sizeof provider->headers / sizeof *provider->headers)
            return wrong(load, key, "has too many headers");
        header->name = text_copy(&load->catalogue->arena, name);
        if (!read_text(load, key, item, &header->value))
            return false;
    }
    return true;
}

static bool read_texts(struct load *load, const char *key, text value, void *place)
{
    struct text_list *list = place;
    struct json_walk walk = json_walk(value);
    text item;

    if (json_type_of(value) != JSON_ARRAY)
        return wrong(load, key, "must be a list of strings");
    list->items = arena_array(&load->catalogue->arena, count_items(value) + 1, sizeof *list->items);
    while (json_next_item(&walk, &item))
        if (!read_text(load, key, item, &list->items[list->len++]))
            return false;
    return true;
}

static const struct member provider_members[] = {
    { "id", read_text, offsetof(struct ai_provider, id) },
    { "name", read_text, offsetof(struct ai_provider, name) },
    { "dialect", read_dialect, offsetof(struct ai_provider, dialect) },
    { "base_url", read_text, offsetof(struct ai_provider, base_url), true },
    { "auth", read_auth, offsetof(struct ai_provider, auth) },
    { "headers", read_headers, 0, true },
    { "capabilities", read_capabilities, offsetof(struct ai_provider, capabilities) },
    { "needs_key", read_bool, offsetof(struct ai_provider, needs_key) },
    { "key_env", read_text, offsetof(struct ai_provider, key_env), true },
    { "docs_url", read_text, offsetof(struct ai_provider, docs_url), true },
    { "token_limit", read_token_limit, offsetof(struct ai_provider, token_limit) },
    { "stream_options", read_bool, offsetof(struct ai_provider, stream_options) },
    { "embeddings_base64", read_bool, offsetof(struct ai_provider, embeddings_base64) },
    { "drop", read_texts, offsetof(struct ai_provider, drop), true },
    { NULL },
};

static bool check_provider(struct load *load, const struct ai_provider *provider)
{
    if (provider->needs_key && provider->auth == AI_AUTH_NONE)
        return wrong(load, "auth", "is none, yet a key is needed");
    if (provider->base_url.ptr && !text_starts(provider->base_url, T("https://")) && !text_starts(provider->base_url, T("http://")))
        return wrong(load, "base_url", "must begin with https:// or http://");
    if (text_find_char(provider->id, '/') != SIZE_MAX)
        return wrong(load, "id", "must not hold a slash");
    if (map_put(&load->catalogue->by_provider, provider->id, (void *)provider))
        return wrong(load, "id", "stands twice");
    return true;
}

static bool read_provider(struct load *load, text object, size_t i)
{
    struct ai_provider *provider = &load->catalogue->providers[i];

    return read_members(load, object, provider_members, provider) && check_provider(load, provider);
}

/* --- models -------------------------------------------------------------------------------------------------------------- */

static const char *const kind_words[] = { "", "chat", "embeddings", "image", NULL };
static const char *const refusal_words[] = { "sampling", "thinking_off", "forced_tools", "prefill", "effort", NULL };

static bool read_owner(struct load *load, const char *key, text value, void *place)
{
    const struct ai_provider *provider = map_get(&load->catalogue->by_provider, json_unquote(&load->catalogue->arena, value));

    *(const struct ai_provider **)place = provider;
    return provider || wrong(load, key, "is no provider of the catalogue");
}

static bool read_kind(struct load *load, const char *key, text value, void *place)
{
    int word;

    if (!read_word(load, key, value, kind_words, &word))
        return false;
    *(enum ai_kind *)place = (enum ai_kind)word;
    return word != AI_KIND_INVALID || wrong(load, key, "must not be empty");
}

static bool read_refuses(struct load *load, const char *key, text value, void *place)
{
    return read_flags(load, key, value, refusal_words, place);
}

static const struct member rate_members[] = {
    { "above", read_count, offsetof(struct ai_rate, above) },
    { "input", read_count, offsetof(struct ai_rate, input) },
    { "output", read_count, offsetof(struct ai_rate, output) },
    { "cache_read", read_count, offsetof(struct ai_rate, cache_read), true },
    { "cache_write", read_count, offsetof(struct ai_rate, cache_write), true },
    { NULL },
};

static void complete_rate(struct ai_rate *rate)
{
    if (rate->cache_read < 0)
        rate->cache_read = rate->input;
    if (rate->cache_write < 0)
        rate->cache_write = rate->input;
}

/* A row of "prices" before its rates are put together. */
struct price_row {
    int64_t from;
    struct ai_rate base;
    text tiers;
};

static bool read_raw(struct load *load, const char *key, text value, void *place)
{
    *(text *)place = value;
    return json_type_of(value) == JSON_ARRAY || wrong(load, key, "must be a list");
}

static const struct member price_members[] = {
    { "from", read_day, offsetof(struct price_row, from) },
    { "input", read_count, offsetof(struct price_row, base.input) },
    { "output", read_count, offsetof(struct price_row, base.output) },
    { "cache_read", read_count, offsetof(struct price_row, base.cache_read), true },
    { "cache_write", read_count, offsetof(struct price_row, base.cache_write), true },
    { "tiers", read_raw, offsetof(struct price_row, tiers), true },
    { NULL },
};

static bool read_price(struct load *load, text object, struct ai_price *ret)
{
    struct price_row row = { .base = { .cache_read = -1, .cache_write = -1 } };
    struct json_walk walk;
    text item;

    if (!read_members(load, object, price_members, &row))
        return false;
    ret->from = row.from;
    ret->rates[ret->rate_count++] = row.base;
    complete_rate(&ret->rates[0]);
    if (!row.tiers.ptr)
        return true;
    walk = json_walk(row.tiers);
    while (json_next_item(&walk, &item)) {
        struct ai_rate rate = { .cache_read = -1, .cache_write = -1 };

        if (ret->rate_count == sizeof ret->rates / sizeof *ret->rates)
            return wrong(load, "tiers", "are too many");
        if (!read_members(load, item, rate_members, &rate))
            return false;
        if (rate.above <= ret->rates[ret->rate_count - 1].above)
            return wrong(load, "above", "must rise from tier to tier");
        complete_rate(&rate);
        ret->rates[ret->rate_count++] = rate;
    }
    return true;
}

/* The place is the model. */
static bool read_prices(struct load *load, const char *key, text value, void *place)
{
    struct ai_model *model = place;
    size_t count = json_type_of(value) == JSON_ARRAY ? count_items(value) : 0;
    struct ai_price *prices = arena_array(&load->catalogue->arena, count + 1, sizeof *prices);
    struct json_walk walk = json_walk(value);
    text item;

    if (!count)
        return wrong(load, key, "must be a list of at least one price");
    for (size_t i = 0; json_next_item(&walk, &item); i++) {
        if (!read_price(load, item, &prices[i]))
            return false;
        if (i && prices[i].from <= prices[i - 1].from)
            return wrong(load, "from", "must rise from price to price");
    }
    model->prices = prices;
    model->price_count = count;
    return true;
}

static const struct member model_members[] = {
    { "provider", read_owner, offsetof(struct ai_model, provider) },
    { "id", read_text, offsetof(struct ai_model, id) },
    { "kind", read_kind, offsetof(struct ai_model, kind) },
    { "context_window", read_count, offsetof(struct ai_model, context_window), true },
    { "max_output", read_count, offsetof(struct ai_model, max_output), true },
    { "dimensions", read_count, offsetof(struct ai_model, dimensions), true },
    { "refuses", read_refuses, offsetof(struct ai_model, refuses), true },
    { "note", read_text, offsetof(struct ai_model, note), true },
    { "prices", read_prices, 0 },
    { NULL },
};

static bool read_model(struct load *load, text object, size_t i)
{
    struct ai_model *model = &load->catalogue->models[i];
    text key;

    if (!read_members(load, object, model_members, model))
        return false;
    key = text_format(&load->catalogue->arena, "%.*s/%.*s", TEXT_ARG(model->provider->id), TEXT_ARG(model->id));
    return !map_put(&load->catalogue->by_model, key, model) || wrong(load, "id", "stands twice for its provider");
}

/* --- files --------------------------------------------------------------------------------------------------------------- */

/* Checks a file's frame: `{"as_of": "2026-11-20", NAME: […]}`. */
static bool read_file(struct load *load, text file, const char *name, text *ret_rows)
{
    static const struct json_limits limits = { .depth = 8, .string = 1000 };
    struct json_error error;
    text as_of, rows;
    int64_t day;

    load->row = TEXT_NONE;
    if (!json_check(file, &limits, &error)) {
        snprintf(load->error, 256, "%s: byte %zu: %s: %s", load->file, error.offset, error.field, error.message);
        return false;
    }
    as_of = json_unquote(&load->catalogue->arena, json_find(file, "as_of"));
    if (as_of.len != 10 || !clock_parse(as_of, &day))
        return wrong(load, "as_of", "must be a day, like 2026-11-20");
    rows = json_find(file, name);
    if (json_type_of(rows) != JSON_ARRAY)
        return wrong(load, name, "must be a list");
    if (!load->catalogue->as_of.ptr || text_compare(as_of, load->catalogue->as_of) < 0)
        load->catalogue->as_of = text_copy(&load->catalogue->arena, as_of);
    *ret_rows = rows;
    return true;
}

static bool read_rows(struct load *load, text rows, bool (*read)(struct load *, text, size_t))
{
    struct json_walk walk = json_walk(rows);
    text row;

    for (size_t i = 0; json_next_item(&walk, &row); i++) {
        load->row = json_type_of(row) == JSON_OBJECT ? json_unquote(&load->catalogue->arena, json_find(row, "id")) : TEXT_NONE;
        if (!read(load, row, i))
            return false;
    }
    return true;
}

static bool load_both(struct load *load, text providers, text models)
{
    struct ai_catalogue *c = load->catalogue;
    text rows;

    load->file = "providers.json";
    if (!read_file(load, providers, "providers", &rows))
        return false;
    c->provider_count = count_items(rows);
    c->providers = arena_array(&c->arena, c->provider_count + 1, sizeof *c->providers);
    if (!read_rows(load, rows, read_provider))
        return false;
    load->file = "models.json";
    if (!read_file(load, models, "models", &rows))
        return false;
    c->model_count = count_items(rows);
    c->models = arena_array(&c->arena, c->model_count + 1, sizeof *c->models);
    return read_rows(load, rows, read_model);
}

struct ai_catalogue *ai_catalogue_load(text providers, text models, char error[static 256])
{
    struct ai_catalogue *catalogue = xcalloc(1, sizeof *catalogue);
    struct load load = { .catalogue = catalogue, .error = error };

    if (load_both(&load, providers, models))
        return catalogue;
    ai_catalogue_free(catalogue);
    return NULL;
}

void ai_catalogue_free(struct ai_catalogue *catalogue)
{
    if (!catalogue)
        return;
    map_free(&catalogue->by_provider, NULL);
    map_free(&catalogue->by_model, NULL);
    arena_free(&catalogue->arena);
    free(catalogue);
}

/* --- reading ---------------------------------------------------------------------------------------------------------------- */

text ai_catalogue_as_of(const struct ai_catalogue *catalogue) { return catalogue->as_of; }

const struct ai_provider *ai_provider_find(const struct ai_catalogue *catalogue, text id)
{
    return map_get(&catalogue->by_provider, id);
}

const struct ai_model *ai_model_find(const struct ai_catalogue *catalogue, text provider, text model)
{
    SCOPED(arena) struct arena scratch = { 0 };

    return map_get(&catalogue->by_model, text_format(&scratch, "%.*s/%.*s", TEXT_ARG(provider), TEXT_ARG(model)));
}

const struct ai_provider *ai_providers(const struct ai_catalogue *catalogue, size_t *ret_count)
{
    *ret_count = catalogue->provider_count;
    return catalogue->providers;
}

const struct ai_model *ai_models(const struct ai_catalogue *catalogue, size_t *ret_count)
{
    *ret_count = catalogue->model_count;
    return catalogue->models;
}

text ai_capability_name(enum ai_capability capability)
{
    for (int i = 0; capability_words[i]; i++)
        if ((unsigned)capability == 1u << i)
            return text_of(capability_words[i]);
    return TEXT_NONE;
}

text ai_kind_name(enum ai_kind kind) { return text_of(kind_words[kind]); }
