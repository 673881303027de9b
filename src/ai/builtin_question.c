/* What a question asks for, by its words alone. */
#include "ai/builtin_parts.h"

/* --- small talk -------------------------------------------------------------------------------------------------------------- */

/* A message is small talk when all of its words are: one missing from the list makes it a question about something. */
static bool only_words(text plain, const char *allowed)
{
    text rest = text_trim(plain), list = text_of(allowed);

    while (rest.ptr) {
        text word = text_cut(&rest, ' '), left = list;
        bool known = false;

        while (left.ptr && !known)
            known = text_equal(text_cut(&left, ' '), word);
        if (!known)
            return false;
    }
    return true;
}

enum small_talk small_talk_of(struct arena *arena, text message)
{
    text plain = words_plain(arena, message);

    if (plain.len <= 2 || plain.len > 100)
        return TALK_NONE;
    if (only_words(plain, "hello hi hey there good morning afternoon evening day everyone all greetings howdy again assistant bot"))
        return TALK_HELLO;
    if (only_words(plain, "thanks thank you thx cheers a lot very much so many great perfect ok okay cool nice that was helpful for your help the it"
                          " awesome wonderful got") &&
        WORDS_HAVE(plain, " thank", " thx ", " cheers ", " great ", " perfect ", " helpful ", " awesome ", " wonderful ", " ok ", " okay "))
        return TALK_THANKS;
    if (only_words(plain, "bye goodbye good night see you later soon ciao farewell"))
        return TALK_BYE;
    if (only_words(plain, "how are you doing today going it is things hi hello whats up") && WORDS_HAVE(plain, " how are you ", " how is it going ", " whats up "))
        return TALK_HOW;
    if (only_words(plain, "who what are you whats is your name a an the bot robot ai human person model real which this assistant llm gpt chatgpt") &&
        WORDS_HAVE(plain, " you ", " your ", " this "))
        return TALK_WHO;
    if (only_words(plain, "what can could how do does you help me with for us i use this ask to here please your abilities features assistant are is"
                          " it work") &&
        WORDS_HAVE(plain, " can you ", " could you ", " do you do ", " you help ", " do you work ", " i ask ", " your abilities ", " your features ",
            " help "))
        return TALK_WHAT;
    return TALK_NONE;
}

/* --- what is asked for ---------------------------------------------------------------------------------------------------------- */

static enum hint hint_of(text plain)
{
    if (WORDS_HAVE(plain, " how long ", " how much time ", " how soon ", " how quickly ", " how fast ", " how many days ", " how many weeks ",
            " how many months ", " how many hours ", " how many minutes ", " how many years ") &&
        !WORDS_HAVE(plain, " how fast can "))
        return HINT_DURATION;
    if (WORDS_HAVE(plain, " weigh "))
        return HINT_NUMBER;
    if (WORDS_HAVE(plain, " how much does ", " how much do ", " how much is ", " how much are ", " how much will ", " how much would ", " what does it cost ",
            " cost of ", " price of ", " what price ", " how expensive ", " what fee ", " is the fee ", " is the price ", " is the cost ", " much money "))
        return HINT_AMOUNT;
    if (WORDS_HAVE(plain, " how much ", " how many ", " how often ", " how far ", " how high ", " how heavy ", " how big ", " how large ", " how tall ",
            " how old ", " how hot ", " what weight ", " what percentage ", " what percent ", " what number ", " how wide ", " how deep "))
        return HINT_NUMBER;
    if (WORDS_HAVE(plain, " when ", " what time ", " what date ", " which day ", " what day ", " which date ", " what year ", " which year ", " what hours ",
            " which month ", " what month ", " deadline ", " opening hours "))
        return HINT_WHEN;
    if (WORDS_HAVE(plain, " who ", " whom ", " whose ", " which person ", " which team ", " which department "))
        return HINT_WHO;
    if (WORDS_HAVE(plain, " where ", " which address ", " what address "))
        return HINT_WHERE;
    if (WORDS_HAVE(plain, " why ", " what is the reason ", " how come "))
        return HINT_WHY;
    if (WORDS_HAVE(plain, " how "))
        return HINT_HOW;
    if (!WORDS_HAVE(plain, " what ", " which ") &&
        WORDS_HAVE(text_slice(plain, 0, 8), " can ", " may ", " do ", " does ", " is ", " are ", " must ", " should ", " will ", " am ", " could ", " did "))
        return HINT_YES;
    return HINT_NONE;
}

