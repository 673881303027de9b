/* letters: what they say, and that no value gets out of its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "mail/letters.h"
#include "mail/message.h"

#include <cmocka.h> /* last: it defines fail() */

static const struct letter_field all_fields[] = {
    { "name", T("Grethe <b>Lind</b> & \"Co\"") }, { "email", T("grethe@example.org") }, { "link", T("https://example.org/verify?a=1&token=abc") },
    { "life", T("30 minutes") }, { "time", T("21 November 2026, 12:00 UTC") }, { "inviter", T("Ann\u00e9 'A' Berg") }, { "organization", T("Torv & S\u00f8n") },
    { "role", T("admin") }, { "service", T("Google") }, { "change", T("a passkey was added") },
    { "who", T("an owner") }, { "admin", T("Ann\u00e9 <Berg>") }, { "reason", T("a ticket & its number") },
};

static bool names(const char *words, const char *field)
{
    char braced[64];

    snprintf(braced, sizeof braced, "{%s}", field);
    return words && strstr(words, braced);
}

/* The fields that the row names, of those above. */
static size_t fields_of(const struct letter_kind *kind, struct letter_field out[])
{
    size_t count = 0;

    for (size_t i = 0; i < COUNT(all_fields); i++) {
        const char *name = all_fields[i].name;
        bool named = names(kind->subject, name) || names(kind->note, name) || names(kind->button, name) || (kind->button && strcmp(name, "link") == 0);

        for (size_t j = 0; j < COUNT(kind->paragraphs); j++)
            named |= names(kind->paragraphs[j], name);
        if (named)
            out[count++] = all_fields[i];
    }
    return count;
}

static void every_letter_is_whole(void **state)
{
    static const char *const expected[] = { "verify_email", "password_reset", "password_changed", "email_changed_from", "email_changed_to", "account_locked",
        "signup_exists", "invitation", "organization_deleted", "account_deleted", "delete_account", "impersonated", "joined", "signin_linked", "account_claimed", "mfa_changed" };
    size_t count = 0;

    (void)state;
    for (const struct letter_kind *kind = letter_kinds; kind->name; kind++, count++) {
        SCOPED(call) struct call call;
        struct letter_field fields[COUNT(all_fields)];
        struct letter letter = { .kind = kind->name, .to = T("a@example.org"), .fields = fields };
        struct letter_words words;

        assert_true(count < COUNT(expected));
        assert_string_equal(kind->name, expected[count]);
        call_open(&call, NULL);
        letter.field_count = fields_of(kind, fields);
        if (letter_write(&call, &letter, T("Tenon"), &words) != OK)
            fail_msg("%s: %.*s", kind->name, TEXT_ARG(call.failure.message));
        assert_true(text_find_char(words.subject, '{') == SIZE_MAX && text_find_char(words.plain, '{') == SIZE_MAX);
        assert_true(text_find(words.html, T("<b>")) == SIZE_MAX && text_starts(words.html, T("<!doctype html>")) && text_ends(words.html, T("</html>\n")));
        if (kind->button) {
            assert_true(text_find(words.plain, T(":\nhttps://example.org/verify?a=1&token=abc\n")) != SIZE_MAX);
            assert_true(text_find(words.html, T("href=\"https://example.org/verify?a=1&amp;token=abc\"")) != SIZE_MAX);
        }
        /* without any one of its fields it is not written */
        for (size_t i = 0; i < letter.field_count; i++) {
            struct letter_field kept = fields[i];

            fields[i].name = "other";
            assert_int_equal(letter_write(&call, &letter, T("Tenon"), &words), VALIDATION_ERROR);
            fields[i] = kept;
        }
    }
    assert_int_equal(count, COUNT(expected));
}

