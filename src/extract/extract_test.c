/* extract: documents through the real child, hostile ones too, and children that are not what they should be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "extract/blocks.h"
#include "extract/extract.h"

/* --- sources ------------------------------------------------------------------------------------------------------------- */

static int file_of(text content)
{
    int fd = memfd_create("document", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, content.ptr, content.len), (ssize_t)content.len);
    return fd;
}

/* tests/fixtures/documents, looked for upwards from this program. */
static int fixture(const char *name)
{
    char base[PATH_MAX], path[PATH_MAX + 256];
    ssize_t len = readlink("/proc/self/exe", base, sizeof base - 1);

    assert_true(len > 0);
    base[len] = '\0';
    for (char *slash = strrchr(base, '/'); slash; slash = strrchr(base, '/')) {
        int fd;

        *slash = '\0';
        snprintf(path, sizeof path, "%s/tests/fixtures/documents/%s", base, name);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0)
            return fd;
    }
    fail_msg("no fixture %s", name);
    return -1;
}

static enum extract_result run(enum extract_type type, int fd, struct buffer *blocks, char reason[static EXTRACT_REASON])
{
    struct extract_job job = { .type = type, .file = fd };
    enum extract_result result = extract_run(&job, blocks, reason);

    close(fd);
    return result;
}

/* `kind:text` of each block, one a line; a heading's level behind its kind. */
static void tell(text blocks, struct buffer *out)
{
    static const char *const names[] = { "title", "heading", "paragraph", "item", "row", "code", "page" };
    struct block_reader reader = { .rest = blocks };
    struct block block;

    while (block_next(&reader, &block)) {
        buffer_text(out, text_of(names[block.kind]));
        if (block.level)
            buffer_format(out, "%u", block.level);
        buffer_format(out, ":%.*s\n", TEXT_ARG(block.text));
    }
    assert_true(reader.ended);
}

static void assert_told(enum extract_type type, int fd, const char *expected)
{
    SCOPED(buffer) struct buffer blocks = { 0 }, told = { 0 };
    char reason[EXTRACT_REASON];
    enum extract_result result = run(type, fd, &blocks, reason);

    if (result != EXTRACT_OK)
        fail_msg("result %d: %s", result, reason);
    assert_string_equal(reason, "");
    tell(buffer_view(&blocks), &told);
    if (!text_equal(buffer_view(&told), text_of(expected)))
        fail_msg("gave\n%.*s\nnot\n%s", TEXT_ARG(buffer_view(&told)), expected);
}

static void assert_refused(enum extract_type type, int fd, const char *why)
{
    SCOPED(buffer) struct buffer blocks = { 0 };
    char reason[EXTRACT_REASON];
    enum extract_result result = run(type, fd, &blocks, reason);

    if (result != EXTRACT_REFUSED || !strstr(reason, why))
        fail_msg("result %d, reason \"%s\", not \"%s\"", result, reason, why);
    assert_int_equal(blocks.len, 0);
}

/* --- what documents hold ----------------------------------------------------------------------------------------------------- */

#define BYTES(literal) { literal, sizeof literal - 1 }

