/* Letters on their way through a job: JSON, sealed, in base64url. mail.h is the manual. */
#include "base/json.h"
#include "crypto/crypto.h"
#include "mail/mail.h"

enum { FIELDS_MOST = 16 };

static const text bound = { "letter", 6 };

text letter_seal(struct call *call, const struct letter *letter)
{
    SCOPED(buffer) struct buffer out = { 0 };
    struct json_writer w = { &out, false };
    text sealed;

    jw_object(&w);
    jw_member(&w, "id", text, uuid_text(&call->arena, letter->id));
    jw_member(&w, "kind", text, text_of(letter->kind));
    jw_member(&w, "to", text, letter->to);
    jw_key(&w, "fields");
    jw_object(&w);
    for (size_t i = 0; i < letter->field_count; i++)
        jw_member(&w, letter->fields[i].name, text, letter->fields[i].value);
    jw_object_close(&w);
    jw_object_close(&w);
    sealed = seal(&call->arena, (struct secret){ buffer_view(&out) }, bound);
    return base64url_encode(&call->arena, sealed.ptr, sealed.len);
}

static bool read_fields(struct call *call, text object, struct letter *letter)
{
    struct letter_field *fields = arena_array(&call->arena, FIELDS_MOST, sizeof *fields);
    struct json_walk walk;
    text name, value;

    if (json_type_of(object) != JSON_OBJECT)
        return false;
    walk = json_walk(object);
    for (letter->field_count = 0; json_next_member(&walk, &name, &value); letter->field_count++) {
        if (letter->field_count == FIELDS_MOST)
            return false;
        fields[letter->field_count] = (struct letter_field){ text_z(&call->arena, name), json_unquote(&call->arena, value) };
    }
    letter->fields = fields;
    return true;
}

bool letter_unseal(struct call *call, text sealed, struct letter *ret_letter)
{
    static const struct json_limits limits = { .depth = 2, .string = 1 << 16 };
    struct letter letter = { .kind = NULL };
    struct json_error error;
    struct secret opened;
    text bytes;

    if (!base64url_decode(&call->arena, sealed, &bytes) || !unseal(&call->arena, bytes, bound, &opened) || !json_check(opened.value, &limits, &error))
        return false;
    letter.kind = text_z(&call->arena, json_unquote(&call->arena, json_find(opened.value, "kind")));
    letter.to = json_unquote(&call->arena, json_find(opened.value, "to"));
    if (!uuid_parse(json_unquote(&call->arena, json_find(opened.value, "id")), &letter.id) || !read_fields(call, json_find(opened.value, "fields"), &letter))
        return false;
    *ret_letter = letter;
    return true;
}
