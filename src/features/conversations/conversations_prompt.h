/* What a model is asked: the passages with their numbers, the rules for citing them, the turns so far, the question. */
#ifndef TENON_FEATURES_CONVERSATIONS_PROMPT_H
#define TENON_FEATURES_CONVERSATIONS_PROMPT_H

#include "features/knowledge/knowledge.h"

struct turn {
    text role, content;
};

/* The body of a streamed chat completion. `turns` oldest first, without the question. */
text prompt_body(struct arena *arena, text model, const struct passage *passages, size_t passage_count, const struct turn *turns, size_t turn_count,
                 text question);

/* The sentence of a passage that shares most with the words it is cited for; at most 400 bytes, exactly as it stands. */
text prompt_quote(struct arena *arena, const struct passage *passage, text claim);

#endif
