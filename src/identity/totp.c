#include "identity/totp.h"

#include <oath.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "crypto/crypto.h"

static void start_once(void)
{
    if (oath_init() != OATH_OK)
        abort(); /* its SHA-1 does not work */
}

static void start(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, start_once);
}

struct secret totp_secret_new(struct arena *arena)
{
    char *bytes = arena_alloc(arena, TOTP_SECRET_BYTES);

    random_bytes(bytes, TOTP_SECRET_BYTES);
    return (struct secret){ { bytes, TOTP_SECRET_BYTES } };
}

text totp_base32(struct arena *arena, struct secret secret)
{
    size_t len;
    char *made;
    text spelled;

    start();
    if (oath_base32_encode(secret.value.ptr, secret.value.len, &made, &len) != OATH_OK)
        abort(); /* out of memory for a few bytes */
    spelled = text_copy(arena, (text){ made, len });
    explicit_bzero(made, len);
    free(made);
    while (text_ends(spelled, T("=")))
        spelled.len--;
    return spelled;
}

text totp_url(struct arena *arena, struct secret secret, text issuer, text account)
{
    text named = percent_encode(arena, issuer);

    return text_format(arena, "otpauth://totp/%.*s:%.*s?secret=%.*s&issuer=%.*s&algorithm=SHA1&digits=%d&period=%d", TEXT_ARG(named),
                       TEXT_ARG(percent_encode(arena, account)), TEXT_ARG(totp_base32(arena, secret)), TEXT_ARG(named), TOTP_DIGITS, TOTP_PERIOD);
}

static void write_code(struct secret secret, int64_t step, char out[static TOTP_DIGITS + 1])
{
    start();
    if (oath_hotp_generate(secret.value.ptr, secret.value.len, (uint64_t)step, TOTP_DIGITS, false, OATH_HOTP_DYNAMIC_TRUNCATION, out) != OATH_OK)
        abort(); /* its arguments are constants */
}

text totp_code(struct arena *arena, struct secret secret, int64_t step)
{
    char code[TOTP_DIGITS + 1];

    write_code(secret, step, code);
    return text_copy(arena, text_of(code));
}

/* Digits alone, without the white space that people type between them; false when it is no code. */
static bool read_code(text typed, char out[static TOTP_DIGITS + 1])
{
    size_t count = 0;

    for (size_t i = 0; i < typed.len; i++) {
        char c = typed.ptr[i];

        if (c == ' ' || c == '\t')
            continue;
        if (c < '0' || c > '9' || count == TOTP_DIGITS)
            return false;
        out[count++] = c;
    }
    out[count] = '\0';
    return count == TOTP_DIGITS;
}

int64_t totp_step(struct secret secret, text code, int64_t now, int64_t last)
{
    int64_t current = now / SECOND / TOTP_PERIOD, found = 0;
    char typed[TOTP_DIGITS + 1], made[TOTP_DIGITS + 1];

    if (!secret.value.len || !read_code(code, typed))
        return 0;
    for (int64_t step = current - 1; step <= current; step++) {
        if (step <= last)
            continue;
        write_code(secret, step, made);
        if (equal_in_time(text_of(made), text_of(typed)))
            found = step;
    }
    return found;
}