static void documents_become_blocks(void **state)
{
    static const struct { enum extract_type type; text source; const char *expected; } rows[] = {
        { EXTRACT_TXT, BYTES(""), "" },
        { EXTRACT_TXT, BYTES("\xef\xbb\xbfOne\r\ntwo.\r\n\r\n- a\r\n- b\x01\r\n"), "paragraph:One two.\nitem:a\nitem:b\n" },
        { EXTRACT_TXT, BYTES("OPENING HOURS\n\nMonday 8\nTuesday 9\n"), "heading2:OPENING HOURS\nparagraph:Monday 8\nTuesday 9\n" },
        { EXTRACT_TXT, BYTES("Title\n=====\nText"), "heading1:Title\nparagraph:Text\n" },
        { EXTRACT_TXT, BYTES("\xff\xfeH\0i\0 \0=\xd8\0\xde"), "paragraph:Hi \xf0\x9f\x98\x80\n" },
        { EXTRACT_TXT, BYTES("\xfe\xff\0H\0i\xd8\x3d"), "paragraph:Hi\n" },
        { EXTRACT_TXT, BYTES("caf\xe9 \x80 5"), "paragraph:caf\xc3\xa9 \xe2\x82\xac 5\n" },
        { EXTRACT_TXT, BYTES("a\0b"), "paragraph:ab\n" },
        { EXTRACT_MD, BYTES("---\ntitle: \"The Guide\"\n---\n# A **b** #\n\nSee [the `x`](http://e.com/a_(b)) and *em* snake_case 2 * 3.\n"),
            "title:The Guide\nheading1:A b\nparagraph:See the x and em snake_case 2 * 3.\n" },
        { EXTRACT_MD, BYTES("- one\n  more\n- two\n\n1. first\n2. second\n\nend\n"),
            "item:one more\nitem:two\nitem:1. first\nitem:2. second\nparagraph:end\n" },
        { EXTRACT_MD, BYTES("```c\nint  x;\n\n# no\n```\nT\n--\n> quoted\n"), "code:int  x;\n\n# no\nheading2:T\nparagraph:quoted\n" },
        { EXTRACT_MD, BYTES("| a | b |\n|---|:-:|\n| 1 | **2** |\n\n<!-- no -->\n![alt](x.png) &amp; <b>x</b>"),
            "row:a | b\nrow:1 | 2\nparagraph:alt & x\n" },
        { EXTRACT_CSV, BYTES("name,price\n\"Bolt, \"\"M8\"\"\",2\n\nNut,\n"), "row:name: Bolt, \"M8\"; price: 2\nrow:name: Nut\n" },
        { EXTRACT_CSV, BYTES("a;b\n1;2,5\n3;\"x\ny\""), "row:a: 1; b: 2,5\nrow:a: 3; b: x y\n" },
        { EXTRACT_CSV, BYTES("a\tb\n1\t2\t3\n"), "row:a: 1; b: 2; column 3: 3\n" },
        { EXTRACT_JSON, BYTES("{\"shop\":\"X\",\"users\":[{\"name\":\"Ann\",\"address\":{\"city\":\"Paris\"},\"tags\":[1,true]},{\"name\":\"B\\u0001ob\"}]}"),
            "row:shop: X\nrow:users[0] | name: Ann; address.city: Paris; tags: 1, true\nrow:users[1] | name: Bob\n" },
        { EXTRACT_JSON, BYTES("\"only\""), "row:only\n" },
        { EXTRACT_HTML, BYTES("<title>T</title><nav>menu</nav><h2>H</h2><p>one<br>two &eacute;&bogus;<script>alert(1)</script><p hidden>no<ul><li>i<li>j</ul>"
                          "<table><tr><th>a<th>b<tr><td><p>1<td>2</table><pre>x\n  y</pre>tail"),
            "title:T\nheading2:H\nparagraph:one\ntwo \xc3\xa9&bogus;\nitem:i\nitem:j\nrow:a | b\nrow:1 | 2\ncode:x\n  y\nparagraph:tail\n" },
        { EXTRACT_HTML, BYTES("caf\xe9"), "paragraph:caf\xc3\xa9\n" },
        { EXTRACT_HTML, BYTES("<meta charset=iso-8859-1><p>caf\xc3\xa9"), "paragraph:caf\xc3\xa9\n" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_told(rows[i].type, file_of(rows[i].source), rows[i].expected);
}

static void word_and_pdf_are_read(void **state)
{
    (void)state;
    assert_told(EXTRACT_DOCX, fixture("policy.docx"),
        "title:Returns & refunds\nheading1:Refund policy\nparagraph:Customers may return any product within 30 days of delivery.\n"
        "paragraph:The refund is paid in five days.\nheading2:Shipping\nitem:Domestic parcels cost 4.90 EUR.\nrow:Country | Days\n"
        "row:France | 3\nparagraph:Caf\xc3\xa9 <ok>\n");
    assert_told(EXTRACT_PDF, fixture("bell.pdf"), "page1:\nparagraph:The bell rings at 8:15 every day.\n");
    assert_told(EXTRACT_PDF, fixture("wrong-xref.pdf"), "page1:\nparagraph:The bell rings at 8:15 every day.\n");
}

static void a_printed_page_keeps_its_paragraphs(void **state)
{
    SCOPED(buffer) struct buffer blocks = { 0 }, told = { 0 };
    char reason[EXTRACT_REASON];

    (void)state;
    assert_int_equal(run(EXTRACT_PDF, fixture("policy.pdf"), &blocks, reason), EXTRACT_OK);
    tell(buffer_view(&blocks), &told);
    assert_true(text_find(buffer_view(&told), T("page1:\nheading3:Refund policy\nparagraph:Customers may return any")) != SIZE_MAX);
    assert_true(text_find(buffer_view(&told), T("warehouse.\nparagraph:Goods that were made to order cannot")) != SIZE_MAX);
    assert_true(text_find(buffer_view(&told), T("page2:\nheading3:Contact\n")) != SIZE_MAX);
}

/* --- hostile ones ---------------------------------------------------------------------------------------------------------------- */

static void hostile_documents_are_refused(void **state)
{
    SCOPED(buffer) struct buffer deep = { 0 };
    char half[300];
    int fd;

    (void)state;
    assert_refused(EXTRACT_DOCX, fixture("bomb.docx"), "unpacks to far more");
    assert_refused(EXTRACT_DOCX, fixture("laughs.docx"), "DTD");
    assert_refused(EXTRACT_DOCX, fixture("external-utf16.docx"), "DTD");
    assert_refused(EXTRACT_DOCX, fixture("not-word.docx"), "not a Word document");
    assert_refused(EXTRACT_DOCX, file_of(T("only text")), "not a Word document");
    assert_refused(EXTRACT_DOCX, file_of(T("PK\x03\x04 and then nothing")), "damaged");
    assert_refused(EXTRACT_PDF, fixture("locked.pdf"), "password");
    assert_refused(EXTRACT_PDF, file_of(T("%PDF-1.4\nnothing")), "damaged");
    assert_refused(EXTRACT_PDF, file_of(T("")), "damaged");
    assert_refused(EXTRACT_TXT, file_of((text){ "\x7f" "ELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0\x01\0\0\0\0\0\0\0\0\0\0", 32 }), "not text");
    assert_refused(EXTRACT_JSON, file_of(T("{\"a\":1,}")), "not valid");
    for (int i = 0; i < 100000; i++)
        buffer_char(&deep, '[');
    assert_refused(EXTRACT_JSON, file_of(buffer_view(&deep)), "nested more than 64");
    fd = fixture("bell.pdf");
    assert_int_equal(read(fd, half, sizeof half), sizeof half);
    close(fd);
    assert_refused(EXTRACT_PDF, file_of((text){ half, sizeof half }), "PDF");
}

static void a_hundred_megabytes_of_nesting_end_soon(void **state)
{
    const size_t size = 100 << 20;
    int fd = memfd_create("document", MFD_CLOEXEC);
    int64_t begun = clock_ticks();
    char *bytes;

    (void)state;
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true(bytes != MAP_FAILED);
    for (size_t i = 0; i + 5 <= size; i += 5)
        memcpy(bytes + i, "<div>", 5);
    munmap(bytes, size);
    assert_refused(EXTRACT_HTML, fd, "nested too deeply");
    assert_true(clock_ticks() - begun < 20 * SECOND);
}

static void too_much_text_is_told(void **state)
{
    const size_t size = 40 << 20;
    int fd = memfd_create("document", MFD_CLOEXEC);
    SCOPED(buffer) struct buffer blocks = { 0 };
    char reason[EXTRACT_REASON];
    char *bytes;

    (void)state;
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true(bytes != MAP_FAILED);
    memset(bytes, 'x', size);
    for (size_t i = 99; i < size; i += 100)
        bytes[i] = '\n';
    munmap(bytes, size);
    assert_int_equal(run(EXTRACT_TXT, fd, &blocks, reason), EXTRACT_TOO_LARGE);
    assert_true(strlen(reason) > 0);
}

static void the_sandbox_lets_nothing_through(void **state)
{
    char path[PATH_MAX], command[PATH_MAX + 64], said[256];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);

    (void)state;
    assert_true(len > 0);
    path[len] = '\0';
    *strrchr(path, '/') = '\0';
    for (int pdf = 0; pdf < 2; pdf++) {
        FILE *pipe;

        snprintf(command, sizeof command, "'%s/tenon-extract' --self-test %s 2>&1", path, pdf ? "pdf" : "");
        pipe = popen(command, "r");
        assert_non_null(pipe);
        said[fread(said, 1, sizeof said - 1, pipe)] = '\0';
        assert_string_equal(said, "self-test done\n");
        assert_int_equal(pclose(pipe), 0);
    }
}

/* --- children that misbehave ------------------------------------------------------------------------------------------------------- */

static void script_run(const char *script, struct extract_job job, enum extract_result expected, const char *why)
{
    char path[] = "/tmp/tenon-extract-test-XXXXXX", reason[EXTRACT_REASON];
    SCOPED(buffer) struct buffer blocks = { 0 };
    int fd = mkstemp(path), file = file_of(T("text"));
    enum extract_result result;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, script, strlen(script)), (ssize_t)strlen(script));
    fchmod(fd, 0700);
    close(fd);
    job.type = EXTRACT_TXT;
    job.file = file;
    job.program = path;
    result = extract_run(&job, &blocks, reason);
    unlink(path);
    close(file);
    if (result != expected || !strstr(reason, why))
        fail_msg("%s gave %d \"%s\"", script, result, reason);
    if (result != EXTRACT_OK)
        assert_int_equal(blocks.len, 0);
}

