/* Recovery codes: how they are made, read and hashed. totp.h is the manual. */
#include "crypto/crypto.h"
#include "identity/totp.h"

enum { CODE_LETTERS = 10, GROUP = 5 };

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz"; /* Crockford's: no i, l, o, u */

static text new_code(struct arena *arena)
{
    unsigned char random[CODE_LETTERS];
    char letters[CODE_LETTERS + 1] = { 0 };

    random_bytes(random, sizeof random);
    for (size_t i = 0; i < CODE_LETTERS; i++)
        letters[i] = alphabet[random[i] % 32];
    return text_format(arena, "%.*s-%s", GROUP, letters, letters + GROUP);
}

/* What the letter stands for in the alphabet, 0 when nothing. */
static char read_letter(char c)
{
    if (c >= 'A' && c <= 'Z')
        c = (char)(c - 'A' + 'a');
    if (c == 'o')
        return '0';
    if (c == 'i' || c == 'l')
        return '1';
    return c && strchr(alphabet, c) ? c : '\0';
}

enum result recovery_code_hash(struct call *call, text salt, text typed, text *ret_hash)
{
    char letters[CODE_LETTERS];
    size_t count = 0;

    for (size_t i = 0; i < typed.len; i++) {
        char letter = read_letter(typed.ptr[i]);

        if (typed.ptr[i] == '-' || typed.ptr[i] == ' ')
            continue;
        if (!letter || count == CODE_LETTERS)
            return INVALID_CREDENTIALS;
        letters[count++] = letter;
    }
    if (count != CODE_LETTERS)
        return INVALID_CREDENTIALS;
    return slow_hash(call, salt, (text){ letters, CODE_LETTERS }, ret_hash);
}

enum result recovery_codes_new(struct call *call, struct recovery_codes *ret_codes)
{
    struct recovery_codes made = { .salt = { arena_alloc(&call->arena, SALT_BYTES), SALT_BYTES } };

    random_bytes((char *)made.salt.ptr, SALT_BYTES);
    for (size_t i = 0; i < RECOVERY_CODES; i++) {
        made.codes[i] = new_code(&call->arena);
        TRY(recovery_code_hash(call, made.salt, made.codes[i], &made.hashes[i]));
    }
    *ret_codes = made;
    return OK;
}
