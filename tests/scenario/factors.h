/* People with second factors, for scenarios: their authenticator's codes, and challenges to be answered. */
#ifndef TENON_TESTS_FACTORS_H
#define TENON_TESTS_FACTORS_H

#include <oath.h>
#include <stdlib.h>

#include "features/factors/factors.h"
#include "identity/totp.h"
#include "tests/scenario/scenario.h"

#define OTHER_CODES 3 /* steps behind and before now whose codes a wrong one must not be */

static inline const char *named(struct world *world, const char *who, const char *what)
{
    return text_z(world_arena(world), text_format(world_arena(world), "%s.%s", who, what));
}

static inline text code_at(struct world *world, const char *who, int64_t step)
{
    struct arena *arena = world_arena(world);
    text spelled = kept(world, named(world, who, "secret"));
    struct secret secret;
    size_t len;
    char *bytes;

    if (oath_base32_decode(text_z(arena, spelled), spelled.len, &bytes, &len) != OATH_OK)
        abort();
    secret.value = text_copy(arena, (text){ bytes, len });
    free(bytes);
    return totp_code(arena, secret, step);
}

static inline int64_t step_now(void)
{
    return clock_now() / SECOND / TOTP_PERIOD;
}

/* Keeps `code`, which the person's authenticator shows `ahead` steps from now, and `wrong`, which it does not show. */
static inline void show_code(struct world *world, const char *who, int64_t ahead)
{
    int64_t now = step_now(), taken;
    int number = 0;
    text wrong;

    keep(world, "code", code_at(world, who, now + ahead));
    do {
        wrong = text_format(world_arena(world), "%06d", ++number);
        for (taken = now - OTHER_CODES; taken <= now + OTHER_CODES && !text_equal(wrong, code_at(world, who, taken)); taken++)
            ;
    } while (taken <= now + OTHER_CODES);
    keep(world, "wrong", wrong);
}

/* Waits for a code that was not shown before. */
static inline void next_code(struct world *world, const char *who)
{
    world_shift(world, TOTP_PERIOD * SECOND);
    show_code(world, who, 0);
}

/* `{who.recovery.0}` … */
static inline void keep_recovery(struct world *world, const char *who, const struct answer *answer)
{
    for (int i = 0; i < RECOVERY_CODES; i++) {
        const char *from = text_z(world_arena(world), text_format(world_arena(world), "data.recovery_codes.%d", i));
        text code = answer_member(world, answer, from);

        if (expect_answer(world, answer, code.len == 11, "there are ten codes"))
            keep(world, text_z(world_arena(world), text_format(world_arena(world), "%s.recovery.%d", who, i)), code);
    }
}

/* Turns one-time codes on. */
static inline void enrol(struct world *world, const char *who)
{
    struct answer answer = ask(world, who, "POST /api/auth/mfa/totp", NULL, NULL);

    if (expect_answer(world, &answer, answer.status == 200, "%s asks for a secret", who))
        keep(world, named(world, who, "secret"), answer_member(world, &answer, "data.secret"));
    show_code(world, who, 0);
    answer = ask(world, who, "POST /api/auth/mfa/totp/confirm", "{'code':'{code}'}", NULL);
    if (expect_answer(world, &answer, answer.status == 200, "%s confirms it", who))
        keep_recovery(world, who, &answer);
}

/* Keeps `challenge`: what a sign-in by password ends with. */
static inline void challenge(struct world *world, const char *who)
{
    const char *body = text_z(world_arena(world), text_format(world_arena(world), "{'email':'{%s.email}','password':'{%s.password}'}", who, who));
    struct answer answer = ask(world, NULL, "POST /api/auth/login", body, NULL);

    if (expect_answer(world, &answer, answer.status == 401 && answer_has(world, &answer, "error.code=MFA_REQUIRED"), "%s is asked for a factor", who))
        keep(world, "challenge", answer_member(world, &answer, "error.challenge"));
}

/* The same without the sign-in before it, where many are needed. */
static inline void given_challenge(struct world *world, const char *who)
{
    struct call call;
    uuid user;
    text token;

    call_open(&call, &world_app(world)->on);
    if (!uuid_parse(kept(world, named(world, who, "id")), &user) || challenge_open(&call, PURPOSE_SIGN_IN, user, UUID_NONE, &token) != OK)
        abort();
    keep(world, "challenge", token);
    call_close(&call);
}

#endif
