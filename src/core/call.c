#include "core/call.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/log.h"

void call_open(struct call *call, const struct services *on)
{
    *call = (struct call){ .on = on, .now = clock_now() };
}

void call_close(struct call *call)
{
    assert(!call->tx);
    arena_free(&call->arena);
}

static text format_into(struct arena *arena, const char *format, va_list args)
{
    char line[1024];
    int len = vsnprintf(line, sizeof line, format, args);

    if (len < 0)
        len = 0;
    return text_copy(arena, utf8_prefix((text){ line, (size_t)len }, sizeof line - 1));
}

enum result fail(struct call *call, enum result result, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    call->failure.message = format_into(&call->arena, format, args);
    va_end(args);
    return result;
}

enum result fail_field_text(struct call *call, text field, text message)
{
    struct field_failure **end = &call->failure.fields;
    struct field_failure *row = arena_new(&call->arena, struct field_failure);

    while (*end)
        end = &(*end)->next;
    row->field = text_copy(&call->arena, field);
    row->message = text_copy(&call->arena, message);
    *end = row;
    return VALIDATION_ERROR;
}

enum result fail_field(struct call *call, const char *field, const char *format, ...)
{
    va_list args;
    text message;

    va_start(args, format);
    message = format_into(&call->arena, format, args);
    va_end(args);
    return fail_field_text(call, text_of(field), message);
}

struct system_scope system_scope_begin(struct call *call, const char *name)
{
    assert(!call->system);
    call->system = name;
    LOG(DEBUG, call, "system scope", LZ("scope", name));
    return (struct system_scope){ call };
}

void system_scope_end(struct system_scope *scope)
{
    scope->call->system = NULL;
}