static void bad_children_are_survived(void **state)
{
    const struct extract_job plain = { 0 }, hurried = { .timeout = 300 * MILLISECOND }, small = { .max_output = 1000, .timeout = 10 * SECOND };
    int64_t begun = clock_ticks();
    int inherited = open("/dev/null", O_RDONLY);

    (void)state;
    script_run("#!/bin/sh\nsleep 60\n", hurried, EXTRACT_TIMEOUT, "too long");
    script_run("#!/bin/sh\nexec >&- 2>&-\nsleep 60\n", hurried, EXTRACT_TIMEOUT, "too long");
    script_run("#!/bin/sh\ntrap '' TERM HUP INT\nwhile :; do :; done\n", hurried, EXTRACT_TIMEOUT, "too long");
    script_run("#!/bin/sh\nsleep 60 &\nprintf 'tenon-blocks 1\\nend\\n'\n", plain, EXTRACT_OK, "");
    script_run("#!/bin/sh\nexec cat /dev/zero\n", small, EXTRACT_TOO_LARGE, "too much");
    script_run("#!/bin/sh\nexec cat /dev/zero >&2\n", hurried, EXTRACT_TIMEOUT, "");
    script_run("#!/bin/sh\nkill -SEGV $$\n", plain, EXTRACT_CRASHED, "safely");
    script_run("#!/bin/sh\nkill -XCPU $$\n", plain, EXTRACT_TIMEOUT, "too long");
    script_run("#!/bin/sh\nexit 0\n", plain, EXTRACT_CRASHED, "safely");
    script_run("#!/bin/sh\nprintf 'tenon-blocks 1\\nparagraph 0 5\\nhi'\n", plain, EXTRACT_CRASHED, "safely");
    script_run("#!/bin/sh\nprintf 'tenon-blocks 1\\nparagraph 0 3\\na\\033b\\nend\\n'\n", plain, EXTRACT_CRASHED, "safely");
    script_run("#!/bin/sh\nprintf 'Not \\033[1mtoday.\\nsecond\\n' >&2; exit 1\n", plain, EXTRACT_REFUSED, "Not [1mtoday.");
    script_run("#!/bin/sh\nexit 1\n", plain, EXTRACT_REFUSED, "could not be read");
    script_run("#!/bin/sh\necho no sandbox >&2; exit 2\n", plain, EXTRACT_UNAVAILABLE, "no sandbox");
    /* nothing comes along but the three descriptors, and nothing of the environment */
    script_run("#!/bin/sh\nfor f in /proc/$$/fd/*; do [ -e $f ] || continue; case ${f##*/} in 0|1|2|10) ;; *) exit 1;; esac; done\n"
               "[ -z \"$HOME\" ] || exit 1\nprintf 'tenon-blocks 1\\nend\\n'\n", plain, EXTRACT_OK, "");
    close(inherited);
    assert_true(clock_ticks() - begun < 15 * SECOND);
}

