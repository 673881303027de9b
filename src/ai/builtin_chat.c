/* Plain chat completions: the conversation itself is what is answered from. */
#include "ai/builtin.h"
#include "ai/builtin_parts.h"
#include "search/sentences.h"

enum { PASSAGES_MAX = 64 };

static text last_line(text t, text *ret_before)
{
    size_t at = t.len;

    while (at > 0 && t.ptr[at - 1] != '\n')
        at--;
    *ret_before = text_slice(t, 0, at);
    return text_trim(text_slice(t, at, t.len));
}

/* Cuts a message into its question and the text around it: the last line that asks, else the first when it asks or tells
   to answer, else the last. */
static text question_in(struct arena *arena, text message, text *ret_context)
{
    text all = text_trim(message), before, rest = all, line = TEXT_NONE;
    const char *found = NULL;

    while (rest.ptr) {
        text candidate = text_cut(&rest, '\n');

        if (text_ends(text_trim(candidate), T("?"))) {
            line = text_trim(candidate);
            found = candidate.ptr;
        }
    }
    if (!found) {
        line = last_line(all, &before);
        *ret_context = before;
        return line;
    }
    before = (text){ all.ptr, (size_t)(found - all.ptr) };
    rest = (text){ line.ptr + line.len, (size_t)(all.ptr + all.len - (line.ptr + line.len)) };
    *ret_context = text_format(arena, "%.*s\n\n%.*s", TEXT_ARG(before), TEXT_ARG(rest));
    return line;
}

/* A single line may hold its facts before its question: "The bell rings at 8. When does the bell ring?" */
static text question_sentence(struct arena *arena, text line, text *context)
{
    struct sentence_walk walk = { .all = line };
    text sentence, last = line;
    size_t count = 0;

    while (sentence_next(&walk, &sentence)) {
        last = sentence;
        count++;
    }
    if (count > 1 && text_ends(last, T("?"))) {
        *context = text_format(arena, "%.*s\n\n%.*s", TEXT_ARG(*context), (int)(last.ptr - line.ptr), line.ptr);
        return last;
    }
    return line;
}

/* How to behave is not what to know. */
static bool is_instruction(struct arena *arena, text sentence)
{
    static const char *const openings[] = { " you are ", " youre ", " your ", " you must ", " you should ", " you will ", " you can ", " answer ", " respond ",
        " reply ", " always ", " never ", " be ", " do not ", " dont ", " use the ", " use only ", " if you ", " if the user ", " act as ", " please ",
        " only answer ", " keep ", " write ", " speak ", " follow ", " based on ", " context ", " here is ", " using " };
    text plain = words_plain(arena, utf8_prefix(sentence, 60));

    for (size_t i = 0; i < sizeof openings / sizeof *openings; i++)
        if (text_starts(plain, text_of(openings[i])))
            return true;
    return false;
}

static text without_instructions(struct arena *arena, text message)
{
    struct sentence_walk walk = { .all = message };
    SCOPED(buffer) struct buffer kept = { 0 };
    const char *from = message.ptr;
    text sentence;

    while (sentence_next(&walk, &sentence)) {
        const char *end = sentence.ptr + sentence.len;

        if (!is_instruction(arena, sentence)) /* with the blanks before it, so that paragraphs stay apart */
            buffer_append(&kept, from, (size_t)(end - from));
        from = end;
    }
    return text_trim(text_copy(arena, buffer_view(&kept)));
}

static bool is_role(const struct builtin_message *message, const char *role)
{
    return text_equal(message->role, text_of(role));
}

static text nothing_to_answer_from(enum small_talk kind)
{
    switch (kind) {
    case TALK_HELLO: return T("Hello! Give me some text and ask about it: I answer by quoting it.");
    case TALK_THANKS: return T("You're welcome.");
    case TALK_BYE: return T("Goodbye!");
    default:
        return T("I am Tenon's built-in offline model (builtin/extract-1). I can only answer by quoting text that is given to me, and nothing here "
                 "holds the answer. Put the text into the conversation, or choose another model.");
    }
}

/* Takes off the marks `[n]`, which point at nothing here. */
static text without_marks(struct arena *arena, const struct builtin_answer *answer)
{
    SCOPED(buffer) struct buffer out = { 0 };
    text rest = answer->text;

    while (rest.len) {
        size_t at = text_find(rest, T(" [1]"));

        buffer_text(&out, text_slice(rest, 0, at));
        rest = at == SIZE_MAX ? TEXT_NONE : text_slice(rest, at + 4, rest.len);
    }
    return text_copy(arena, buffer_view(&out));
}

text builtin_chat(struct arena *arena, const struct builtin_message *messages, size_t count)
{
    struct builtin_passage *passages = arena_array(arena, PASSAGES_MAX, sizeof *passages);
    text question = TEXT_NONE, earlier = TEXT_NONE, context = TEXT_NONE;
    struct builtin_answer answer;
    size_t len = 0, last = count;

    for (size_t i = 0; i < count; i++)
        if (is_role(&messages[i], "user"))
            last = i;
    if (last < count) {
        question = question_in(arena, messages[last].content, &context);
        question = question_sentence(arena, question, &context);
        context = without_instructions(arena, context);
    }
    if (context.len)
        passages[len++] = (struct builtin_passage){ .index = 1, .text = context };
    for (size_t i = last < count ? last : 0; i-- > 0 && len < PASSAGES_MAX;) { /* the nearest first */
        text content = messages[i].content;

        if (is_role(&messages[i], "assistant") || !content.len)
            continue;
        if (is_role(&messages[i], "user") && !earlier.ptr)
            earlier = utf8_prefix(content, 500);
        content = without_instructions(arena, content);
        if (content.len)
            passages[len++] = (struct builtin_passage){ .index = 1, .text = content };
    }
    builtin_answer(arena, question, earlier, passages, len, &answer);
    return answer.found ? without_marks(arena, &answer) : nothing_to_answer_from(small_talk_of(arena, question));
}
