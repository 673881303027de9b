/*
 * The tenant rule as a reader of tokens. It knows the few shapes that our statements have and refuses what it does not
 * recognise: a statement is written so that this file understands it, not the other way round.
 */
#include <ctype.h>
#include <stdio.h>

#include "store/driver.h"

enum { MOST_TOKENS = 1024 };

struct tokens {
    text items[MOST_TOKENS];
    size_t len;
    bool overflow;
};

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == ':' || c == '$';
}

static void scan(const char *sql, struct tokens *tokens)
{
    const char *at = sql;

    while (*at) {
        const char *start = at;

        if (isspace((unsigned char)*at)) {
            at++;
            continue;
        }
        if (at[0] == '-' && at[1] == '-') {
            at += strcspn(at, "\n");
            continue;
        }
        if (*at == '\'') {
            at += 1 + strcspn(at + 1, "'");
            at += *at == '\'';
        } else if (is_word(*at)) {
            while (is_word(*at))
                at++;
        } else {
            at++;
        }
        if (tokens->len == MOST_TOKENS) {
            tokens->overflow = true;
            return;
        }
        tokens->items[tokens->len++] = (text){ start, (size_t)(at - start) };
    }
}

static bool is(const struct tokens *tokens, size_t place, const char *word)
{
    return place < tokens->len && text_equal_nocase(tokens->items[place], text_of(word));
}

static bool is_name(const struct tokens *tokens, size_t place)
{
    static const char *const keywords[] = { "on", "where", "join", "left", "inner", "cross", "set", "order", "group", "limit", "union", "values",
                                            "select", "returning", "using", "not", "indexed", "having", "default", NULL };

    if (place >= tokens->len || !(isalpha((unsigned char)tokens->items[place].ptr[0]) || tokens->items[place].ptr[0] == '_'))
        return false;
    for (const char *const *word = keywords; *word; word++)
        if (is(tokens, place, *word))
            return false;
    return true;
}

bool tenant_is(const struct tenant_tables *tables, text name)
{
    for (size_t i = 0; i < tables->len; i++)
        if (text_equal_nocase(name, text_of(tables->names[i])))
            return true;
    return false;
}

/* The column that says whose row it is. */
static const char *tenant_column(text table)
{
    return text_equal_nocase(table, T("organizations")) ? "id" : "organization_id";
}

/* `[alias.]column = :org`, or the other way round, somewhere in the statement. */
static bool bound(const struct tokens *t, text alias, const char *column, bool bare_allowed)
{
    for (size_t i = 0; i < t->len; i++) {
        bool dotted = i >= 2 && is(t, i - 1, ".");
        bool mine = dotted ? text_equal_nocase(t->items[i - 2], alias) : bare_allowed;
        size_t first = dotted ? i - 2 : i;

        if (!mine || !is(t, i, column))
            continue;
        if (is(t, i + 1, "=") && is(t, i + 2, ":org"))
            return true;
        if (first >= 2 && is(t, first - 1, "=") && is(t, first - 2, ":org"))
            return true;
    }
    return false;
}

/* At the name behind INTO: `(organization_id, …) VALUES (:org, …)` or `… SELECT :org, …`. */
static bool inserted(const struct tokens *t, size_t place, const char *column)
{
    if (!is(t, place + 1, "(") || !is(t, place + 2, column))
        return false;
    for (size_t i = place + 3; i < t->len; i++) {
        if (is(t, i, "values"))
            return is(t, i + 1, "(") && is(t, i + 2, ":org");
        if (is(t, i, "select"))
            return is(t, i + 1, ":org");
    }
    return false;
}

const char *tenant_fault(const char *sql, const struct tenant_tables *tables, const struct tenant_tables *touched)
{
    static __thread char fault[256];
    static __thread struct tokens tokens;
    size_t references = 0;
    bool listing = false; /* between FROM and what ends its list, where a comma joins */
    struct { text table, alias; } named[64];

    tokens.len = 0;
    tokens.overflow = false;
    scan(sql, &tokens);
    if (tokens.overflow)
        return "the statement is too long to be checked";
    for (size_t i = 1; i < tokens.len; i++) {
        bool comma = listing && is(&tokens, i - 1, ",");
        bool reference = is(&tokens, i - 1, "from") || is(&tokens, i - 1, "join") || is(&tokens, i - 1, "update") || comma;
        size_t alias = is(&tokens, i + 1, "as") ? i + 2 : i + 1;

        listing = is(&tokens, i - 1, "from") || (listing && (comma || is_name(&tokens, i) || is(&tokens, i, ",") || is(&tokens, i, "as")));
        if (!tenant_is(tables, tokens.items[i]) || is(&tokens, i + 1, "."))
            continue;
        if (is(&tokens, i - 1, "into")) {
            if (!inserted(&tokens, i, tenant_column(tokens.items[i]))) {
                snprintf(fault, sizeof fault, "INSERT INTO %.*s does not set %s to :org first", TEXT_ARG(tokens.items[i]), tenant_column(tokens.items[i]));
                return fault;
            }
        } else if (!reference) {
            continue;
        }
        if (references == COUNT(named))
            return "the statement names too many tables to be checked";
        named[references].table = tokens.items[i];
        named[references++].alias = is(&tokens, i - 1, "into") ? TEXT_NONE : is_name(&tokens, alias) ? tokens.items[alias] : tokens.items[i];
    }
    for (size_t i = 0; i < references; i++)
        if (named[i].alias.ptr && !bound(&tokens, named[i].alias, tenant_column(named[i].table), references == 1)) {
            snprintf(fault, sizeof fault, "%.*s is not bound by %.*s.%s = :org", TEXT_ARG(named[i].table), TEXT_ARG(named[i].alias),
                     tenant_column(named[i].table));
            return fault;
        }
    for (size_t i = 0; i < touched->len; i++) {
        bool found = false;

        for (size_t k = 0; k < references; k++)
            found |= text_equal_nocase(named[k].table, text_of(touched->names[i]));
        if (!found) {
            snprintf(fault, sizeof fault, "it uses %s without naming it", touched->names[i]);
            return fault;
        }
    }
    return NULL;
}
