/* The English words that tell nothing about what a text is about. Sorted by bytes: looked up by bisection. */
#include "search/terms.h"

static const char *const WORDS[] = {
    "a", "about", "after", "again", "all", "also", "am", "an", "and", "any", "are", "arent", "as", "at", "be", "because", "been",
    "before", "being", "between", "both", "but", "by", "can", "cant", "could", "couldnt", "did", "didnt", "do", "does", "doesnt",
    "doing", "dont", "during", "each", "every", "for", "from", "further", "get", "gets", "had", "has", "hasnt", "have", "havent",
    "having", "he", "her", "here", "hers", "him", "his", "how", "i", "if", "in", "into", "is", "isnt", "it", "its", "just", "let",
    "may", "me", "might", "more", "most", "much", "must", "my", "no", "nor", "not", "of", "off", "on", "once", "only", "or",
    "other", "our", "ours", "out", "over", "own", "please", "same", "shall", "she", "should", "shouldnt", "so", "some", "such",
    "than", "that", "the", "their", "theirs", "them", "then", "there", "these", "they", "this", "those", "through", "to", "too",
    "under", "until", "up", "upon", "us", "very", "was", "wasnt", "we", "were", "werent", "what", "when", "where", "which",
    "while", "who", "whom", "whose", "why", "will", "with", "wont", "would", "wouldnt", "you", "your", "yours",
};

bool stop_word(text word)
{
    size_t low = 0, high = sizeof WORDS / sizeof *WORDS;

    if (word.len > 8)
        return false;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = text_compare(word, text_of(WORDS[middle]));

        if (order == 0)
            return true;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}
