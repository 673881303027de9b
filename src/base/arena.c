#include "base/arena.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_block {
    struct arena_block *next;
    size_t size;
    size_t used;
    alignas(max_align_t) unsigned char data[];
};

enum { FIRST_BLOCK = 4096, LARGEST_BLOCK = 1 << 20 };

static _Noreturn void out_of_memory(size_t size)
{
    fprintf(stderr, "out of memory: %zu bytes\n", size);
    abort();
}

void *xmalloc(size_t size)
{
    void *ptr = malloc(size ? size : 1);

    if (!ptr)
        out_of_memory(size);
    return ptr;
}

void *xcalloc(size_t count, size_t size)
{
    void *ptr = calloc(count ? count : 1, size ? size : 1);

    if (!ptr)
        out_of_memory(size);
    return ptr;
}

void *xrealloc(void *ptr, size_t size)
{
    void *moved = realloc(ptr, size ? size : 1);

    if (!moved)
        out_of_memory(size);
    return moved;
}

void arena_free(struct arena *arena)
{
    struct arena_block *block = arena->block;

    while (block) {
        struct arena_block *next = block->next;

        free(block);
        block = next;
    }
    *arena = (struct arena){ 0 };
}

static struct arena_block *block_add(struct arena *arena, size_t need)
{
    size_t size = arena->block ? arena->block->size * 2 : FIRST_BLOCK - sizeof(struct arena_block);
    struct arena_block *block;

    if (size > LARGEST_BLOCK)
        size = LARGEST_BLOCK;
    if (size < need)
        size = need;
    block = xmalloc(sizeof *block + size);
    block->size = size;
    block->used = 0;
    block->next = arena->block;
    arena->block = block;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    struct arena_block *block = arena->block;
    const size_t align = alignof(max_align_t);
    void *ptr;

    if (size > SIZE_MAX / 2)
        out_of_memory(size);
    size = (size + align - 1) & ~(align - 1);
    if (!block || block->size - block->used < size)
        block = block_add(arena, size);
    ptr = block->data + block->used;
    block->used += size;
    arena->total += size;
    return memset(ptr, 0, size);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes))
        out_of_memory(SIZE_MAX);
    return arena_alloc(arena, bytes);
}

char *arena_copy(struct arena *arena, const void *from, size_t size)
{
    char *to = arena_alloc(arena, size + 1);

    if (size)
        memcpy(to, from, size);
    return to;
}
