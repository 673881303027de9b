/* Organizations of a person: opening, reading, renaming. */
#include "tests/scenario/scenario.h"

static const struct scenario rows[] = {
    { "a person has one from the start", .as = OWNER, .send = "GET /api/orgs", .has = { "data#1", "data.0.id={owner.org}", "data.0.role=owner", "data.0.domain!", "data.0.created_at" } },
    { "and may open more", .as = OWNER, .send = "POST /api/orgs", .body = "{'name':'Second','domain':'second.example'}", .status = 201,
      .has = { "data.name=Second", "data.domain=second.example", "data.role=owner" }, .keep = { "second=data.id" } },
    { "which is listed", .as = OWNER, .send = "GET /api/orgs", .has = { "data#2", "data.1.id={second}" } },
    { "and read", .as = OWNER, .send = "GET /api/orgs/{second}", .has = { "data.name=Second", "data.role=owner" } },
    { "a domain belongs to one", .as = STRANGER, .send = "POST /api/orgs", .body = "{'name':'Thief','domain':'SECOND.example'}", .error = "CONFLICT", .has = { "error.fields.domain" } },
    { "after which nothing is left", .as = STRANGER, .send = "GET /api/orgs", .has = { "data#1" } },
    { "a domain has a dot", .as = OWNER, .send = "POST /api/orgs", .body = "{'name':'x','domain':'localhost'}", .error = "VALIDATION_ERROR", .has = { "error.fields.domain" } },
    { "and no path", .as = OWNER, .send = "POST /api/orgs", .body = "{'name':'x','domain':'a.example/b'}", .error = "VALIDATION_ERROR", .has = { "error.fields.domain" } },

    { "it is renamed", .as = OWNER, .send = "PATCH /api/orgs/{owner.org}", .body = "{'name':'Renamed','domain':'renamed.example'}",
      .has = { "data.name=Renamed", "data.domain=renamed.example" }, .audit = "org.changed Renamed" },
    { "what is not given stays", .as = OWNER, .send = "PATCH /api/orgs/{owner.org}", .body = "{'name':'Again'}", .has = { "data.name=Again", "data.domain=renamed.example" } },
    { "null takes the domain away", .as = OWNER, .send = "PATCH /api/orgs/{owner.org}", .body = "{'domain':null}", .has = { "data.name=Again", "data.domain!" } },
    { "null is no name", .as = OWNER, .send = "PATCH /api/orgs/{owner.org}", .body = "{'name':null}", .has = { "data.name=Again" } },
    { "nothing changes nothing", .as = OWNER, .send = "PATCH /api/orgs/{owner.org}", .body = "{}", .has = { "data.name=Again" } },
    { "not to a taken domain", .as = OWNER, .send = "PATCH /api/orgs/{owner.org}", .body = "{'domain':'second.example'}", .error = "CONFLICT", .has = { "error.fields.domain" } },
    { "an administrator may", .as = ADMIN, .send = "PATCH /api/orgs/{owner.org}", .body = "{'name':'By the administrator'}", .has = { "data.role=admin" } },
    { "a member may not", .as = MEMBER, .send = "PATCH /api/orgs/{owner.org}", .body = "{'name':'By a member'}", .error = "FORBIDDEN" },
    { "a viewer may not", .as = VIEWER, .send = "PATCH /api/orgs/{owner.org}", .body = "{'name':'By a viewer'}", .error = "FORBIDDEN" },
    { "but reads it", .as = VIEWER, .send = "GET /api/orgs/{owner.org}", .has = { "data.role=viewer", "data.name=By the administrator" } },
    { "a stranger does not", .as = STRANGER, .send = "GET /api/orgs/{owner.org}", .error = "NOT_FOUND" },
    { "nor change it", .as = STRANGER, .send = "PATCH /api/orgs/{owner.org}", .body = "{'name':'Taken'}", .error = "NOT_FOUND" },
    { "one's other organization is changed without a switch", .as = OWNER, .send = "PATCH /api/orgs/{second}", .body = "{'name':'Second, renamed'}",
      .has = { "data.id={second}", "data.name=Second, renamed" } },
    { "and the first stays", .as = OWNER, .send = "GET /api/orgs/{owner.org}", .has = { "data.name=By the administrator" } },
};

const struct suite orgs_scenarios = { SCENARIOS(rows) };
