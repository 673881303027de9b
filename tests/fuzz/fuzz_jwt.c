/* Session tokens: nothing that was not signed here is ever believed. */
#include <stdlib.h>

#include "crypto/crypto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool started;
    SCOPED(arena) struct arena arena = { 0 };
    text token = { (const char *)data, size }, claims;

    if (!started) {
        SCOPED(call) struct call call;

        call_open(&call, NULL);
        if (!config_set("JWT_SECRET", "0123456789abcdef0123456789abcdef") ||
            !config_set("ENCRYPTION_KEY", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f") || crypto_start(&call) != OK)
            abort();
        started = true;
    }
    if (jwt_verify(&arena, token, &claims) && !text_equal(claims, T("{\"sub\":\"seed\"}")))
        abort();
    return 0;
}
