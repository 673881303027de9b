#include "features/audit/audit_watch.h"

#include <stdlib.h>

#include "bus/bus.h"
#include "core/log.h"
#include "features/audit/audit.h"
#include "features/audit/audit_store.h"

static const struct rate ONCE = { 1, MINUTE };

struct sighting {
    struct call call;
    const char *action;
    text target, route;
    const char *table; /* where the id would be; NULL: it needs no look */
    uuid id;
};

/* Into the log of the organization whose object it is, and not a word of who tried: that is the operator's to know. In the
   log of the one who tried it would tell that there is such a thing. */
static enum result note_foreign(struct sighting *s)
{
    struct call *call = &s->call;
    uuid owner;
    enum result found = object_owner(call, s->table, s->id, &owner);

    if (found == NOT_FOUND)
        return OK;
    TRY(found);
    LOG(WARN, call, "another organization's object was tried", LT("route", s->route), LT("client", call->client));
    call_enter(call, owner);
    call->user = call->key = call->impersonator = UUID_NONE;
    call->client = TEXT_NONE;
    return audit_note(call, s->action, s->target);
}

static enum result note(struct sighting *s)
{
    struct call *call = &s->call;
    text bucket = text_format(&call->arena, "watch:%s:%.*s:%.*s", s->action, TEXT_ARG(uuid_text(&call->arena, uuid_is_none(call->key) ? call->user : call->key)), TEXT_ARG(s->route));

    if (!bus_limit(call->on->bus, bucket, ONCE, 1).allowed)
        return OK;
    return s->table ? note_foreign(s) : audit_note(call, s->action, s->target);
}

static void note_now(void *context)
{
    struct sighting *s = context;

    if (note(s) != OK)
        LOG(WARN, &s->call, "what was tried is not on record", LZ("action", s->action));
    call_close(&s->call);
    free(s);
}

static struct sighting *sighted(const struct request *req, const char *action)
{
    static const char *const methods[] = { "", "GET", "POST", "PUT", "PATCH", "DELETE" };
    struct sighting *s = xcalloc(1, sizeof *s);

    call_open(&s->call, req->call.on);
    s->call.actor = req->call.actor;
    s->call.user = req->call.user;
    s->call.impersonator = req->call.impersonator;
    s->call.key = req->call.key;
    s->call.organization = req->call.organization;
    s->call.client = text_copy(&s->call.arena, req->call.client);
    s->action = action;
    s->route = text_of(req->route->path);
    s->target = text_format(&s->call.arena, "%s %s", methods[req->route->method], req->route->path);
    return s;
}

void watch_refused(struct request *req)
{
    if (req->call.actor == ACTOR_KEY)
        http_work(req->call.on->http, note_now, sighted(req, "key.out_of_scope"));
}

/* The sample of the longest path that the route begins with and that ends with an id; `*ret_place` is that id's among all. */
static const struct sample *sample_of(const struct services *on, const char *path, int *ret_place)
{
    const struct sample *best = NULL;

    for (const struct module *const *module = on->modules; *module; module++)
        for (const struct sample *sample = (*module)->samples; sample && sample->path; sample++) {
            size_t len = strlen(sample->path);

            if (sample->table && strncmp(path, sample->path, len) == 0 && (path[len] == 0 || path[len] == '/') && (!best || len > strlen(best->path)))
                best = sample;
        }
    *ret_place = -1;
    for (const char *at = best ? best->path : ""; (at = strstr(at, "/:")); at++)
        ++*ret_place;
    return best;
}

void watch_missed(struct request *req)
{
    const struct sample *sample;
    struct sighting *s;
    int place;

    if (req->call.actor != ACTOR_USER && req->call.actor != ACTOR_KEY)
        return;
    sample = sample_of(req->call.on, req->route->path, &place);
    if (!sample || place < 0 || place >= MOST_PARAMETERS)
        return;
    s = sighted(req, "access.foreign");
    s->target = text_slice(text_format(&s->call.arena, "%.*s%.*s", TEXT_ARG(text_slice(s->target, 0, text_find_char(s->target, ' ') + 1)), TEXT_ARG(req->path)), 0, 300);
    s->table = sample->table;
    s->id = req->ids[place];
    http_work(req->call.on->http, note_now, s);
}
