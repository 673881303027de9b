/* Letters that a scenario made the server write: in the outbox, where development finds them. */
#ifndef TENON_TESTS_LETTERS_H
#define TENON_TESTS_LETTERS_H

#include "tests/scenario/world.h"

/* The newest letter to the address whose subject begins so, waited for; its text as it was before it was encoded. Absent: none came. */
text letter_to(struct world *world, const char *to, const char *subject);

/* The token of the link in it. */
text letter_token(struct world *world, text letter);

/* How many letters there are to the address. */
size_t letters_to(struct world *world, const char *to);

#endif
