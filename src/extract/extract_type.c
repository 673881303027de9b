#include "extract/extract.h"

static const struct type_row {
    enum extract_type type;
    const char *name; /* of the child's argument */
    const char *extensions[6];
    const char *mimes[4];
} TYPES[] = {
    { EXTRACT_TXT, "txt", { "txt", "text", "log" }, { "text/plain" } },
    { EXTRACT_MD, "md", { "md", "markdown", "mdown", "mkd" }, { "text/markdown", "text/x-markdown" } },
    { EXTRACT_HTML, "html", { "html", "htm", "xhtml" }, { "text/html", "application/xhtml+xml" } },
    { EXTRACT_JSON, "json", { "json" }, { "application/json", "text/json" } },
    { EXTRACT_CSV, "csv", { "csv", "tsv" }, { "text/csv", "text/tab-separated-values", "application/csv" } },
    { EXTRACT_PDF, "pdf", { "pdf" }, { "application/pdf" } },
    { EXTRACT_DOCX, "docx", { "docx" }, { "application/vnd.openxmlformats-officedocument.wordprocessingml.document" } },
};

enum { TYPE_COUNT = sizeof TYPES / sizeof *TYPES };

const char *extract_type_name(enum extract_type type)
{
    for (size_t i = 0; i < TYPE_COUNT; i++)
        if (TYPES[i].type == type)
            return TYPES[i].name;
    return "";
}

static bool is_one_of(text t, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count && names[i]; i++)
        if (text_equal_nocase(t, text_of(names[i])))
            return true;
    return false;
}

static enum extract_type by_extension(text extension)
{
    for (size_t i = 0; i < TYPE_COUNT; i++)
        if (is_one_of(extension, TYPES[i].extensions, sizeof TYPES[i].extensions / sizeof(char *)))
            return TYPES[i].type;
    return 0;
}

static enum extract_type by_mime(text mime)
{
    text bare = text_trim(text_slice(mime, 0, text_find_char(mime, ';')));

    for (size_t i = 0; i < TYPE_COUNT; i++)
        if (is_one_of(bare, TYPES[i].mimes, sizeof TYPES[i].mimes / sizeof(char *)))
            return TYPES[i].type;
    return 0;
}

/* Behind the last point of the last part; absent when there is none. */
static text extension_of(text file_name)
{
    for (size_t i = file_name.len; i > 0; i--) {
        if (file_name.ptr[i - 1] == '/' || file_name.ptr[i - 1] == '\\')
            break;
        if (file_name.ptr[i - 1] == '.')
            return i > 1 ? text_slice(file_name, i, file_name.len) : TEXT_NONE;
    }
    return TEXT_NONE;
}

/* The members that any Word file begins with; other ZIP files have none of them at the front. */
static bool is_docx(text bytes)
{
    return text_starts(bytes, T("PK\x03\x04")) &&
        (text_find(bytes, T("word/")) != SIZE_MAX || text_find(bytes, T("[Content_Types].xml")) != SIZE_MAX ||
         text_find(bytes, T("_rels/.rels")) != SIZE_MAX || text_find(bytes, T("docProps/")) != SIZE_MAX);
}

/* Markers may stand a little into a PDF (ISO 32000, annex H). */
static bool is_pdf(text bytes)
{
    return text_find(text_slice(bytes, 0, 1024), T("%PDF-")) != SIZE_MAX;
}

static bool is_binary(text bytes)
{
    size_t controls = 0;

    if (text_starts(bytes, T("\xff\xfe")) || text_starts(bytes, T("\xfe\xff")))
        return false;
    if (text_starts(bytes, T("PK\x03\x04")) || text_starts(bytes, T("\x7f" "ELF")) || text_starts(bytes, T("\x1f\x8b")))
        return true;
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char c = (unsigned char)bytes.ptr[i];

        if (c == 0)
            return true;
        controls += c < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != 0x1b;
    }
    return controls > bytes.len / 50;
}

static enum extract_type by_words(text bytes)
{
    text front;

    if (text_starts(bytes, T("\xef\xbb\xbf")))
        bytes = text_slice(bytes, 3, bytes.len);
    front = text_slice(text_trim(bytes), 0, 14);
    if (text_equal_nocase(front, T("<!doctype html")) || text_equal_nocase(text_slice(front, 0, 5), T("<html")))
        return EXTRACT_HTML;
    return EXTRACT_TXT;
}

bool extract_type_of(text file_name, text mime, text first_bytes, enum extract_type *ret_type)
{
    text extension = extension_of(file_name);
    bool generic = text_is_empty(mime) || text_equal_nocase(text_slice(mime, 0, 24), T("application/octet-stream"));
    enum extract_type named = extension.ptr ? by_extension(extension) : by_mime(mime), type = named;

    /* an unknown extension may still be called text by who sent it */
    if (!type && extension.ptr && text_starts(mime, T("text/")))
        type = EXTRACT_TXT;
    if (!type && !extension.ptr && generic)
        type = is_pdf(first_bytes) ? EXTRACT_PDF : is_docx(first_bytes) ? EXTRACT_DOCX : by_words(first_bytes);
    if (!type)
        return false;
    if (type == EXTRACT_PDF ? !is_pdf(first_bytes) : type == EXTRACT_DOCX ? !is_docx(first_bytes) : is_binary(first_bytes))
        return false;
    if (type < EXTRACT_PDF && text_starts(first_bytes, T("%PDF-")))
        return false;
    *ret_type = type;
    return true;
}
