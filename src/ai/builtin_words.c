/* Words of like meaning, and words that carry little, as stems. Ordinary business English; nothing here names a product. */
#include "ai/builtin_parts.h"

/* One group a row. A word may stand in several. */
static const char *const GROUPS[][10] = {
    { "refund", "reimburs", "money-back", "repay" },
    { "refund", "return" },
    { "cost", "price", "fee", "charg", "rate", "pay" },
    { "paid", "pay", "payment", "payout", "paycheck", "salari", "wage" },
    { "vacat", "holiday", "leav", "pto" },
    { "buy", "bought", "purchas", "order" },
    { "phone", "telephon", "call" },
    { "email", "mail", "e-mail" },
    { "delet", "remov", "eras" },
    { "employe", "staff", "worker", "personnel" },
    { "start", "begin", "began", "begun", "commenc", "launch" },
    { "end", "finish", "stop", "expir", "termin" },
    { "cancel", "termin", "quit", "unsubscrib" },
    { "maximum", "max", "limit", "most", "exceed" },
    { "minimum", "least", "min" },
    { "repair", "fix", "servic", "mend" },
    { "warranti", "guarante", "coverag" },
    { "ship", "deliv", "deliveri", "shipment", "send", "sent", "dispatch", "arriv" },
    { "deadlin", "due", "latest" },
    { "help", "support", "assist" },
    { "contact", "reach", "call", "write" },
    { "quick", "fast", "speed" },
    { "big", "larg", "size" },
    { "heavi", "weigh", "weight" },
    { "allow", "permit", "may" },
    { "forbidden", "prohibit", "disallow" },
    { "need", "requir", "must", "necessari" },
    { "open", "hour" },
    { "locat", "address", "situat" },
    { "sick", "ill", "unwel" },
    { "reset", "restor" },
    { "chang", "modifi", "edit", "updat" },
    { "credenti", "password", "login" },
    { "sign", "log" },
    { "dog", "pet", "anim" },
    { "car", "vehicl" },
    { "boss", "manag", "supervisor" },
    { "found", "establish" },
    { "remot", "home" },
    { "broken", "faulti", "defect", "damag" },
    { "error", "fail", "failur", "fault", "code" },
    { "happen", "result" },
    { "batteri", "charg" },
    { "clean", "wash", "wipe" },
    { "store", "keep", "kept", "retain", "retent", "save" },
    { "discount", "reduct", "cheaper" },
    { "document", "file" },
    { "bring", "carri", "take" },
    { "approv", "author", "sign" },
    { "custom", "client", "user" },
    { "receiv", "get", "got" },
    { "resign", "notic", "quit" },
    { "attach", "attachment" },
    { "choos", "select" },
    { "wear", "dress", "wore", "cloth" },
    { "child", "children", "kid" },
    { "person", "peopl" },
    { "free", "complimentari" },
    { "swap", "exchang", "replac" },
    { "dure", "warm", "temperatur", "hot" },
    { "bill", "invoic" },
    { "report", "notifi", "inform" },
    { "travel", "trip" },
    { "hotel", "lodg", "accommod" },
    { "meal", "food", "lunch", "dinner" },
    { "month", "monthly" },
    { "year", "annual", "year" },
    { "week", "weekly" },
    { "day", "daili" },
    { "leav", "drop", "deposit" },
    { "fine", "fee", "penalti", "surcharg" },
    { "doctor", "physician" },
    { "medicin", "drug", "medic", "prescript" },
    { "teach", "taught", "teacher", "instructor", "trainer", "led" },
    { "join", "particip", "attend", "enrol", "regist", "part" },
    { "close", "shut" },
    { "websit", "site", "homepag", "onlin" },
    { "comput", "laptop", "pc" },
    { "photo", "pictur", "imag" },
    { "film", "movi" },
    { "guest", "visitor" },
    { "check", "inspect", "examin", "review" },
    { "eat", "food", "meal" },
    { "job", "posit", "role" },
    { "hire", "recruit" },
    { "dismiss", "fire" },
    { "compani", "firm", "busi" },
    { "rule", "polici", "regul" },
    { "contract", "agreement" },
    { "luggag", "baggag", "bag", "suitcas" },
    { "flat", "apart" },
    { "rent", "leas", "hire" },
    { "wifi", "wi-fi", "wireless", "internet" },
    { "electr", "power" },
    { "screen", "display" },
    { "borrow", "lend", "loan", "lent" },
    { "renew", "extend", "prolong" },
    { "wrong", "incorrect" },
    { "transfer", "migrat", "move" },
    { "kilomet", "km", "mileag", "mile" },
    { "speak", "talk", "spoken" },
    { "colleagu", "coworker" },
    { "secur", "safeti" },
    { "bug", "vulner", "defect" },
    { "hole", "vulner" },
    { "tell", "inform", "notifi", "told" },
    { "build", "built", "construct", "made" },
    { "write", "wrote", "written", "author" },
    { "lose", "lost", "miss" },
    { "meet", "met" },
    { "begin", "start" },
    { "know", "known" },
    { "hold", "held", "contain", "capac" },
    { "run", "ran", "last" },
    { "choic", "option" },
    { "spous", "partner", "husband", "wife" },
    { "educ", "train", "cours" },
    { "age", "old" },
};

