#include "core/log.h"

#include <stdatomic.h>
#include <unistd.h>

#include "base/json.h"
#include "core/call.h"

static _Atomic int threshold = LOG_INFO;
static const char *const names[] = { "debug", "info", "warn", "error", "off" };

void log_set_level(enum log_level level)
{
    atomic_store(&threshold, (int)level);
}

bool log_level_of(text name, enum log_level *ret_level)
{
    for (int i = 0; i <= LOG_OFF; i++)
        if (text_equal(name, text_of(names[i]))) {
            *ret_level = (enum log_level)i;
            return true;
        }
    return false;
}

bool log_enabled(enum log_level level)
{
    return (int)level >= atomic_load_explicit(&threshold, memory_order_relaxed);
}

void log_write(enum log_level level, const struct call *call, const char *message, const struct log_field *fields, size_t count)
{
    SCOPED(buffer) struct buffer line = { .max = 64 << 10 };
    struct json_writer w = { &line, false };
    char spelled[CLOCK_TEXT], id[UUID_TEXT + 1];

    jw_object(&w);
    jw_member(&w, "time", text, clock_format(clock_now(), spelled));
    jw_member(&w, "level", text, text_of(names[level]));
    jw_member(&w, "message", text, text_of(message));
    if (call && call->request_id.len)
        jw_member(&w, "request_id", text, call->request_id);
    if (call && !uuid_is_none(call->organization))
        jw_member(&w, "organization_id", text, uuid_format(call->organization, id));
    for (size_t i = 0; i < count; i++) {
        jw_key(&w, fields[i].name);
        if (fields[i].is_number)
            jw_int(&w, fields[i].number);
        else
            jw_text(&w, fields[i].value);
    }
    jw_object_close(&w);
    buffer_char(&line, '\n');
    if (!line.failed && write(STDERR_FILENO, line.ptr, line.len) < 0)
        return; /* nowhere left to say it */
}
