/* The way to a service and back: what a browser is sent to, and what it brings. */
#ifndef TENON_FEATURES_OAUTH_FLOW_H
#define TENON_FEATURES_OAUTH_FLOW_H

#include "http/http.h"

struct begin_query {
    text next, link;
};

struct callback_query {
    text state, code, iss, error;
};

extern const struct field begin_fields[], callback_fields[];
enum result oauth_begin(struct request *req, const void *body);
enum result oauth_callback(struct request *req, const void *body);

#endif
