/* For the tests of this room: buses on their own Redis, and waiting for what must come. */
#ifndef TENON_BUS_FIXTURE_H
#define TENON_BUS_FIXTURE_H

#include <hiredis/hiredis.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bus/bus.h"

/* Looks again until it holds; false after ten seconds (of this machine: sanitizers are slow). */
#define COMES_TRUE(condition)                                                        \
    ({                                                                               \
        int64_t until_ = clock_ticks() + 10 * SECOND;                                \
        bool true_ = (condition);                                                    \
        while (!true_ && clock_ticks() < until_) {                                   \
            clock_sleep(2 * MILLISECOND);                                                   \
            true_ = (condition);                                                     \
        }                                                                            \
        true_;                                                                       \
    })

struct redis_server {
    pid_t pid; /* 0: another's, named by TENON_TEST_REDIS_URL */
    char dir[64], url[128];
};

static inline redisContext *redis_server_reach(const struct redis_server *server)
{
    redisContext *redis = redisConnectUnix(server->url + 5);

    if (redis && !redis->err)
        return redis;
    if (redis)
        redisFree(redis);
    return NULL;
}

static inline bool redis_server_says(const struct redis_server *server, const char *command)
{
    redisContext *redis = redis_server_reach(server);
    redisReply *reply = redis ? redisCommand(redis, command) : NULL;
    bool ok = reply && reply->type != REDIS_REPLY_ERROR;

    if (reply)
        freeReplyObject(reply);
    if (redis)
        redisFree(redis);
    return ok;
}

/* The server's program is redis-check-rdb by the name redis-server: the package that has only that starts no service. */
static inline bool redis_server_run(struct redis_server *server)
{
    pid_t parent = getpid();

    server->pid = fork();
    if (server->pid == 0) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent || chdir(server->dir) != 0 || !freopen("redis.log", "a", stdout))
            _exit(126);
        execlp("redis-check-rdb", "redis-server", "--port", "0", "--unixsocket", server->url + 5, "--save", "", "--appendonly", "no", (char *)NULL);
        _exit(127);
    }
    return server->pid > 0 && COMES_TRUE(redis_server_says(server, "PING"));
}

/* Its own one whatever is given when it is to be stopped and flushed. */
static inline bool redis_server_start(struct redis_server *server, bool own)
{
    const char *given = own ? NULL : getenv("TENON_TEST_REDIS_URL");

    *server = (struct redis_server){ 0 };
    if (given) {
        snprintf(server->url, sizeof server->url, "%s", given);
        return true;
    }
    snprintf(server->dir, sizeof server->dir, "/tmp/tenon-redis-XXXXXX");
    if (!mkdtemp(server->dir))
        return false;
    snprintf(server->url, sizeof server->url, "unix:%s/redis.sock", server->dir);
    return redis_server_run(server);
}

static inline void redis_server_kill(struct redis_server *server)
{
    if (server->pid > 0) {
        kill(server->pid, SIGKILL);
        waitpid(server->pid, NULL, 0);
    }
    server->pid = 0;
}

static inline void redis_server_end(struct redis_server *server)
{
    char path[128];

    redis_server_kill(server);
    if (!server->dir[0])
        return;
    snprintf(path, sizeof path, "%s/redis.log", server->dir);
    unlink(path);
    snprintf(path, sizeof path, "%s/dump.rdb", server->dir);
    unlink(path);
    unlink(server->url + 5);
    rmdir(server->dir);
}

/* A bus with REDIS_URL or DATABASE_LISTEN_URL as given (NULL: neither), connected when `wait`. NULL when it does not come. */
static inline struct bus *open_bus(const struct services *on, const char *redis, const char *listen, bool wait)
{
    struct bus *bus = NULL;
    struct call call;
    enum result result;

    if (!config_set("REDIS_URL", redis ? redis : "") || !config_set("DATABASE_LISTEN_URL", listen ? listen : "") || !config_set("REDIS_TTL", "1h"))
        return NULL;
    call_open(&call, on);
    result = bus_open(&call, on, &bus);
    call_close(&call);
    if (result != OK || (wait && !COMES_TRUE(bus_connected(bus)))) {
        bus_close(bus);
        return NULL;
    }
    return bus;
}

#endif