/* "How heavy": what must stand behind the number. */
static const char *const *units_of(text plain)
{
    static const char *const weights[] = { " kg ", " kilo", " gram", " g ", " pound", " lb", " ounce", " oz ", " ton", NULL };
    static const char *const sizes[] = { " l ", " litre", " liter", " ml ", " gb ", " mb ", " kb ", " tb ", " cm ", " mm ", " m ", " metre", " meter",
        " inch", " feet ", " foot ", " square ", " people ", " employees ", " staff ", NULL };
    static const char *const lengths[] = { " cm ", " mm ", " m ", " km ", " metre", " meter", " inch", " feet ", " foot ", " mile", " kilomet", NULL };
    static const char *const degrees[] = { " degree", "\xc2\xb0", " celsius ", " fahrenheit ", NULL };
    static const char *const ages[] = { " year", " month", " since ", " founded ", " age ", NULL };

    if (WORDS_HAVE(plain, " how heavy ", " weigh ", " what weight ", " the weight "))
        return weights;
    if (WORDS_HAVE(plain, " how big ", " how large "))
        return sizes;
    if (WORDS_HAVE(plain, " how tall ", " how high ", " how deep ", " how wide ", " how far "))
        return lengths;
    if (WORDS_HAVE(plain, " how hot ", " how warm ", " how cold ", " what temperature "))
        return degrees;
    return WORDS_HAVE(plain, " how old ") ? ages : NULL;
}

/* Words that only say what kind of thing is asked for; the hint has taken that over. */
static bool is_spent(const struct question *q, text word)
{
    static const char *const words[] = { "long", "mani", "often", "far", "soon", "much" }, *const with_units[] = { "heavi", "big", "larg", "tall", "high",
        "deep", "wide", "hot", "old", "cold", "warm" };

    for (size_t i = 0; q->hint && i < sizeof words / sizeof *words; i++)
        if (text_equal(word, text_of(words[i])))
            return true;
    for (size_t i = 0; q->units && i < sizeof with_units / sizeof *with_units; i++)
        if (text_equal(word, text_of(with_units[i])))
            return true;
    return false;
}

/* Likewise, but they may be what it is about as well: "how many vacation days", "what time". */
static bool is_unit(const struct question *q, text word)
{
    static const char *const words[] = { "day", "week", "month", "year", "hour", "minut", "time", "date", "number", "price", "fee", "peopl" };

    if (q->hint != HINT_DURATION && q->hint != HINT_WHEN && q->hint != HINT_NUMBER && q->hint != HINT_AMOUNT)
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_equal(word, text_of(words[i])))
            return true;
    return false;
}

/* Without a subject of its own it goes on about the one before. */
static bool goes_on(text plain, size_t strong)
{
    if (strong == 0)
        return true;
    if (text_starts(plain, T(" and ")) || text_starts(plain, T(" what about ")) || text_starts(plain, T(" how about ")) ||
        text_starts(plain, T(" or ")) || text_starts(plain, T(" also ")) || text_starts(plain, T(" then ")))
        return true;
    return strong <= 3 && WORDS_HAVE(plain, " it ", " that ", " they ", " them ", " this ", " those ", " these ", " there ", " one ", " its ", " their ");
}

