#include "features/auth/auth.h"

#include "features/auth/auth_api.h"
#include "features/auth/auth_store.h"

const struct field user_view[] = {
    UUID(struct user, id), TEXT(struct user, name), TEXT(struct user, email), BOOL(struct user, email_verified), TIME(struct user, created_at),
    TIME(struct user, last_login, .nullable = true), FIELDS_END,
};

const struct module auth_module = { .name = "auth", .doc = "Accounts and sessions.", .routes = auth_routes, .queries = auth_queries };
