/* core: fields, the failures they tell, and the options. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "core/config.h"
#include "core/fields.h"

#include <cmocka.h> /* last: it defines fail() */

struct line {
    text label;
    int64_t count;
};

struct body {
    text name;
    int64_t age;
    bool member, has_age;
    uuid id;
    int64_t born;
    struct text_list tags;
    struct list lines;
};

static const char *check_name(text value)
{
    return text_equal(value, T("root")) ? "is reserved" : NULL;
}

static const struct field line_fields[] = { TEXT(struct line, label, .required = true, .max = 5), INT(struct line, count), FIELDS_END };

static const char *const tag_names[] = { "red", "blue", NULL };

static const struct field body_fields[] = {
    TEXT(struct body, name, .required = true, .min = 2, .max = 10, .check = check_name),
    INT(struct body, age, .min = 1, .max = 150, .given = offsetof(struct body, has_age)),
    BOOL(struct body, member),
    UUID(struct body, id),
    TIME(struct body, born),
    TEXTS(struct body, tags, .one_of = tag_names, .max = 2),
    LIST(struct body, lines, struct line, line_fields, .max = 3),
    FIELDS_END,
};

static text failures(struct call *call)
{
    text all = T("");

    for (struct field_failure *f = call->failure.fields; f; f = f->next)
        all = text_format(&call->arena, "%.*s%s%.*s %.*s", TEXT_ARG(all), all.len ? "; " : "", TEXT_ARG(f->field), TEXT_ARG(f->message));
    return all;
}