static bool is_capital(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* A capital inside the sentence, or a digit. A sentence in capitals only tells nothing. */
static bool is_proper(text question, const struct term *term)
{
    bool digit = false, small = false;

    for (size_t i = 0; i < term->word.len; i++)
        digit |= term->word.ptr[i] >= '0' && term->word.ptr[i] <= '9';
    for (size_t i = 0; i < question.len; i++)
        small |= question.ptr[i] >= 'a' && question.ptr[i] <= 'z';
    return digit || (small && term->start > 0 && is_capital(question.ptr[term->start]));
}

static void add_terms(struct arena *arena, struct tokenizer *tokenizer, text message, bool earlier, struct question *q)
{
    struct term_list terms = terms_of(tokenizer, arena, message, TERMS_QUERY, QUESTION_TERMS);

    for (size_t i = 0; i < terms.len && q->len < QUESTION_TERMS; i++) {
        text word = terms.items[i].word;
        bool seen = terms.items[i].part || is_spent(q, word); /* of parts the whole stands before them and says more */

        for (size_t k = 0; k < q->len && !seen; k++)
            seen = text_equal(q->terms[k].word, word);
        if (!seen)
            q->terms[q->len++] = (struct question_term){ .word = word, .weak = word_is_weak(word) || is_unit(q, word),
                .proper = is_proper(message, &terms.items[i]), .earlier = earlier };
    }
}

void question_read(struct arena *arena, struct tokenizer *tokenizer, text question, text earlier, struct question *ret_question)
{
    text plain = words_plain(arena, question);
    struct question q = { .hint = hint_of(plain), .units = units_of(plain) };
    size_t strong = 0;

    add_terms(arena, tokenizer, question, false, &q);
    for (size_t i = 0; i < q.len; i++)
        strong += !q.terms[i].weak && !stop_word(q.terms[i].word);
    q.stands_alone = strong > 0;
    if (earlier.len && goes_on(plain, strong)) {
        if (q.hint == HINT_NONE)
            q.hint = hint_of(words_plain(arena, earlier));
        add_terms(arena, tokenizer, earlier, true, &q);
    }
    *ret_question = q;
}

/* --- evidence ---------------------------------------------------------------------------------------------------------------------- */

static bool has_digit(text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (t.ptr[i] >= '0' && t.ptr[i] <= '9')
            return true;
    return false;
}

static bool has_number(text plain)
{
    return has_digit(plain) || WORDS_HAVE(plain, " one ", " two ", " three ", " four ", " five ", " six ", " seven ", " eight ", " nine ", " ten ",
                                   " eleven ", " twelve ", " fifteen ", " twenty ", " thirty ", " forty ", " fifty ", " sixty ", " ninety ", " hundred ",
                                   " thousand ", " million ", " dozen ", " unlimited ", " half ", " no limit ");
}

static bool has_unit_of_time(text plain)
{
    return WORDS_HAVE(plain, " second ", " seconds ", " minute ", " minutes ", " hour ", " hours ", " day ", " days ", " week ", " weeks ", " month ",
        " months ", " year ", " years ", "-day ", " overnight ", " immediately ", " instantly ");
}

/* ` 1987 `, ` 2024 `. */
static bool has_year(text plain)
{
    for (size_t i = 0; i + 6 <= plain.len; i++) {
        text piece = text_slice(plain, i, 6);
        int64_t year;

        if (piece.ptr[0] == ' ' && piece.ptr[5] == ' ' && text_int(text_slice(piece, 1, 4), &year) && year >= 1900 && year < 2100)
            return true;
    }
    return false;
}

static bool has_date(text plain)
{
    return has_year(plain) || WORDS_HAVE(plain, " january ", " february ", " march ", " april ", " may 1", " may 2", " june ", " july ", " august ", " september ", " october ",
        " november ", " december ", " jan ", " feb ", " monday", " tuesday", " wednesday", " thursday", " friday", " saturday", " sunday", " noon ",
        " midnight ", " am ", " pm ", " a m ", " p m ", " weekday", " weekend", " morning", " evening", " afternoon", ":00", ":15", ":30", ":45", " quarter ",
        " spring ", " summer ", " autumn ", " winter ", " daily ", " every ", " tomorrow ", " o clock ", " oclock ");
}

/* Capitals that do not open the sentence. */
static bool has_name(text sentence)
{
    for (size_t i = 2; i < sentence.len; i++)
        if (is_capital(sentence.ptr[i]) && sentence.ptr[i - 1] == ' ' && sentence.ptr[i - 2] != '.' && i + 1 < sentence.len &&
            sentence.ptr[i + 1] >= 'a' && sentence.ptr[i + 1] <= 'z')
            return true;
    return false;
}

static double amount_evidence(text plain)
{
    bool money = WORDS_HAVE(plain, "$", " usd ", " eur ", " gbp ", " chf ", " dollar", " euro", " cent ", " cents ", " pound", "%", " percent",
                     "\xe2\x82\xac", "\xc2\xa3", "\xc2\xa5");

    if (money && has_number(plain))
        return 1;
    if (WORDS_HAVE(plain, " free ", " no charge ", " no cost ", " without charge ", " no extra "))
        return 0.8;
    return has_digit(plain) ? 0.4 : 0;
}

static bool has_one_of(text plain, const char *const *phrases)
{
    for (; *phrases; phrases++)
        if (text_find(plain, text_of(*phrases)) != SIZE_MAX)
            return true;
    return false;
}

double question_evidence(struct arena *arena, const struct question *question, text sentence)
{
    text plain = words_plain(arena, sentence);

    if (question->units)
        return has_number(plain) && has_one_of(plain, question->units) ? 1 : 0;
    switch (question->hint) {
    case HINT_WHO:
        if (text_find_char(sentence, '@') != SIZE_MAX || has_name(sentence))
            return 1;
        return WORDS_HAVE(plain, " manager", " team", " department", " officer", " director", " supervisor", " administrator", " owner", " hr ", " employee",
                   " customer", " staff", " member", " desk ", " lead ", " committee ", " anyone ", " everyone ", " nobody ", " only ")
            ? 0.8
            : 0;
    case HINT_WHEN:
        if (has_date(plain))
            return 1;
        return has_unit_of_time(plain) || WORDS_HAVE(plain, " within ", " after ", " before ", " at the end ") ? 0.7 : 0;
    case HINT_DURATION: return has_unit_of_time(plain) ? (has_number(plain) ? 1 : 0.6) : 0;
    case HINT_AMOUNT: return amount_evidence(plain);
    case HINT_NUMBER: return has_number(plain) ? 1 : WORDS_HAVE(plain, " every ", " weekly ", " daily ", " monthly ", " annually ", " yearly ", " once ", " twice ") ? 0.8 : 0;
    case HINT_WHERE:
        if (WORDS_HAVE(plain, " located ", " street ", " floor ", " behind ", " next to ", " near ", " beside ", " opposite ", " menu ", " settings ", " under ",
                " https", " address ", "@"))
            return 1;
        return WORDS_HAVE(plain, " at ", " in ", " on ", " from ", " through ") ? 0.6 : 0;
    case HINT_WHY:
        return WORDS_HAVE(plain, " because ", " since ", " due to ", " so that ", " in order ", " to avoid ", " to prevent ", " to protect ", " prevents ",
                   " protects ", " reason", " therefore ", " otherwise ", " would ", " as it ", " as they ")
            ? 1
            : 0;
    case HINT_HOW:
        return WORDS_HAVE(plain, " to ", " by ", " click ", " press ", " send ", " use ", " open ", " select ", " hold ", " enter ", " go to ", " must ",
                   " choose ", " with ", " through ", " via ", " log in ", " sign in ")
            ? 1
            : 0;
    case HINT_YES:
        return WORDS_HAVE(plain, " can ", " cannot ", " may ", " must ", " not ", " allowed ", " only ", " never ", " always ", " yes ", " no ", " if ",
                   " required ", " prohibited ", " supports ", " included ", " includes ", " available ", " need ", " without ", " permitted ", " free ")
            ? 1
            : 0;
    default: return 0;
    }
}
