#include "search/sentences.h"

enum { SHORT_LINE = 60 }; /* bytes; a longer line was probably wrapped by its editor */

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_word_byte(char c)
{
    return is_upper(c) || is_lower(c) || is_digit(c) || (unsigned char)c >= 0x80;
}

static char at_or_nul(text t, size_t i)
{
    return i < t.len ? t.ptr[i] : '\0';
}

static bool is_one_of(text word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal_nocase(word, text_of(words[i])))
            return true;
    return false;
}

/* Is `word.` an abbreviation of what `follows`, and so no end? Some always are; some only before a number, because "no"
   and "max" are words too. */
static bool abbreviates(text word, char follows)
{
    static const char *const always[] = { "mr", "mrs", "ms", "dr", "prof", "st", "mt", "sr", "jr", "rev", "hon", "capt", "sgt", "vs", "cf",
        "e.g", "i.e", "viz", "resp", "incl", "excl", "approx" };
    static const char *const before_number[] = { "no", "nos", "nr", "fig", "figs", "vol", "p", "pp", "art", "sec", "ch", "eq", "ca", "est",
        "min", "max", "tel", "ext", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec" };

    return is_one_of(word, always, sizeof always / sizeof *always) ||
        (is_digit(follows) && is_one_of(word, before_number, sizeof before_number / sizeof *before_number));
}

/* The letters and inner points just before `end`. */
static text word_before(text t, size_t from, size_t end)
{
    size_t start = end;

    while (start > from && (is_word_byte(t.ptr[start - 1]) || t.ptr[start - 1] == '.'))
        start--;
    return text_slice(t, start, end - start);
}

/* Closing quotes and brackets that belong to the sentence before them. */
static size_t skip_closers(text t, size_t i)
{
    static const char *const closers[] = { "\"", "'", ")", "]", "\xe2\x80\x9d", "\xe2\x80\x99", "\xc2\xbb", "\xe3\x80\x8d", "\xe3\x80\x8f",
        "\xef\xbc\x89" };

    for (bool found = true; found && i < t.len;) {
        found = false;
        for (size_t c = 0; c < sizeof closers / sizeof *closers; c++)
            if (text_starts(text_slice(t, i, t.len), text_of(closers[c]))) {
                i += strlen(closers[c]);
                found = true;
                break;
            }
    }
    return i;
}

/* A point behind a number that opens its line counts the item ("2. Unplug it"). */
static bool is_item_number(text t, size_t from, size_t point)
{
    size_t i = from;

    while (i < point && is_digit(t.ptr[i]))
        i++;
    return i == point && i > from && i - from <= 3;
}

/* A point at `point`, a blank at `next`: does the sentence that began at `from` end here? */
static bool point_ends(text t, size_t from, size_t point, size_t next)
{
    text word = word_before(t, from, point);
    char follows;

    while (next < t.len && is_space(t.ptr[next]))
        next++;
    follows = at_or_nul(t, next);
    if (is_lower(follows) || is_item_number(t, from, point) || abbreviates(word, follows))
        return follows == '\0';
    if (word.len == 1 && is_upper(word.ptr[0]) && is_upper(follows)) /* an initial: "J. Miller" */
        return false;
    return true;
}

static bool is_bullet(text t, size_t i)
{
    static const char *const bullets[] = { "- ", "* ", "+ ", "\xe2\x80\xa2", "\xe2\x80\x93 ", "\xc2\xb7 ", "#", "|", ">" };
    size_t digits = i;

    for (size_t b = 0; b < sizeof bullets / sizeof *bullets; b++)
        if (text_starts(text_slice(t, i, t.len), text_of(bullets[b])))
            return true;
    while (digits < t.len && is_digit(t.ptr[digits]))
        digits++;
    return digits > i && digits - i <= 3 && (at_or_nul(t, digits) == '.' || at_or_nul(t, digits) == ')') &&
        is_space(at_or_nul(t, digits + 1));
}

/* A line feed at `i`, in the sentence from `from`. */
static bool line_ends(text t, size_t from, size_t i)
{
    size_t next = i + 1, line = i, end = i;
    char last;

    while (next < t.len && (t.ptr[next] == ' ' || t.ptr[next] == '\t' || t.ptr[next] == '\r'))
        next++;
    if (next >= t.len || t.ptr[next] == '\n' || is_bullet(t, next))
        return true;
    while (line > from && t.ptr[line - 1] != '\n')
        line--;
    while (end > line && is_space(t.ptr[end - 1]))
        end--;
    last = end > line ? t.ptr[end - 1] : '\n';
    if (last == '.' || last == '!' || last == '?' || last == ':' || last == ';' || last == '|')
        return true;
    return end - line < SHORT_LINE && last != ',' && !is_lower(t.ptr[next]);
}

/* Length of a full-width stop at `i`, else 0. These end a sentence with no blank behind them. */
static size_t wide_stop(text t, size_t i)
{
    static const char *const stops[] = { "\xe3\x80\x82", "\xef\xbc\x81", "\xef\xbc\x9f", "\xef\xbd\xa1" };

    if ((unsigned char)t.ptr[i] < 0xe3)
        return 0;
    for (size_t s = 0; s < sizeof stops / sizeof *stops; s++)
        if (text_starts(text_slice(t, i, t.len), text_of(stops[s])))
            return 3;
    return 0;
}

static size_t skip_stops(text t, size_t i)
{
    while (i < t.len) {
        if (t.ptr[i] == '.' || t.ptr[i] == '!' || t.ptr[i] == '?')
            i++;
        else if (wide_stop(t, i))
            i += 3;
        else
            break;
    }
    return i;
}

/* The end of the sentence that starts at `from`. */
static size_t end_of(text t, size_t from)
{
    for (size_t i = from; i < t.len; i++) {
        char c = t.ptr[i];

        if (c == '\n') {
            if (line_ends(t, from, i))
                return i;
        } else if (c == '.' || c == '!' || c == '?') {
            size_t stops = skip_stops(t, i), next = skip_closers(t, stops);

            if (next >= t.len)
                return t.len;
            if (is_space(t.ptr[next])) {
                bool single = stops == i + 1 && c == '.';
                size_t word = next;

                while (word < t.len && is_space(t.ptr[word]))
                    word++;
                if (single ? point_ends(t, from, i, next) : !is_lower(at_or_nul(t, word)))
                    return next;
            }
            i = stops - 1;
        } else if ((unsigned char)c >= 0xe2) {
            bool ellipsis = text_starts(text_slice(t, i, 3), T("\xe2\x80\xa6"));

            if (wide_stop(t, i))
                return skip_closers(t, skip_stops(t, i));
            if (ellipsis && is_space(at_or_nul(t, i + 3)) && is_upper(at_or_nul(t, i + 4)))
                return i + 3;
        }
    }
    return t.len;
}

bool sentence_next(struct sentence_walk *walk, text *ret_sentence)
{
    size_t end;

    while (walk->at < walk->all.len && is_space(walk->all.ptr[walk->at]))
        walk->at++;
    if (walk->at >= walk->all.len)
        return false;
    end = end_of(walk->all, walk->at);
    *ret_sentence = text_trim(text_slice(walk->all, walk->at, end - walk->at));
    walk->at = end;
    return true;
}
