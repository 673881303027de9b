/* Roles: the built-in ones, an organization's own, and that nobody climbs by making or changing one. (Seen: with either check of what
   the caller may do taken out, rows here fail.) */
#include "tests/scenario/scenario.h"

#define ROLES "/api/orgs/{owner.org}/roles"
#define MEMBERS "/api/orgs/{owner.org}/members"

static const struct scenario rows[] = {
    { "every organization has four", .as = OWNER, .send = "GET " ROLES, .has = { "data#4", "data.0.name=owner", "data.0.member_count=1", "data.0.is_builtin=true", "data.0.id!", "data.3.name=viewer" } },
    { "a role of its own", .as = OWNER, .send = "POST " ROLES, .body = "{'name':'Support','description':'Answers people','permissions':['knowledge.read','conversations.read','usage.read','usage.read']}",
      .status = 201, .has = { "data.name=Support", "data.permissions#3", "data.is_builtin=false", "data.member_count=0" }, .keep = { "support=data.id" }, .audit = "role.created Support" },
    { "its name is taken, without case", .as = OWNER, .send = "POST " ROLES, .body = "{'name':'SUPPORT','permissions':[]}", .error = "CONFLICT", .has = { "error.fields.name" } },
    { "but not for others", .as = STRANGER, .send = "POST /api/orgs/{stranger.org}/roles", .body = "{'name':'Support','permissions':[]}", .status = 201, .keep = { "strange=data.id" } },
    { "built-in names are taken", .as = OWNER, .send = "POST " ROLES, .body = "{'name':'Owner','permissions':[]}", .error = "VALIDATION_ERROR", .has = { "error.fields.name" } },
    { "a permission is one of the table's", .as = OWNER, .send = "POST " ROLES, .body = "{'name':'x','permissions':['everything']}", .error = "VALIDATION_ERROR", .has = { "error.fields" } },
    { "it is listed", .as = VIEWER, .send = "GET " ROLES, .has = { "data#5", "data.4.name=Support", "data.4.id={support}" } },
    { "and read", .as = VIEWER, .send = "GET " ROLES "/{support}", .has = { "data.description=Answers people" } },
    { "by nobody else", .as = STRANGER, .send = "GET " ROLES "/{support}", .error = "NOT_FOUND" },
    { "nor by another door", .as = STRANGER, .send = "GET /api/orgs/{stranger.org}/roles/{support}", .error = "NOT_FOUND" },
    { "nor given", .as = OWNER, .send = "PATCH " MEMBERS "/{viewer.id}", .body = "{'role':'Handyman'}", .error = "VALIDATION_ERROR", .has = { "error.fields.role" } },
    { "a member makes none", .as = MEMBER, .send = "POST " ROLES, .body = "{'name':'Mine','permissions':[]}", .error = "FORBIDDEN" },

    { "it is given, without case", .as = ADMIN, .send = "PATCH " MEMBERS "/{viewer.id}", .body = "{'role':'support'}", .has = { "data.role=Support", "data.role_id={support}" } },
    { "its holder is who it says", .as = VIEWER, .send = "GET /api/auth/me", .has = { "data.organization.role=Support", "data.permissions#3" } },
    { "and may what it says", .as = VIEWER, .send = "GET /api/usage" },
    { "and nothing else", .as = VIEWER, .send = "POST /api/knowledge/collections", .body = "{'name':'x'}", .error = "FORBIDDEN" },
    { "it grows", .as = OWNER, .send = "PATCH " ROLES "/{support}", .body = "{'permissions':['knowledge.read','knowledge.write']}", .has = { "data.permissions#2", "data.name=Support" },
      .audit = "role.changed Support" },
    { "and so does its holder, at once", .as = VIEWER, .send = "POST /api/knowledge/collections", .body = "{'name':'x'}", .status = 201 },
    { "who lost what it lost", .as = VIEWER, .send = "GET /api/usage", .error = "FORBIDDEN" },
    { "a new name", .as = OWNER, .send = "PATCH " ROLES "/{support}", .body = "{'name':'Helpers','description':''}", .has = { "data.name=Helpers", "data.description=" } },
    { "shows everywhere", .as = OWNER, .send = "GET " MEMBERS "/{viewer.id}", .has = { "data.role=Helpers" } },
    { "and is held by one", .as = OWNER, .send = "GET " ROLES "/{support}", .has = { "data.member_count=1" } },
    { "so it is not deleted", .as = OWNER, .send = "DELETE " ROLES "/{support}", .error = "CONFLICT", .says = { "1 members" } },
    { "not by strangers either", .as = STRANGER, .send = "DELETE " ROLES "/{support}", .error = "NOT_FOUND" },

    /* climbing */
    { "a role that makes roles and members", .as = OWNER, .send = "POST " ROLES, .body = "{'name':'Clerk','permissions':['roles.manage','members.manage','usage.read']}", .status = 201,
      .keep = { "clerk=data.id" } },
    { "is given", .as = OWNER, .send = "PATCH " MEMBERS "/{member.id}", .body = "{'role':'Clerk'}", .has = { "data.role=Clerk" } },
    { "a clerk makes no role that may more", .as = MEMBER, .send = "POST " ROLES, .body = "{'name':'Key master','permissions':['keys.manage']}", .error = "VALIDATION_ERROR",
      .has = { "error.fields.permissions" } },
    { "does not make their own larger", .as = MEMBER, .send = "PATCH " ROLES "/{clerk}", .body = "{'permissions':['roles.manage','keys.manage']}", .error = "VALIDATION_ERROR" },
    { "nor another's that is beyond theirs smaller", .as = MEMBER, .send = "PATCH " ROLES "/{support}", .body = "{'permissions':[]}", .error = "FORBIDDEN" },
    { "nor deletes it", .as = MEMBER, .send = "DELETE " ROLES "/{support}", .error = "FORBIDDEN" },
    { "gives themselves no other role", .as = MEMBER, .send = "PATCH " MEMBERS "/{member.id}", .body = "{'role':'admin'}", .error = "FORBIDDEN" },
    { "nor owner", .as = MEMBER, .send = "PATCH " MEMBERS "/{member.id}", .body = "{'role':'owner'}", .error = "FORBIDDEN" },
    { "takes no administrator out", .as = MEMBER, .send = "DELETE " MEMBERS "/{admin.id}", .error = "FORBIDDEN" },
    { "invites no administrator", .as = MEMBER, .send = "POST /api/orgs/{owner.org}/invitations", .body = "{'email':'friend@example.com','role':'admin'}", .error = "FORBIDDEN" },
    { "makes what they may", .as = MEMBER, .send = "POST " ROLES, .body = "{'name':'Reader of sums','permissions':['usage.read']}", .status = 201, .keep = { "sums=data.id" } },
    { "an administrator makes none beyond an administrator", .as = ADMIN, .send = "POST " ROLES, .body = "{'name':'Deputy','permissions':['org.manage','keys.manage']}", .status = 201 },

    { "the holder gets another", .as = OWNER, .send = "PATCH " MEMBERS "/{viewer.id}", .body = "{'role':'viewer'}" },
    { "then it is deleted", .as = OWNER, .send = "DELETE " ROLES "/{support}", .audit = "role.deleted Helpers" },
    { "once", .as = OWNER, .send = "DELETE " ROLES "/{support}", .error = "NOT_FOUND" },
};

const struct suite orgs_roles_scenarios = { SCENARIOS(rows) };
