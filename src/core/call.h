/*
 * Call: one unit of work — a request, a job, a step. It carries the memory, who acts, for which organization, until when,
 * the open transaction and what went wrong. All that it points to dies with it; nothing that outlives the call may point
 * into its arena.
 */
#ifndef TENON_CORE_CALL_H
#define TENON_CORE_CALL_H

#include "base/clock.h"
#include "base/id.h"
#include "core/access.h"
#include "core/result.h"

struct db;
struct bus;
struct jobs;
struct http;
struct module;
struct tx;

/* What the program is made of, for the whole of its life. */
struct services {
    struct db *db;
    struct bus *bus;
    struct jobs *jobs;
    struct http *http;
    const struct module *const *modules; /* NULL behind the last */
    int64_t started;
};

enum actor { ACTOR_NOBODY, ACTOR_USER, ACTOR_KEY, ACTOR_SYSTEM };

struct field_failure {
    struct field_failure *next;
    text field;
    text message;
};

/* What the edge tells the client when a result is not OK. */
struct failure {
    text message; /* absent: the result's own message */
    struct field_failure *fields;
    int retry_after; /* seconds, 0: not said */
    text challenge; /* of MFA_REQUIRED: what is to be answered, in one of these ways */
    struct text_list methods;
};

struct call {
    struct arena arena;
    const struct services *on;

    enum actor actor;
    uuid organization; /* the store binds `:org` from here and from nowhere else */
    uuid user;
    uuid session;
    text proof; /* hash of the token that the session was recognised by */
    int64_t proven_at; /* when the session last showed who it is; 0: long ago */
    uuid key;
    uuid impersonator; /* the administrator who acts as `user`; none: nobody does */
    bool is_admin;     /* of the installation; says nothing about an organization */
    enum role role;
    unsigned permissions;
    int64_t rate_limit; /* the key's own, requests a minute; 0: the usual one */
    text client; /* address as text, for audit and limits */
    text user_agent;

    const char *system; /* name of the open system scope, or NULL */
    int64_t now;        /* one time for the whole call */
    int64_t deadline;   /* clock_ticks() by which it should be over, 0: none */
    struct tx *tx;      /* the open transaction, or NULL */
    bool may_be_late;   /* reads outside a transaction may come from a replica */
    bool contended;     /* the store refused something that may succeed when all of it is done again */
    int committed;      /* transactions so far */
    int attempts;       /* times it was done again since */
    text request_id;
    struct failure failure;
};

void call_open(struct call *call, const struct services *on);
void call_close(struct call *call);
static inline void call_end(struct call *call) { call_close(call); }

/* Returns `result` and keeps the message (printf) for the client. */
enum result fail(struct call *call, enum result result, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* VALIDATION_ERROR with a message for one field; several may be gathered before returning. */
enum result fail_field(struct call *call, const char *field, const char *format, ...) __attribute__((format(printf, 3, 4)));
enum result fail_field_text(struct call *call, text field, text message);

/*
 * System scope: work that belongs to no organization or to all of them. Inside it queries that span organizations may run,
 * outside they are refused. The name says what for and is logged. Scopes do not nest.
 */
struct system_scope {
    struct call *call;
};
struct system_scope system_scope_begin(struct call *call, const char *name);
void system_scope_end(struct system_scope *scope);

/* Acts for an organization from here on (a job, a call whose credentials name it). */
static inline void call_enter(struct call *call, uuid organization) { call->organization = organization; }

#endif
