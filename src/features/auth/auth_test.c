/* Signing up and in, and one's own account. The life of sessions is in tests/scenario/sessions.c. */
#include "tests/scenario/scenario.h"

#define SIGNUP .send = "POST /api/auth/signup"
#define LOGIN .send = "POST /api/auth/login"

static const struct scenario rows[] = {
    { "somebody signs up", SIGNUP, .body = "{'name':' Ada Example ','email':'Ada@Example.com','password':'Gantry-9-Kestrel','organization':'Example Works'}", .status = 201,
      .has = { "success=true", "user.id", "user.name=Ada Example", "user.email=ada@example.com", "user.email_verified=false", "user.last_login!", "user.created_at", "token",
               "expires_at" },
      .lacks = { "data", "user.password", "user.password_hash" }, .heads = { "!Set-Cookie" }, .keep = { "ada=token" } },
    { "and is signed in, as owner of an organization", .as = BEARER("{ada}"), .send = "GET /api/auth/me",
      .has = { "data.user.name=Ada Example", "data.organization.name=Example Works", "data.organization.role=owner", "data.organizations#1", "data.permissions#10" } },
    { "without a name given, the organization is called after the person", .as = OWNER, .send = "GET /api/auth/me", .has = { "data.organization.name=The owner’s organization" } },
    { "the organization's audit log begins with it", .as = BEARER("{ada}"), .send = "GET /api/audit", .says = { "auth.signup" } },
    { "signing up is possible for a browser", SIGNUP, .body = "{'name':'Browser','email':'browser-signup@example.com','password':'Gantry-9-Kestrel','session':'cookie'}", .status = 201,
      .lacks = { "token" }, .heads = { "Set-Cookie: tenon_session=" } },

    { "an e-mail address is taken once", SIGNUP, .body = "{'name':'Other','email':'ada@example.com','password':'Gantry-9-Kestrel'}", .error = "CONFLICT",
      .has = { "error.fields.email" } },
    { "whatever its case", SIGNUP, .body = "{'name':'Other','email':'ADA@EXAMPLE.COM','password':'Gantry-9-Kestrel'}", .error = "CONFLICT" },
    { "the password must be long enough", SIGNUP, .body = "{'name':'Other','email':'b@example.com','password':'Gantry9'}", .error = "VALIDATION_ERROR", .has = { "error.fields.password" } },
    { "not too long", SIGNUP,
      .body = "{'name':'Other','email':'b@example.com','password':'Aa1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'}",
      .error = "VALIDATION_ERROR", .has = { "error.fields.password" } },
    { "with an upper-case letter", SIGNUP, .body = "{'name':'Other','email':'b@example.com','password':'gantry-9-kestrel'}", .error = "VALIDATION_ERROR", .has = { "error.fields.password" } },
    { "a lower-case one", SIGNUP, .body = "{'name':'Other','email':'b@example.com','password':'GANTRY-9-KESTREL'}", .error = "VALIDATION_ERROR", .has = { "error.fields.password" } },
    { "and a digit", SIGNUP, .body = "{'name':'Other','email':'b@example.com','password':'Gantry-x-Kestrel'}", .error = "VALIDATION_ERROR", .has = { "error.fields.password" } },
    { "not the e-mail address", SIGNUP, .body = "{'name':'Other','email':'Bernard1@example.com','password':'Bernard1@example.com'}", .error = "VALIDATION_ERROR",
      .has = { "error.fields.password" } },
    { "it is counted in letters, not in bytes", SIGNUP, .body = "{'name':'Ünïcode','email':'u@example.com','password':'Äß7éèñXy'}", .status = 201, .has = { "user.name=Ünïcode" } },
    { "it is not trimmed", SIGNUP, .body = "{'name':'Spaces','email':'spaces@example.com','password':' Gantry 9 Kestrel '}", .status = 201 },
    { "at its ends", LOGIN, .body = "{'email':'spaces@example.com','password':'Gantry 9 Kestrel'}", .error = "INVALID_CREDENTIALS" },
    { "so it opens as it was given", LOGIN, .body = "{'email':'spaces@example.com','password':' Gantry 9 Kestrel '}" },
    { "long passwords count to their end", SIGNUP,
      .body = "{'name':'Long','email':'long@example.com','password':'Gantry-9-Kestrel-Gantry-9-Kestrel-Gantry-9-Kestrel-Gantry-9-Kestrel-Gantry-9-Kestrel-A'}", .status = 201 },
    { "beyond where bcrypt cuts", LOGIN,
      .body = "{'email':'long@example.com','password':'Gantry-9-Kestrel-Gantry-9-Kestrel-Gantry-9-Kestrel-Gantry-9-Kestrel-Gantry-9-Kestrel-B'}", .error = "INVALID_CREDENTIALS" },

    { "an address needs an @", SIGNUP, .body = "{'name':'x','email':'nobody.example.com','password':'Gantry-9-Kestrel'}", .error = "VALIDATION_ERROR", .has = { "error.fields.email" } },
    { "only one", SIGNUP, .body = "{'name':'x','email':'a@b@example.com','password':'Gantry-9-Kestrel'}", .error = "VALIDATION_ERROR", .has = { "error.fields.email" } },
    { "a domain with a dot", SIGNUP, .body = "{'name':'x','email':'nobody@localhost','password':'Gantry-9-Kestrel'}", .error = "VALIDATION_ERROR", .has = { "error.fields.email" } },
    { "no line ends", SIGNUP, .body = "{'name':'x','email':'a@example.com\\r\\nBcc: b@example.com','password':'Gantry-9-Kestrel'}", .error = "VALIDATION_ERROR",
      .has = { "error.fields.email" } },
    { "a name is not blank", SIGNUP, .body = "{'name':'  ','email':'b@example.com','password':'Gantry-9-Kestrel'}", .error = "VALIDATION_ERROR", .has = { "error.fields.name" } },
    { "a name has no control characters", SIGNUP, .body = "{'name':'a\\nb','email':'b@example.com','password':'Gantry-9-Kestrel'}", .error = "VALIDATION_ERROR",
      .has = { "error.fields.name" } },
    { "all that is wrong is said at once", SIGNUP, .body = "{'name':'','email':'x','role':'owner'}", .error = "VALIDATION_ERROR",
      .has = { "error.fields.name", "error.fields.email", "error.fields.password", "error.fields.role" } },

    { "a wrong password", LOGIN, .body = "{'email':'ada@example.com','password':'Gantry-8-Kestrel'}", .error = "INVALID_CREDENTIALS", .lacks = { "error.fields" },
      .has = { "error.message=E-mail or password is wrong." } },
    { "is answered like an unknown address", LOGIN, .body = "{'email':'unknown@example.com','password':'Gantry-9-Kestrel'}", .error = "INVALID_CREDENTIALS", .lacks = { "error.fields" },
      .has = { "error.message=E-mail or password is wrong." } },
    { "a failed login is in the audit log", .send = "POST /api/auth/login", .body = "{'email':'{owner.email}','password':'Gantry-8-Kestrel'}", .error = "INVALID_CREDENTIALS",
      .audit = "auth.login_failed owner@example.com" },

    { "one's name can be changed", .as = OWNER, .send = "PATCH /api/auth/me", .body = "{'name':' Renamed '}", .has = { "data.name=Renamed", "data.email={owner.email}" } },
    { "not to blanks", .as = OWNER, .send = "PATCH /api/auth/me", .body = "{'name':' '}", .error = "VALIDATION_ERROR", .has = { "error.fields.name" } },
    { "nothing else of the account", .as = OWNER, .send = "PATCH /api/auth/me", .body = "{'name':'x','email':'{stranger.email}'}", .error = "VALIDATION_ERROR",
      .has = { "error.fields.email" } },
    { "a viewer is told what a viewer may do", .as = VIEWER, .send = "GET /api/auth/me",
      .has = { "data.organization.role=viewer", "data.organizations#2", "data.permissions#3" }, .hides = { "knowledge.write", "keys.manage" } },
    { "a member more", .as = MEMBER, .send = "GET /api/auth/me", .has = { "data.organization.role=member", "data.permissions#6" }, .says = { "gateway.use" } },
    { "an administrator all", .as = ADMIN, .send = "GET /api/auth/me", .has = { "data.organization.role=admin", "data.permissions#10" } },
    { "a key is no person", .as = KEY("usage.read"), .send = "GET /api/auth/me", .error = "FORBIDDEN" },

    { "a person has sessions", .as = STRANGER, .send = "GET /api/auth/sessions", .has = { "data#1", "data.0.current=true", "data.0.kind=token" }, .keep = { "s.id=data.0.id" } },
    { "one more", LOGIN, .body = "{'email':'{stranger.email}','password':'{stranger.password}'}", .headers = "User-Agent: a browser", .keep = { "second=token" } },
    { "which knows its agent", .as = BEARER("{second}"), .send = "GET /api/auth/sessions", .has = { "data#2" }, .says = { "a browser" } },
    { "one session can end another", .as = BEARER("{second}"), .send = "DELETE /api/auth/sessions/{s.id}", .has = { "success=true" } },
    { "at once", .as = STRANGER, .send = "GET /api/auth/me", .error = "UNAUTHENTICATED" },
    { "once", .as = BEARER("{second}"), .send = "DELETE /api/auth/sessions/{s.id}", .error = "NOT_FOUND" },
    { "nobody ends another's", .as = OWNER, .send = "GET /api/auth/sessions", .keep = { "o.id=data.0.id" } },
    { "it is not found", .as = BEARER("{second}"), .send = "DELETE /api/auth/sessions/{o.id}", .error = "NOT_FOUND" },

    { "a member of two organizations", .as = MEMBER, .send = "GET /api/orgs", .has = { "data#2" }, .keep = { "home=data.0.id" } },
    { "acts for the other after a switch", .as = MEMBER, .send = "POST /api/orgs/{home}/switch", .has = { "token", "user.email={member.email}" }, .keep = { "at.home=token" } },
    { "the token before is dead", .as = MEMBER, .send = "GET /api/auth/me", .error = "UNAUTHENTICATED" },
    { "there one is the owner", .as = BEARER("{at.home}"), .send = "GET /api/auth/me", .has = { "data.organization.id={home}", "data.organization.role=owner" } },
    { "nobody switches to where one does not belong", .as = OWNER, .send = "POST /api/orgs/{stranger.org}/switch", .error = "NOT_FOUND" },
    { "a refused switch ends nothing", .as = OWNER, .send = "GET /api/auth/me" },
    { "a browser has a CSRF token", .as = BROWSER, .send = "GET /api/csrf-token", .has = { "data.csrf_token" } },
    { "a browser's refresh sets the cookie anew", .as = BROWSER, .send = "POST /api/auth/refresh", .heads = { "Set-Cookie: tenon_session=" }, .lacks = { "token" }, .keep = { "again=@cookie" } },
    { "its session goes on", .as = COOKIE("{again}"), .send = "GET /api/auth/me" },
    { "the former cookie is dead", .as = BROWSER_BARE, .send = "GET /api/auth/me", .error = "UNAUTHENTICATED" },
    { "the account's password is changed", .as = OWNER, .send = "POST /api/auth/password", .body = "{'current_password':'{owner.password}','new_password':'Sextant-Marble-31'}" },
    { "and its sessions end with a logout", .as = OWNER, .send = "POST /api/auth/logout" },
};

static const struct thing things[] = {
    { "/api/auth/sessions/:id", "GET /api/auth/sessions", NULL, "data.0.id" },
    { 0 },
};

const struct suite auth_scenarios = { SCENARIOS(rows), .things = things };