static const char *const WEAK[] = { "get", "take", "need", "want", "know", "tell", "give", "happen", "work", "mani", "long", "use", "make",
    "find", "possibl", "go", "like", "say", "mean", "one", "thing", "way", "someth", "anyth", "someon", "anyon", "kind", "type", "often", "far",
    "soon", "ever", "still", "alreadi", "there", "come", "put", "see", "show", "explain", "describ", "list", "document", "much", "pleas",
    "would", "got", "also", "detail", "exact", "current", "next", "time", "stand", "away", "stay", "tri", "handl", "deal", "offer", "provid",
    "have", "hold", "back", "around", "necessari", "be", "look" };

static bool groups_share(text a, text b)
{
    for (size_t g = 0; g < sizeof GROUPS / sizeof *GROUPS; g++) {
        bool has_a = false, has_b = false;

        for (size_t i = 0; i < 10 && GROUPS[g][i]; i++) {
            has_a |= text_equal(a, text_of(GROUPS[g][i]));
            has_b |= text_equal(b, text_of(GROUPS[g][i]));
        }
        if (has_a && has_b)
            return true;
    }
    return false;
}

/* `reimburs` and `reimbursement`, `eligibl` and `eligibility`: the longer goes on where the shorter ends. */
static bool shares_root(text a, text b)
{
    text shorter = a.len < b.len ? a : b, longer = a.len < b.len ? b : a;

    if (shorter.len == 4) /* rent and rental, but not rent and render */
        return longer.len == 6 && text_starts(longer, shorter) && text_ends(longer, T("al"));
    return shorter.len >= 5 && longer.len - shorter.len <= 4 && text_starts(longer, text_slice(shorter, 0, shorter.len - 1));
}

double words_match(text term, const struct term_list *terms)
{
    double best = 0;

    for (size_t i = 0; i < terms->len; i++) {
        text word = terms->items[i].word;

        if (text_equal(term, word))
            return 1;
        if (best < 0.85 && shares_root(term, word))
            best = 0.85;
        else if (best < 0.7 && groups_share(term, word))
            best = 0.7;
    }
    return best;
}

bool word_is_weak(text stem)
{
    for (size_t i = 0; i < sizeof WEAK / sizeof *WEAK; i++)
        if (text_equal(stem, text_of(WEAK[i])))
            return true;
    return false;
}

text words_plain(struct arena *arena, text message)
{
    char *out = arena_alloc(arena, message.len + 3);
    size_t len = 0;

    out[len++] = ' ';
    for (size_t i = 0; i < message.len; i++) {
        char c = message.ptr[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80 || (c && strchr("$%@:", c));

        if (c >= 'A' && c <= 'Z')
            out[len++] = (char)(c + 32);
        else if (word)
            out[len++] = c;
        else if (c != '\'' && out[len - 1] != ' ') /* "what's" is "whats" */
            out[len++] = ' ';
    }
    if (out[len - 1] != ' ')
        out[len++] = ' ';
    return (text){ out, len };
}

bool words_have(text plain, const char *const *phrases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text_find(plain, text_of(phrases[i])) != SIZE_MAX)
            return true;
    return false;
}