static void a_missing_child_is_told(void **state)
{
    int file = file_of(T("text"));
    struct extract_job job = { .type = EXTRACT_TXT, .file = file, .program = "/nonexistent/tenon-extract" };
    SCOPED(buffer) struct buffer blocks = { 0 };
    char reason[EXTRACT_REASON];

    (void)state;
    assert_int_equal(extract_run(&job, &blocks, reason), EXTRACT_UNAVAILABLE);
    close(file);
    job.program = NULL;
    job.file = -1;
    assert_int_equal(extract_run(&job, &blocks, reason), EXTRACT_UNAVAILABLE);
}

static void *worker(void *file)
{
    for (int i = 0; i < 10; i++) {
        struct extract_job job = { .type = EXTRACT_MD, .file = *(int *)file };
        SCOPED(buffer) struct buffer blocks = { 0 };
        char reason[EXTRACT_REASON];

        if (extract_run(&job, &blocks, reason) != EXTRACT_OK || text_find(buffer_view(&blocks), T("last line")) == SIZE_MAX)
            return file;
    }
    return NULL;
}

static void several_at_once_share_a_file(void **state)
{
    SCOPED(buffer) struct buffer source = { 0 };
    pthread_t threads[6];
    void *failed;
    int file;

    (void)state;
    for (int i = 0; i < 5000; i++)
        buffer_format(&source, "Paragraph %d of many.\n\n", i);
    buffer_text(&source, T("The last line"));
    file = file_of(buffer_view(&source));
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, worker, &file), 0);
    for (size_t i = 0; i < 6; i++) {
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    close(file);
}

