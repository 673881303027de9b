/* http: the parts that need no socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "core/result.h"
#include "http/address.h"
#include "http/multipart.h"

#include <cmocka.h> /* last: it defines fail() */

static void addresses_are_told_apart(void **state)
{
    static const struct { const char *address; bool is_private; } rows[] = {
        { "127.0.0.1", true }, { "10.1.2.3", true }, { "172.16.0.1", true }, { "172.32.0.1", false }, { "192.168.1.1", true }, { "169.254.169.254", true },
        { "0.0.0.0", true }, { "100.64.0.1", true }, { "8.8.8.8", false }, { "224.0.0.1", true }, { "255.255.255.255", true }, { "::1", true }, { "::", true },
        { "::ffff:127.0.0.1", true }, { "::ffff:8.8.8.8", false }, { "fe80::1", true }, { "fd00::1", true }, { "2606:4700::1111", false },
        { "64:ff9b::7f00:1", true }, { "2002:7f00:1::", true }, { "::127.0.0.1", true },
    };
    struct address address;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_true(address_parse(text_of(rows[i].address), &address));
        if (address_is_private(address) != rows[i].is_private)
            fail_msg("%s", rows[i].address);
    }
    assert_false(address_parse(T("2130706433"), &address));
    assert_false(address_parse(T("0x7f.1"), &address));
    assert_false(address_parse(T("127.1"), &address));
    assert_false(address_parse(T(""), &address));
}

static void networks_hold_their_addresses(void **state)
{
    struct address address;

    (void)state;
    assert_true(address_parse(T("10.1.2.3"), &address));
    assert_true(address_in(address, T("192.168.0.0/16, 10.0.0.0/8")));
    assert_true(address_in(address, T("10.1.2.3")));
    assert_false(address_in(address, T("10.1.2.4,nonsense,10.0.0.0/x,10.0.0.0/-1,10.0.0.0/999")));
    assert_true(address_parse(T("2001:db8:1:2:3::4"), &address));
    assert_true(address_in(address, T("2001:db8:1:2::/64")));
    assert_false(address_in(address, T("2001:db8:1:3::/64")));
}

static void limits_count_networks_of_ipv6(void **state)
{
    SCOPED(arena) struct arena arena = { 0 };
    struct address one, other;

    (void)state;
    assert_true(address_parse(T("2001:db8:1:2:3::4"), &one));
    assert_true(address_parse(T("2001:db8:1:2:ffff::1"), &other));
    assert_true(text_equal(address_bucket(&arena, one), address_bucket(&arena, other)));
    assert_true(address_parse(T("1.2.3.4"), &one));
    assert_true(address_parse(T("1.2.3.5"), &other));
    assert_false(text_equal(address_bucket(&arena, one), address_bucket(&arena, other)));
}

#define TYPE T("multipart/form-data; boundary=xyz")

static void parts_are_read(void **state)
{
    text body = T("--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"C:\\tmp\\a.txt\"\r\nContent-Type: text/plain\r\n\r\nline\r\n--xy\r\nz\r\n"
                  "--xyz\r\nContent-Disposition: form-data; name=title\r\n\r\n\r\n--xyz--\r\n");
    struct multipart multipart;
    struct part part;

    (void)state;
    assert_true(multipart_open(TYPE, body, &multipart));
    assert_true(multipart_next(&multipart, &part));
    assert_true(text_equal(part.name, T("file")) && text_equal(part.file_name, T("a.txt")) && text_equal(part.type, T("text/plain")));
    assert_true(text_equal(part.content, T("line\r\n--xy\r\nz")));
    assert_true(multipart_next(&multipart, &part));
    assert_true(text_equal(part.name, T("title")) && !part.file_name.ptr && part.content.len == 0);
    assert_false(multipart_next(&multipart, &part));
    assert_false(multipart.damaged);
}

static void damaged_parts_are_refused(void **state)
{
    static const char *const bodies[] = {
        "nothing", "--xyz", "--xyz\r\n", "--xyz\r\nname\r\n\r\ncontent", "--xyz\r\n--xyz--", "--xyzContent\r\n\r\nx\r\n--xyz--",
        "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nabc--xyz--",
    };
    struct multipart multipart;
    struct part part;

    (void)state;
    for (size_t i = 0; i < COUNT(bodies); i++) {
        assert_true(multipart_open(TYPE, text_of(bodies[i]), &multipart));
        assert_false(multipart_next(&multipart, &part));
        assert_true(multipart.damaged);
    }
    assert_false(multipart_open(T("multipart/form-data"), T(""), &multipart));
    assert_false(multipart_open(T("text/plain; boundary=x"), T(""), &multipart));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_told_apart), cmocka_unit_test(networks_hold_their_addresses), cmocka_unit_test(limits_count_networks_of_ipv6),
        cmocka_unit_test(parts_are_read), cmocka_unit_test(damaged_parts_are_refused),
    };

    return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
