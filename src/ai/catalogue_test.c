/* ai: the catalogue's data and the cost of a call. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "ai/dialect.h"
#include "base/clock.h"

static struct ai_catalogue *shipped(void)
{
    char error[256] = "";
    struct ai_catalogue *catalogue = ai_catalogue_load(ai_data_providers(), ai_data_models(), error);

    if (!catalogue)
        fail_msg("%s", error);
    return catalogue;
}

static void the_shipped_data_is_sound(void **state)
{
    struct ai_catalogue *catalogue = shipped();
    const struct ai_provider *provider = ai_provider_find(catalogue, T("openai"));
    const struct ai_model *model;
    size_t count;

    (void)state;
    ai_providers(catalogue, &count);
    assert_true(count >= 25);
    assert_true(text_equal(provider->base_url, T("https://api.openai.com/v1")));
    assert_ptr_equal(provider->dialect, &dialect_openai);
    assert_true(text_equal(provider->key_env, T("OPENAI_API_KEY")));
    assert_int_equal(provider->token_limit, AI_MAX_COMPLETION_TOKENS);
    provider = ai_provider_find(catalogue, T("anthropic"));
    assert_true(text_equal(provider->headers[0].name, T("anthropic-version")));
    assert_null(ai_provider_find(catalogue, T("builtin"))->dialect);
    assert_null(ai_provider_find(catalogue, T("nobody")));
    model = ai_model_find(catalogue, T("groq"), T("openai/gpt-oss-120b"));
    assert_int_equal(model->prices[0].rates[0].input, 150000);
    assert_null(ai_model_find(catalogue, T("openai"), T("absent")));
    assert_true(ai_model_find(catalogue, T("anthropic"), T("claude-opus-5-5"))->refuses & AI_REFUSES_FORCED_TOOLS);
    assert_true(text_equal(ai_catalogue_as_of(catalogue), T("2026-11-20")));
    assert_true(text_equal(ai_capability_name(AI_CAN_EMBED), T("embeddings")));
    assert_null(ai_capability_name((enum ai_capability)(AI_CAN_RERANK << 1)).ptr);
    ai_catalogue_free(catalogue);
}

static void a_price_has_its_date(void **state)
{
    struct ai_catalogue *catalogue = shipped();
    const struct ai_model *model = ai_model_find(catalogue, T("openai"), T("gpt-5.6-sol"));
    int64_t before = 0, after = 0;

    (void)state;
    assert_true(clock_parse(T("2026-08-20"), &before) && clock_parse(T("2026-08-21"), &after));
    assert_int_equal(ai_price_at(model, before)->rates[0].input, 5000000);
    assert_int_equal(ai_price_at(model, after)->rates[0].input, 4000000);
    assert_int_equal(ai_price_at(model, 0)->rates[0].input, 5000000);
    ai_catalogue_free(catalogue);
}

static void cost_is_exact(void **state)
{
    static const struct ai_price price = { .rates = { { 0, 3000000, 15000000, 300000, 3750000 }, { 200000, 6000000, 22500000, 600000, 7500000 } }, .rate_count = 2 };
    static const struct ai_price odd = { .rates = { { 0, 500000, 500000, 0, 500000 } }, .rate_count = 1 };
    static const struct { const struct ai_price *price; struct ai_usage usage; int64_t micros; } rows[] = {
        { &price, { true, 1000, 100, 0, 0, 0 }, 4500 },
        { &price, { true, 1000, 100, 400, 100, 50 }, 500 * 3 + 120 + 375 + 1500 },
        { &price, { true, 200000, 0, 0, 0, 0 }, 600000 },  /* the threshold itself is still below it */
        { &price, { true, 200001, 1, 0, 0, 0 }, 1200006 + 23 }, /* 22.5 rounds up, once */
        { &odd, { true, 1, 0, 0, 0, 0 }, 1 },               /* half a micro-dollar: up */
        { &odd, { true, 1, 1, 0, 0, 0 }, 1 },               /* not rounded part by part */
        { &odd, { true, 1, 0, 1, 0, 0 }, 0 },
        { &price, { true, 10, 0, 50, 50, 0 }, 3 },          /* cache counts beyond the input */
        { &price, { true, -5, -5, -5, 0, 0 }, 0 },
        { &price, { false, 1000, 100, 0, 0, 0 }, 0 },
        { &price, { true, INT64_MAX, INT64_MAX, 0, 0, 0 }, INT64_MAX },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (ai_cost_micros(rows[i].price, &rows[i].usage) != rows[i].micros)
            fail_msg("row %zu: %lld, not %lld", i, (long long)ai_cost_micros(rows[i].price, &rows[i].usage), (long long)rows[i].micros);
}

#define PROVIDER(more) "{\"as_of\":\"2026-11-20\",\"providers\":[{\"id\":\"x\",\"name\":\"X\",\"dialect\":\"openai\",\"auth\":\"bearer\"," \
    "\"capabilities\":[\"chat\"],\"needs_key\":true,\"token_limit\":\"as_sent\",\"stream_options\":true,\"embeddings_base64\":false" more "}]}"
#define MODEL(more) "{\"as_of\":\"2026-11-20\",\"models\":[{\"provider\":\"x\",\"id\":\"m\",\"kind\":\"chat\"" more "}]}"
#define PRICE ",\"prices\":[{\"from\":\"2026-01-01\",\"input\":1,\"output\":2}]"

static void a_broken_file_is_named(void **state)
{
    static const struct { const char *providers, *models, *error; } rows[] = {
        { "[]", MODEL(PRICE), "providers.json: as_of: must be a day, like 2026-11-20" },
        { "{\"as_of\":1,}", MODEL(PRICE), NULL },
        { PROVIDER(",\"speed\":1"), MODEL(PRICE), "providers.json: x: speed: unknown member" },
        { PROVIDER(",\"base_url\":\"ftp://x\""), MODEL(PRICE), "providers.json: x: base_url: must begin with https:// or http://" },
        { PROVIDER(",\"headers\":[]"), MODEL(PRICE), "providers.json: x: headers: must be an object of strings" },
        { PROVIDER(""), MODEL(""), "models.json: m: prices: is missing" },
        { PROVIDER(""), MODEL(",\"prices\":[]"), "models.json: m: prices: must be a list of at least one price" },
        { PROVIDER(""), MODEL(",\"prices\":[{\"from\":\"2026-01-01\",\"input\":-1,\"output\":2}]"), "models.json: m: input: must be a whole number, not below zero" },
        { PROVIDER(""), MODEL(PRICE ",\"refuses\":[\"work\"]"), "models.json: m: refuses: is not one of the known words" },
        { PROVIDER(""), MODEL(",\"prices\":[{\"from\":\"2026-02-01\",\"input\":1,\"output\":2},{\"from\":\"2026-01-01\",\"input\":1,\"output\":2}]"),
          "models.json: m: from: must rise from price to price" },
        { PROVIDER(""), "{\"as_of\":\"2026-11-20\",\"models\":[{\"provider\":\"y\",\"id\":\"m\"}]}", "models.json: m: provider: is no provider of the catalogue" },
        { PROVIDER(""), "{\"as_of\":\"2026-11-20\",\"models\":[7]}", "models.json: row: must be an object" },
    };
    char error[256];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_null(ai_catalogue_load(text_of(rows[i].providers), text_of(rows[i].models), error));
        if (rows[i].error)
            assert_string_equal(error, rows[i].error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_data_is_sound),
        cmocka_unit_test(a_price_has_its_date),
        cmocka_unit_test(cost_is_exact),
        cmocka_unit_test(a_broken_file_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