/* --- types and streams ---------------------------------------------------------------------------------------------------------------- */

static void types_are_told_by_name_and_content(void **state)
{
    static const struct { const char *name, *mime, *bytes; int type; } rows[] = {
        { "a.txt", "", "hello", EXTRACT_TXT },
        { "A.MD", "application/octet-stream", "# x", EXTRACT_MD },
        { "x.tar.json", "", "{}", EXTRACT_JSON },
        { "a.pdf", "application/pdf", "%PDF-1.7", EXTRACT_PDF },
        { "a.pdf", "application/pdf", "hello", 0 },
        { "a.txt", "text/plain", "%PDF-1.7", 0 },
        { "a.docx", "", "PK\x03\x04...word/document.xml", EXTRACT_DOCX },
        { "a.docx", "", "just text", 0 },
        { "a.docx", "", "PK\x03\x04...xl/", 0 },
        { "a.txt", "", "PK\x03\x04", 0 },
        { "a.exe", "application/octet-stream", "MZ", 0 },
        { "notes.org", "text/org", "* x", EXTRACT_TXT },
        { "README", "", "hello", EXTRACT_TXT },
        { "page", "text/html; charset=utf-8", "<p>", EXTRACT_HTML },
        { "page", "", " <!DOCTYPE html>", EXTRACT_HTML },
        { "download", "", "%PDF-1.7", EXTRACT_PDF },
        { ".csv", "", "x", EXTRACT_TXT },
        { "a.csv", "", "x,y", EXTRACT_CSV },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum extract_type type = 0;
        bool known = extract_type_of(text_of(rows[i].name), text_of(rows[i].mime), text_of(rows[i].bytes), &type);

        if (known != (rows[i].type != 0) || (int)type != rows[i].type)
            fail_msg("%s %s: %d", rows[i].name, rows[i].mime, (int)type);
    }
    assert_false(extract_type_of(T("a.txt"), T(""), (text){ "a\0b", 3 }, &(enum extract_type){ 0 }));
}

static void damaged_streams_are_seen(void **state)
{
    static const char *const rows[] = {
        "", "end\n", "tenon-blocks 2\nend\n", "tenon-blocks 1\n", "tenon-blocks 1\nend\nmore", "tenon-blocks 1\nparagraph 0 3\nabc\n",
        "tenon-blocks 1\nparagraph 0 03\nabc\nend\n", "tenon-blocks 1\nparagraph 0 -1\nabc\nend\n", "tenon-blocks 1\nparagraph 1 3\nabc\nend\n",
        "tenon-blocks 1\nheading 7 3\nabc\nend\n", "tenon-blocks 1\nheading 0 3\nabc\nend\n", "tenon-blocks 1\npage 1 3\nabc\nend\n",
        "tenon-blocks 1\nverse 0 3\nabc\nend\n", "tenon-blocks 1\nparagraph 0 99999999999\nabc\nend\n", "tenon-blocks 1\nparagraph 0 3 \nabc\nend\n",
        "tenon-blocks 1\nparagraph 0 2\nabc\nend\n", ("tenon-blocks 1\nparagraph 0 3\n\xff" "bc\nend\n"), "tenon-blocks 1\nparagraph 0 3\na\rc\nend\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct block_reader reader = { .rest = text_of(rows[i]) };
        struct block block;

        while (block_next(&reader, &block))
            ;
        if (reader.ended || !reader.broken)
            fail_msg("passed: %s", rows[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_become_blocks), cmocka_unit_test(word_and_pdf_are_read), cmocka_unit_test(a_printed_page_keeps_its_paragraphs),
        cmocka_unit_test(hostile_documents_are_refused), cmocka_unit_test(a_hundred_megabytes_of_nesting_end_soon),
        cmocka_unit_test(too_much_text_is_told), cmocka_unit_test(the_sandbox_lets_nothing_through), cmocka_unit_test(bad_children_are_survived),
        cmocka_unit_test(a_missing_child_is_told), cmocka_unit_test(several_at_once_share_a_file),
        cmocka_unit_test(types_are_told_by_name_and_content), cmocka_unit_test(damaged_streams_are_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