static void bodies_become_structs(void **state)
{
    static const struct { const char *body; enum result result; const char *failures; } rows[] = {
        { "{\"name\":\"Grethe\",\"age\":3,\"member\":true,\"id\":\"0190163d-8694-739b-aea5-966c26f8ad90\",\"born\":\"2026-01-01T00:00:00Z\",\"tags\":[\"red\"],"
          "\"lines\":[{\"label\":\"a\",\"count\":2}]}", OK, "" },
        { "{\"name\":\"ab\",\"age\":null}", OK, "" },
        { "{}", VALIDATION_ERROR, "name is required" },
        { "{\"name\":null}", VALIDATION_ERROR, "name is required" },
        { "[]", VALIDATION_ERROR, "body must be an object" },
        { "{\"name\":\"a\"}", VALIDATION_ERROR, "name must have at least 2 characters" },
        { "{\"name\":\"\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\"}", OK, "" },
        { "{\"name\":\"root\"}", VALIDATION_ERROR, "name is reserved" },
        { "{\"name\":5}", VALIDATION_ERROR, "name must be a string" },
        { "{\"name\":\"ab\",\"age\":0}", VALIDATION_ERROR, "age must be between 1 and 150" },
        { "{\"name\":\"ab\",\"age\":1.5}", VALIDATION_ERROR, "age must be a whole number" },
        { "{\"name\":\"ab\",\"member\":\"yes\",\"id\":\"x\"}", VALIDATION_ERROR, "member must be true or false; id must be a UUID" },
        { "{\"name\":\"ab\",\"tags\":[\"green\"]}", VALIDATION_ERROR, "tags.0 must be one of: red, blue" },
        { "{\"name\":\"ab\",\"tags\":[\"red\",\"red\",\"red\"]}", VALIDATION_ERROR, "tags must have at most 2 items" },
        { "{\"name\":\"ab\",\"lines\":[{\"label\":\"a\"},{\"label\":\"toolong\",\"x\":1}]}", VALIDATION_ERROR,
          "lines.1.label must have at most 5 characters; lines.1.x is not a known field" },
        { "{\"name\":\"ab\",\"role\":\"owner\"}", VALIDATION_ERROR, "role is not a known field" },
        { "{\"name\":\"ab\",\"name\":\"cd\"}", VALIDATION_ERROR, "name stands twice in the same object" },
        { "{\"name\":\"ab", MALFORMED_JSON, NULL },
        { "{\"name\":\"a\\u0000b\"}", VALIDATION_ERROR, "name the character NUL is not allowed" },
        { "{\"name\":\"a\xff\"}", VALIDATION_ERROR, "name not valid UTF-8" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        SCOPED(call) struct call call;
        struct body body = { 0 };

        call_open(&call, NULL);
        if (fields_read_body(&call, body_fields, text_of(rows[i].body), &body) != rows[i].result)
            fail_msg("%s", rows[i].body);
        if (rows[i].failures && !text_equal(failures(&call), text_of(rows[i].failures)))
            fail_msg("%s: %.*s", rows[i].body, TEXT_ARG(failures(&call)));
        if (i == 0) {
            assert_int_equal(body.age, 3);
            assert_true(body.has_age && body.member && body.tags.len == 1 && body.lines.len == 1);
            assert_int_equal(((struct line *)body.lines.items)[0].count, 2);
        }
        if (i == 1)
            assert_true(!body.has_age && body.age == 0); /* null is no number */
    }
}

static void queries_become_structs(void **state)
{
    SCOPED(call) struct call call;
    struct body body = { 0 };

    (void)state;
    call_open(&call, NULL);
    assert_int_equal(fields_read_query(&call, body_fields, false, T("name=a%20b&age=7&tags=red,blue"), &body), OK);
    assert_true(text_equal(body.name, T("a b")) && body.age == 7 && body.tags.len == 2);
    assert_int_equal(fields_read_query(&call, body_fields, false, T("name=ab&name=cd"), &body), VALIDATION_ERROR);
    assert_int_equal(fields_read_query(&call, body_fields, false, T("name=%zz"), &body), VALIDATION_ERROR);
    assert_int_equal(fields_read_query(&call, body_fields, false, T("name=ab&nope=1"), &body), VALIDATION_ERROR);
    assert_int_equal(fields_read_query(&call, body_fields, true, T("name=ab&nope=1"), &body), OK);
    assert_int_equal(fields_read_query(&call, body_fields, true, T("name=ab&nope=%zz"), &body), VALIDATION_ERROR);
    assert_int_equal(fields_read_query(&call, body_fields, false, T("name=a%00b"), &body), VALIDATION_ERROR);
}

static void structs_become_json(void **state)
{
    struct line lines[] = { { T("x"), 1 }, { TEXT_NONE, -2 } };
    struct body body = { .name = T("n"), .born = SECOND, .lines = { lines, 2 } };
    SCOPED(buffer) struct buffer out = { 0 };
    struct json_writer w = { &out, false };

    (void)state;
    fields_write(&w, body_fields, &body);
    buffer_char(&out, '\0');
    assert_string_equal(out.ptr, "{\"name\":\"n\",\"age\":0,\"member\":false,\"id\":null,\"born\":\"1970-01-01T00:00:01.000Z\",\"tags\":[],"
                                 "\"lines\":[{\"label\":\"x\",\"count\":1},{\"label\":null,\"count\":-2}]}");
}

static void secrets_are_never_written(void **state)
{
    static const struct field fields[] = { TEXT(struct body, name, .secret = true), INT(struct body, age), FIELDS_END };
    struct body body = { .name = T("hidden"), .age = 1 };
    SCOPED(buffer) struct buffer out = { 0 };
    struct json_writer w = { &out, false };

    (void)state;
    assert_string_equal(fields_unfit_view(fields), "name");
    fields_write(&w, fields, &body);
    assert_true(text_equal(buffer_view(&out), T("{\"age\":1}")));
}

static void options_are_checked(void **state)
{
    (void)state;
    assert_true(config_set("RATE_LIMIT_AUTH", "7/2m"));
    assert_true(config.limit_auth.count == 7 && config.limit_auth.window == 2 * MINUTE);
    assert_true(config_set("RATE_LIMIT_AUTH", "0"));
    assert_int_equal(config.limit_auth.count, 0);
    assert_false(config_set("RATE_LIMIT_AUTH", "many"));
    assert_false(config_set("PORT", "70000"));
    assert_false(config_set("ENCRYPTION_KEY", "abc"));
    assert_false(config_set("LOG_LEVEL", "loud"));
    assert_false(config_set("NO_SUCH_OPTION", "1"));
}

static void printed_options_hide_secrets(void **state)
{
    SCOPED(buffer) struct buffer out = { 0 };

    (void)state;
    assert_true(config_set("JWT_SECRET", "correct-horse-battery-staple-0123456789"));
    config_print(&out);
    assert_true(text_find(buffer_view(&out), T("correct-horse")) == SIZE_MAX);
    assert_true(text_find(buffer_view(&out), T("********")) != SIZE_MAX);
}

static void roles_give_permissions(void **state)
{
    (void)state;
    assert_true(role_permissions(ROLE_OWNER) & KEYS_MANAGE);
    assert_false(role_permissions(ROLE_MEMBER) & KEYS_MANAGE);
    assert_false(role_permissions(ROLE_VIEWER) & KNOWLEDGE_WRITE);
    assert_int_equal(role_permissions(ROLE_NONE), 0);
    assert_int_equal(permission_of(T("keys.manage")), KEYS_MANAGE);
    assert_int_equal(permission_of(T("keys")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_become_structs), cmocka_unit_test(queries_become_structs), cmocka_unit_test(structs_become_json),
        cmocka_unit_test(secrets_are_never_written), cmocka_unit_test(options_are_checked), cmocka_unit_test(printed_options_hide_secrets),
        cmocka_unit_test(roles_give_permissions),
    };

    return cmocka_run_group_tests_name("core", tests, NULL, NULL);
}
