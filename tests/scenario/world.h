/* A world: one running application with its temp directory, the client, the variables and the people in it. */
#ifndef TENON_TESTS_WORLD_H
#define TENON_TESTS_WORLD_H

#include "tests/scenario/client.h"
#include "tests/servers/database.h"

struct variable {
    text name, value;
};

struct world {
    const char *suite;
    const char *about; /* the row */
    struct arena arena;
    struct app app;
    char dir[64];
    struct test_database database;
    struct client client;
    struct variable variables[400];
    size_t variable_count;
    int64_t shifted;
    bool quiet; /* failures are not counted: a row that is tried until it passes */
    bool failed;
};

bool world_open(struct world *world, const char *suite, const char *const *options);
void world_close(struct world *world);

/* The headers that make a request one of `as`, each with its line end; the person is made when it is the first time. */
text credentials(struct world *world, const char *as);

/* For the run's end: this method and path was answered with that status. */
void note_hit(const char *method, text path, int status);

/* The route that serves it, literal segments before parameters, or NULL. */
const struct route *route_for(enum method method, text path);
enum method method_named(text name);

#endif
