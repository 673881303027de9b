/*
 * Log: one JSON object a line on standard error, written whole in one call so that lines of several threads do not mix.
 * A secret has a type of its own (struct secret, config.h) which no macro here takes: it cannot be logged by mistake.
 */
#ifndef TENON_CORE_LOG_H
#define TENON_CORE_LOG_H

#include "base/text.h"

struct call;

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_OFF };

struct log_field {
    const char *name;
    bool is_number;
    text value;
    int64_t number;
};

#define LT(name, value) { (name), false, (value), 0 }
#define LZ(name, value) { (name), false, text_of(value), 0 }
#define LI(name, number) { (name), true, TEXT_NONE, (int64_t)(number) }

void log_set_level(enum log_level level);
bool log_level_of(text name, enum log_level *ret_level);
bool log_enabled(enum log_level level);

/* `call` may be NULL; from it come request id and organization. */
void log_write(enum log_level level, const struct call *call, const char *message, const struct log_field *fields, size_t count);

#define LOG(level, call, message, ...)                                                                  \
    do {                                                                                                \
        if (log_enabled(LOG_##level)) {                                                                 \
            const struct log_field log_fields_[] = { { 0 }, __VA_ARGS__ };                              \
            log_write(LOG_##level, (call), (message), log_fields_ + 1, sizeof log_fields_ / sizeof *log_fields_ - 1); \
        }                                                                                               \
    } while (0)

#endif
