/* The way to a service and back: what a browser is sent to, and what it brings. */
#ifndef TENON_FEATURES_OAUTH_FLOW_H
#define TENON_FEATURES_OAUTH_FLOW_H

#include "http/http.h"

struct begin_query {
    text next;
};

struct link_view {
    text url; /* of the service's page, to send the browser to */
};

struct callback_query {
    text state, code, iss, error;
};

extern const struct field begin_fields[], link_view[], callback_fields[];
enum result oauth_begin(struct request *req, const void *body);
enum result oauth_link(struct request *req, const void *body); /* a `struct begin_query` */
enum result oauth_callback(struct request *req, const void *body);

#endif
