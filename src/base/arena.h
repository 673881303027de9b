/*
 * Arena: the memory of one unit of work, freed at once at its end.
 *
 * Small allocations that fail abort the process: there is nothing sensible left to do for a few bytes. Sizes that come
 * from a user are checked against a limit by the caller before they are asked for here.
 */
#ifndef TENON_BASE_ARENA_H
#define TENON_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct arena_block;

struct arena {
    struct arena_block *block; /* the newest one, allocations come from its tail */
    size_t total;              /* bytes handed out, for accounting */
};

/* An array of some struct, in somebody's arena. */
struct list {
    void *items;
    size_t len;
};

/* Releases every block. The arena is empty and usable again afterwards; a zeroed struct arena is a valid empty one. */
void arena_free(struct arena *arena);

/* Zeroed memory aligned for any type, owned by the arena. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((malloc, returns_nonnull));

/* Zeroed memory for `count` items of `size` bytes; aborts when the product overflows. */
void *arena_array(struct arena *arena, size_t count, size_t size) __attribute__((malloc, returns_nonnull));

/* A copy of `size` bytes with a NUL behind it. */
char *arena_copy(struct arena *arena, const void *from, size_t size) __attribute__((returns_nonnull));

#define arena_new(arena, type) ((type *)arena_alloc((arena), sizeof(type)))

/* malloc, calloc and realloc that abort instead of returning NULL, for what outlives a unit of work. */
void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
void *xrealloc(void *ptr, size_t size) __attribute__((returns_nonnull));

/* Closes a scope: `SCOPED(arena) struct arena scratch = {0};` calls arena_free when the block ends. */
#define SCOPED(type) __attribute__((unused, cleanup(type##_end)))
static inline void arena_end(struct arena *arena) { arena_free(arena); }

#endif
