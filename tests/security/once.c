/*
 * What is good once, brought by fifty at the same moment: one gets through, and the others are told nothing but that it is not good.
 * Beside this: invitations (features/orgs/orgs_invitations_test.c), second factors (features/factors), sign-in by other services.
 *
 * Seen for the token that is exchanged: with `token_hash = $2` left out of its statement more than one gets through
 * (tests/security/defences.test.mjs). Of links no single condition was seen to be missed: the row is read, and deleted, in one
 * serializable transaction.
 */
#include "tests/scenario/world.h"

enum { AT_ONCE = 50 };

static void bring(struct world *world, const char *what, const char *as, const char *send, const char *body, int refused)
{
    struct at_once asked[AT_ONCE];
    size_t through;

    for (size_t i = 0; i < AT_ONCE; i++)
        asked[i] = (struct at_once){ .as = as, .send = send, .body = body };
    world_about(world, what);
    ask_at_once(world, asked, AT_ONCE);
    through = answered_with(asked, AT_ONCE, 200);
    expect(world, through == 1, "one gets through, not %zu", through);
    expect(world, answered_with(asked, AT_ONCE, refused) == AT_ONCE - 1, "the others are answered %d: %zu are", refused, answered_with(asked, AT_ONCE, refused));
}

static void run(struct world *world)
{
    kept(world, "owner.token");
    keep(world, "link", letter_token(world, "owner@example.com", "/verify?token="));
    bring(world, "the link that verifies an address", NULL, "POST /api/auth/email/verify", "{'token':'{link}'}", 400);

    run_row(world, &(struct scenario){ "a change of address", .as = OWNER, .send = "POST /api/auth/email", .body = "{'email':'moved@example.com','current_password':'{owner.password}'}", .status = 202 });
    keep(world, "link", letter_token(world, "moved@example.com", "/verify?token="));
    bring(world, "the link that changes an address", NULL, "POST /api/auth/email/verify", "{'token':'{link}'}", 400);

    bring(world, "a token that is exchanged for a new one", OWNER, "POST /api/auth/refresh", NULL, 401);
    run_row(world, &(struct scenario){ "which is dead from then on", .as = OWNER, .send = "GET /api/auth/me", .error = "UNAUTHENTICATED" });

    kept(world, "stranger.id");
    run_row(world, &(struct scenario){ "a forgotten password", .send = "POST /api/auth/password/forgot", .body = "{'email':'stranger@example.com'}", .status = 202 });
    keep(world, "link", letter_token(world, "stranger@example.com", "/reset?token="));
    bring(world, "the link that replaces a password", NULL, "POST /api/auth/password/reset", "{'token':'{link}','password':'Quarry-Beacon-88'}", 400);
}

const struct suite once_scenarios = { .run = run };
