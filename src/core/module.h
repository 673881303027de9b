/*
 * Module: what a feature is to the program — its tables and its begin and end. A feature's description stands at the
 * bottom of its main file and as one line in src/app/modules.c; everything else is derived from it.
 */
#ifndef TENON_CORE_MODULE_H
#define TENON_CORE_MODULE_H

#include "core/call.h"

struct route;
struct query;
struct metric;

/* News that travels between features, and to every instance. The payload is a few bytes of text (an id). */
struct event {
    const char *name; /* `key.revoked` */
    const char *doc;
};

struct event_handler {
    const struct event *event;
    /* Runs on the thread that delivers; short, never blocking. */
    void (*handle)(const struct services *on, uuid organization, text payload);
};

/* Work that is kept in the store until it is done; see jobs/jobs.h. */
struct job_kind {
    const char *name;
    /* Runs on a job thread in the organization that queued it. Must bear being run again after a crash. */
    enum result (*run)(struct call *call, text payload);
    int64_t attempts; /* then it is dead */
    /* Once, when the last attempt failed; or NULL. */
    void (*dead)(struct call *call, text payload, text reason);
    const char *doc;
};

/* Work that comes again by the clock, once a period however many instances there are. */
struct chore {
    const char *name; /* `auth.sessions` */
    int64_t every;    /* microseconds */
    enum result (*run)(struct call *call); /* on a job thread, in a system scope */
    const char *doc;
};

/* How a thing is made that a path names, for `tenon selftest isolation`: {mark} in a body is a word that nobody else may see,
   ids in `send` are those of other samples. Every path that ends with an id has one. */
struct sample {
    const char *path;  /* `/api/keys/:id` */
    const char *send;  /* `POST /api/keys` */
    const char *body;  /* JSON or NULL */
    const char *id;    /* where its id is in the answer: `data.id` */
    const char *after; /* path of a sample that must have been made before, or NULL */
    const char *table; /* where its row is, by `id`: an attempt on another organization's is noted; NULL: none has one */
    /* Instead of `send`, for what no plain request can make: puts one of the user's into the store. */
    enum result (*make)(struct call *call, uuid user, text mark, uuid *ret_id);
};

/* Rows that are kept about a person, for the person who asks for all of it: a member of the document, and what it answers for. A column
   that says who a person is stands in one of them (tests/scenario/exports.c holds the tables against the rows). */
enum export_by { EXPORT_BY_USER, EXPORT_BY_EMAIL, EXPORT_BY_ACCOUNT /* the keyed hash of sign_in_places */ };
struct export {
    const char *name; /* `sessions` */
    const struct query *query; /* its one parameter says who; a system query, its rows fit to be shown */
    enum export_by by;
    const char *covers[3]; /* `sessions.user_id`, NULL behind the last */
    const char *doc;
};

struct module {
    const char *name;
    const char *doc;
    const struct route *routes;                /* .handler and .io NULL behind the last */
    const struct query *const *queries;        /* NULL behind the last, as in every list here */
    struct metric *const *metrics;
    const struct job_kind *const *jobs;
    const struct chore *const *chores;
    const struct sample *samples;              /* .path NULL behind the last */
    const struct export *exports;              /* .name NULL behind the last */
    const struct event *const *events;         /* those it emits */
    const struct event_handler *handlers;      /* .event NULL behind the last */
    enum result (*start)(struct call *call);   /* in a system scope, after migrations, before the first request */
    void (*stop)(const struct services *on);   /* after the last request */
};

#endif
