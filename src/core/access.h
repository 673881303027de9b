/*
 * Access: roles and permissions, one table. A member's role gives permissions in one organization, by itself or, where it is
 * one of the organization's own, by the list it names; an API key has the subset its scopes name. Permissions are bits, so that
 * the gate's question is one AND.
 */
#ifndef TENON_CORE_ACCESS_H
#define TENON_CORE_ACCESS_H

#include "base/text.h"

enum role { ROLE_NONE, ROLE_CUSTOM, ROLE_VIEWER, ROLE_MEMBER, ROLE_ADMIN, ROLE_OWNER };

extern const char *const role_names[]; /* those that every organization has, NULL behind the last */

/* name of the bit, name on the wire, least role that has it, whether a new API key has it by default, what it allows */
#define PERMISSIONS(X)                                                                                              \
    X(GATEWAY_USE, "gateway.use", ROLE_MEMBER, true, "Call models through /v1.")                                    \
    X(KNOWLEDGE_READ, "knowledge.read", ROLE_VIEWER, true, "Read and search documents.")                            \
    X(KNOWLEDGE_WRITE, "knowledge.write", ROLE_MEMBER, true, "Upload, replace and delete documents.")               \
    X(CONVERSATIONS_READ, "conversations.read", ROLE_VIEWER, true, "Read conversations.")                           \
    X(CONVERSATIONS_WRITE, "conversations.write", ROLE_MEMBER, true, "Open conversations and send messages.")       \
    X(USAGE_READ, "usage.read", ROLE_VIEWER, true, "See usage and cost.")                                           \
    X(KEYS_MANAGE, "keys.manage", ROLE_ADMIN, false, "Make and revoke API keys.")                                   \
    X(PROVIDERS_MANAGE, "providers.manage", ROLE_ADMIN, false, "Connect AI providers and change their keys.")       \
    X(BUDGETS_MANAGE, "budgets.manage", ROLE_ADMIN, false, "Set what keys, members and the organization may spend.") \
    X(MEMBERS_MANAGE, "members.manage", ROLE_ADMIN, false, "Invite and remove members, and change their roles.") \
    X(ROLES_MANAGE, "roles.manage", ROLE_ADMIN, false, "Make and change the organization's own roles.")             \
    X(ORG_MANAGE, "org.manage", ROLE_ADMIN, false, "Change the organization's settings.")                           \
    X(AUDIT_READ, "audit.read", ROLE_ADMIN, false, "Read the audit log.")

enum permission_number {
#define PERMISSION_NUMBER(bit, name, role, by_default, doc) bit##_NUMBER,
    PERMISSIONS(PERMISSION_NUMBER)
#undef PERMISSION_NUMBER
    PERMISSION_COUNT
};

enum permission {
    PERMISSION_NONE = 0,
#define PERMISSION_BIT(bit, name, role, by_default, doc) bit = 1 << bit##_NUMBER,
    PERMISSIONS(PERMISSION_BIT)
#undef PERMISSION_BIT
};

struct permission_row {
    enum permission bit;
    text name;
    enum role role;
    bool by_default;
    const char *doc;
};

extern const struct permission_row permission_rows[PERMISSION_COUNT];

unsigned role_permissions(enum role role); /* none of ROLE_CUSTOM: its list says which */
text role_name(enum role role);            /* "owner" … ; "custom", "none" */
bool role_of(text name, enum role *ret_role);

/* 0 for an unknown name. */
enum permission permission_of(text name);
unsigned permissions_of(struct text_list names); /* unknown ones count for nothing */
unsigned permissions_by_default(void);

#endif
