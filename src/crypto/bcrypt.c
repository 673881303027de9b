/*
 * bcrypt (Provos and Mazières 1999), for hashes that were made elsewhere; none is made here. libcrypt computes it, 32 KB of
 * state on the heap. What bcrypt does is kept: bytes behind the 72nd do not count.
 */
#include <crypt.h>
#include <stdlib.h>

#include "crypto/crypto.h"

enum { BCRYPT_BYTES = 60, COST_LEAST = 4, COST_MOST = 14 }; /* 2^14 rounds take about a second */

static bool is_bcrypt_letter(char c)
{
    return (c >= '.' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool bcrypt_well_formed(text hash)
{
    int64_t cost;

    if (hash.len != BCRYPT_BYTES || hash.ptr[6] != '$' || hash.ptr[4] == '+' || hash.ptr[4] == '-')
        return false;
    if (!text_starts(hash, T("$2a$")) && !text_starts(hash, T("$2b$")) && !text_starts(hash, T("$2y$")))
        return false;
    if (!text_int(text_slice(hash, 4, 2), &cost) || cost < COST_LEAST || cost > COST_MOST)
        return false;
    for (size_t i = 7; i < BCRYPT_BYTES; i++)
        if (!is_bcrypt_letter(hash.ptr[i]))
            return false;
    return true;
}

bool bcrypt_matches(text hash, text password)
{
    SCOPED(arena) struct arena arena = { 0 };
    struct crypt_data *state;
    const char *made;
    char *z;
    bool same;

    /* libcrypt would stop at a NUL, and take what stands before it for the password */
    if (!bcrypt_well_formed(hash) || text_find_char(password, '\0') != SIZE_MAX)
        return false;
    state = xcalloc(1, sizeof *state);
    z = text_z(&arena, password);
    /* as crypt_r, but absent on failure; and the address sanitizer puts nothing of its own before it, which then finds no libcrypt */
    made = crypt_rn(z, text_z(&arena, hash), state, (int)sizeof *state);
    same = made && equal_in_time(text_of(made), hash);
    explicit_bzero(z, password.len);
    explicit_bzero(state, sizeof *state);
    free(state);
    return same;
}
