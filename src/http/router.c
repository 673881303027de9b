/*
 * Paths as a tree of segments: a literal child goes before a parameter. A parameter named id or ending in _id takes a UUID
 * only, so that anything else is simply not found.
 */
#include <stdlib.h>

#include "http/internal.h"

struct node {
    text segment; /* of a literal; for a parameter its name */
    bool parameter, identifier;
    struct node *children; /* first child; siblings by `next`, parameters last */
    struct node *next;
    const struct route *routes[METHOD_COUNT];
};

struct router {
    struct arena arena;
    struct node root;
};

static struct node *child_for(struct router *router, struct node *parent, text segment)
{
    bool parameter = segment.len && segment.ptr[0] == ':';
    text name = parameter ? text_slice(segment, 1, segment.len) : segment;
    struct node **at = &parent->children, *node;

    for (; *at; at = &(*at)->next)
        if ((*at)->parameter == parameter && (parameter || text_equal((*at)->segment, name)))
            return *at;
    node = arena_new(&router->arena, struct node);
    node->segment = name;
    node->parameter = parameter;
    node->identifier = parameter && (text_equal(name, T("id")) || text_ends(name, T("_id")));
    if (parameter) {
        *at = node;
    } else {
        node->next = parent->children;
        parent->children = node;
    }
    return node;
}

struct router *router_new(const struct module *const *modules)
{
    struct router *router = xcalloc(1, sizeof *router);

    for (; *modules; modules++)
        for (const struct route *route = (*modules)->routes; route && route->path; route++) {
            struct node *node = &router->root;
            text rest = text_slice(text_of(route->path), 1, SIZE_MAX);

            while (rest.ptr)
                node = child_for(router, node, text_cut(&rest, '/'));
            node->routes[route->method] = route;
        }
    return router;
}

void router_free(struct router *router)
{
    if (!router)
        return;
    arena_free(&router->arena);
    free(router);
}

/* Depth first, so that a literal that leads nowhere falls back to a parameter. */
static const struct node *walk(const struct node *node, text rest, struct request *req, size_t depth)
{
    text segment, decoded;

    if (!rest.ptr)
        return node;
    segment = text_cut(&rest, '/');
    for (const struct node *child = node->children; child; child = child->next) {
        const struct node *found;
        bool deeper = child->parameter;

        if (!child->parameter && !text_equal(child->segment, segment))
            continue;
        if (child->parameter) {
            if (depth == MOST_PARAMETERS || !segment.len || !query_decode(&req->call.arena, segment, &decoded))
                continue;
            if (child->identifier && !uuid_parse(decoded, &req->ids[depth]))
                continue;
            req->parameters[depth] = decoded;
        }
        found = walk(child, rest, req, depth + deeper);
        if (found)
            return found;
    }
    return NULL;
}

enum result router_match(const struct router *router, struct request *req, text *ret_allow)
{
    static const char *const names[] = { "", "GET, HEAD", "POST", "PUT", "PATCH", "DELETE" };
    const struct node *node;
    text allow = T("");

    if (!req->path.len || req->path.ptr[0] != '/')
        return NOT_FOUND;
    node = walk(&router->root, text_slice(req->path, 1, req->path.len), req, 0);
    for (int method = GET; node && method < METHOD_COUNT; method++)
        if (node->routes[method])
            allow = text_format(&req->call.arena, "%.*s%s%s", TEXT_ARG(allow), allow.len ? ", " : "", names[method]);
    if (!allow.len)
        return NOT_FOUND;
    req->route = req->method ? node->routes[req->method] : NULL;
    *ret_allow = allow;
    return req->route ? OK : METHOD_NOT_ALLOWED;
}