static void values_stay_in_their_place(void **state)
{
    static const char *const bad_names[] = { "", "a\r\nBcc: x@y.test", "a\nb", "a\rb", "a\tb", "a\x7f", ("a\xc2\x85" "b"), "a\u2028b", "a\xff" };
    static const char *const bad_links[] = { "javascript:alert(1)", "example.org", "https://a\"b", "https://a b", "https://a<b", "//a", "data:text/html,x", "https://\u00e9" };
    SCOPED(call) struct call call;
    struct letter_field fields[] = { all_fields[0], all_fields[2], all_fields[3] };
    struct letter letter = { .kind = "password_reset", .fields = fields, .field_count = COUNT(fields) };
    struct letter_words words;

    (void)state;
    call_open(&call, NULL);
    assert_int_equal(letter_write(&call, &letter, T("T&on"), &words), OK);
    assert_true(text_find(words.html, T("Hello Grethe &lt;b&gt;Lind&lt;/b&gt; &amp; &quot;Co&quot;,")) != SIZE_MAX);
    assert_true(text_find(words.plain, T("Hello Grethe <b>Lind</b> & \"Co\",")) != SIZE_MAX);
    assert_true(text_find(words.html, T("for T&amp;on.")) != SIZE_MAX);
    for (size_t i = 0; i < COUNT(bad_names); i++) {
        fields[0].value = text_of(bad_names[i]);
        if (letter_write(&call, &letter, T("Tenon"), &words) != VALIDATION_ERROR)
            fail_msg("%s", bad_names[i]);
    }
    fields[0].value = T("{link}"); /* a value is no template */
    assert_int_equal(letter_write(&call, &letter, T("Tenon"), &words), OK);
    assert_true(text_starts(words.plain, T("Hello {link},")));
    for (size_t i = 0; i < COUNT(bad_links); i++) {
        fields[1].value = text_of(bad_links[i]);
        if (letter_write(&call, &letter, T("Tenon"), &words) != VALIDATION_ERROR)
            fail_msg("%s", bad_links[i]);
    }
    letter.kind = "no_such_letter";
    assert_int_equal(letter_write(&call, &letter, T("Tenon"), &words), VALIDATION_ERROR);
}

static void addresses_are_checked(void **state)
{
    static const char *const good[] = { "a@b", "grethe.lind+tag@mail.example.org", "o'neil@example.org", "a=b!c@example.org" };
    static const char *const bad[] = { "", "@", "a@", "@b", "a", "a@b@c", "a b@c", "a@b\r\nRCPT TO:<x@y>", "a@b\n", "<a@b>", "a@b>", "a,b@c", "a@b,c@d", "a;b@c",
        "\"a b\"@c", "gr\u00e9the@example.org", "a@\u00e9x.org", "(x)a@b", "a@[127.0.0.1]", "a:b@c", "a\\b@c", "a@b\x7f" };
    char local[70], whole[300];

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++)
        if (!mail_address_valid(text_of(good[i])))
            fail_msg("%s", good[i]);
    for (size_t i = 0; i < COUNT(bad); i++)
        if (mail_address_valid(text_of(bad[i])))
            fail_msg("%s", bad[i]);
    assert_false(mail_address_valid(TEXT_NONE));
    memset(local, 'a', sizeof local);
    memcpy(local + 65, "@b", 3);
    assert_false(mail_address_valid(text_of(local)));
    assert_true(mail_address_valid(text_of(local + 1)));
    memset(whole, 'a', sizeof whole);
    whole[1] = '@', whole[255] = '\0';
    assert_false(mail_address_valid(text_of(whole)));
}

static text header_of(struct arena *arena, const char *words)
{
    SCOPED(buffer) struct buffer out = { 0 };

    message_put_words(arena, &out, text_of(words));
    return text_copy(arena, buffer_view(&out));
}

static void words_in_headers_are_encoded(void **state)
{
    SCOPED(arena) struct arena arena = { 0 };
    text folded = header_of(&arena, "\u00e6\u00f8\u00e5 \u00e6\u00f8\u00e5 \u00e6\u00f8\u00e5 \u00e6\u00f8\u00e5 \u00e6\u00f8\u00e5 \u00e6\u00f8\u00e5 \u00e6\u00f8\u00e5 \u00e6\u00f8\u00e5");
    text rest = folded;

    (void)state;
    assert_true(text_equal(header_of(&arena, "Plain words: (all) of them"), T("Plain words: (all) of them")));
    assert_true(text_equal(header_of(&arena, "S\u00f8n"), T("=?utf-8?B?U8O4bg==?=")));
    assert_true(text_starts(header_of(&arena, "=?utf-8?Q?x?="), T("=?utf-8?B?"))); /* what looks encoded must not be decoded */
    assert_true(text_find_char(header_of(&arena, "a\r\nBcc: x"), '\n') == SIZE_MAX);
    while (rest.ptr) {
        text line = text_cut(&rest, '\n');

        assert_true(line.len <= 76 && text_starts(text_trim(line), T("=?utf-8?B?")) && text_ends(text_trim(line), T("?=")));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_letter_is_whole), cmocka_unit_test(values_stay_in_their_place), cmocka_unit_test(addresses_are_checked),
        cmocka_unit_test(words_in_headers_are_encoded),
    };

    return cmocka_run_group_tests_name("letters", tests, NULL, NULL);
}
