/* Statements and values as PostgreSQL takes and gives them. */
#include <ctype.h>
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/postgres.h"

/* Types of the catalogue that our columns have (pg_type.dat); an extension's types have no fixed number and travel as text. */
enum { BOOL_TYPE = 16, BYTEA_TYPE = 17, INT8_TYPE = 20, INT2_TYPE = 21, INT4_TYPE = 23, FLOAT8_TYPE = 701, TIMESTAMPTZ_TYPE = 1184, NUMERIC_TYPE = 1700, UUID_TYPE = 2950, JSONB_TYPE = 3802 };

static const int64_t EPOCH_2000 = 946684800LL * SECOND; /* where PostgreSQL's times begin */

/* --- statements -------------------------------------------------------------------------------------------------------------- */

static bool is_org(const char *at)
{
    return strncmp(at, ":org", 4) == 0 && !isalnum((unsigned char)at[4]) && at[4] != '_';
}

static int most_parameter(const char *sql)
{
    int most = 0;

    for (const char *at = sql; *at; at++)
        if (at[0] == '$' && isdigit((unsigned char)at[1]) && atoi(at + 1) > most)
            most = atoi(at + 1);
    return most;
}

bool pg_translate(const struct query *query, struct pg_statement *ret_statement, char fault[static 512])
{
    const char *sql = query->postgres ? query->postgres : query->sql;
    SCOPED(buffer) struct buffer out = { 0 };
    struct pg_statement s = { .query = query, .parameters = most_parameter(sql) };

    for (const char *at = sql; *at; at++) {
        if (!is_org(at)) {
            buffer_char(&out, *at);
            continue;
        }
        if (!s.org)
            s.org = ++s.parameters;
        buffer_format(&out, "$%d", s.org);
        at += 3;
    }
    if (s.parameters > MOST_PARAMETERS) {
        snprintf(fault, 512, "%s: it has more than %d parameters", query->name, MOST_PARAMETERS);
        return false;
    }
    buffer_char(&out, 0);
    s.sql = strdup(buffer_view(&out).ptr);
    *ret_statement = s;
    return true;
}

static bool fits(enum field_type field, Oid type)
{
    switch (field) {
    case FIELD_INT: return type == INT8_TYPE || type == INT4_TYPE || type == INT2_TYPE;
    case FIELD_TIME: return type == TIMESTAMPTZ_TYPE || type == INT8_TYPE;
    case FIELD_BOOL: return type == BOOL_TYPE;
    case FIELD_DOUBLE: return type == FLOAT8_TYPE;
    case FIELD_UUID: return type == UUID_TYPE;
    case FIELD_BYTES: return type == BYTEA_TYPE;
    case FIELD_TEXTS:
    case FIELD_UUIDS: return type == JSONB_TYPE;
    case FIELD_TEXT:
    case FIELD_JSON: return type != NUMERIC_TYPE && !fits(FIELD_INT, type) && !fits(FIELD_BOOL, type) && !fits(FIELD_TIME, type) && type != UUID_TYPE && type != BYTEA_TYPE;
    case FIELD_OBJECT:
    case FIELD_LIST:
    case FIELD_NONE: break;
    }
    return false;
}

bool pg_described(const PGresult *description, struct pg_statement *s, char fault[static 512])
{
    const struct query *query = s->query;
    int columns = PQnfields(description), wanted = 0;

    if (PQnparams(description) != s->parameters) {
        snprintf(fault, 512, "%s: a parameter is not used", query->name);
        return false;
    }
    for (int i = 0; i < s->parameters; i++)
        s->types[i] = PQparamtype(description, i);
    for (const struct field *field = query->row; field && field->type; field++, wanted++) {
        if (wanted >= columns || strcmp(PQfname(description, wanted), field->name) != 0) {
            snprintf(fault, 512, "%s: column %d is %s, not %s", query->name, wanted + 1, wanted < columns ? PQfname(description, wanted) : "missing", field->name);
            return false;
        }
        if (!fits(field->type, PQftype(description, wanted))) {
            snprintf(fault, 512, "%s: column %s is of type %u, which its field does not take", query->name, field->name, PQftype(description, wanted));
            return false;
        }
    }
    if (query->row && columns != wanted) {
        snprintf(fault, 512, "%s: it gives %d columns, its row has %d", query->name, columns, wanted);
        return false;
    }
    return true;
}

/* --- values -------------------------------------------------------------------------------------------------------------------- */

static void put(struct pg_values *v, int i, const void *bytes, size_t len)
{
    v->values[i] = bytes;
    v->lengths[i] = (int)len;
    v->formats[i] = 1;
}

static void put_number(struct pg_values *v, int i, uint64_t value, size_t size)
{
    uint64_t big = htobe64(value << (64 - size * 8));

    memcpy(v->room[i], &big, size);
    put(v, i, v->room[i], size);
}

/* jsonb on the wire is a version and the text. */
static void put_json(struct call *call, struct pg_values *v, int i, text json)
{
    char *bytes = arena_alloc(&call->arena, json.len + 1);

    bytes[0] = 1;
    memcpy(bytes + 1, json.ptr, json.len);
    put(v, i, bytes, json.len + 1);
}

static bool encode_int(struct pg_values *v, int i, Oid type, int64_t number)
{
    double real = (double)number;
    uint64_t bits;

    switch (type) {
    case INT8_TYPE: put_number(v, i, (uint64_t)number, 8); return true;
    case TIMESTAMPTZ_TYPE: put_number(v, i, (uint64_t)(number - EPOCH_2000), 8); return true;
    case BOOL_TYPE: put_number(v, i, number != 0, 1); return true;
    case INT4_TYPE: put_number(v, i, (uint32_t)number, 4); return number == (int32_t)number;
    case INT2_TYPE: put_number(v, i, (uint16_t)number, 2); return number == (int16_t)number;
    case FLOAT8_TYPE:
        memcpy(&bits, &real, sizeof bits);
        put_number(v, i, bits, 8);
        return true;
    default: return false;
    }
}

static bool encode(struct call *call, struct pg_values *v, int i, Oid type, const struct arg *arg)
{
    uint64_t bits;

    switch (arg->type) {
    case ARG_NULL: put(v, i, NULL, 0); return true;
    case ARG_TEXT:
        if (type == JSONB_TYPE)
            put_json(call, v, i, arg->text);
        else
            put(v, i, arg->text.ptr, arg->text.len);
        return fits(FIELD_TEXT, type);
    case ARG_BYTES: put(v, i, arg->text.ptr, arg->text.len); return type == BYTEA_TYPE;
    case ARG_UUID: put(v, i, memcpy(v->room[i], arg->id.bytes, 16), 16); return type == UUID_TYPE;
    case ARG_INT: return encode_int(v, i, type, arg->number);
    case ARG_DOUBLE:
        memcpy(&bits, &arg->real, sizeof bits);
        put_number(v, i, bits, 8);
        return type == FLOAT8_TYPE;
    }
    return false;
}

bool pg_encode(struct call *call, const struct pg_statement *s, struct args args, struct pg_values *ret_values)
{
    struct arg org = db_uuid(call->organization);

    for (int i = 0; i < s->parameters; i++) {
        static const struct arg none = { ARG_NULL, { .number = 0 } };
        const struct arg *arg = i + 1 == s->org ? &org : (size_t)i < args.len ? &args.items[i] : &none;

        if (!encode(call, ret_values, i, s->types[i], arg))
            return false;
    }
    return true;
}

static uint64_t number_at(const char *bytes, int len)
{
    uint64_t value = 0;

    for (int i = 0; i < len; i++)
        value = value << 8 | (unsigned char)bytes[i];
    return value;
}

static int64_t signed_at(const char *bytes, int len)
{
    return len == 2 ? (int16_t)number_at(bytes, 2) : len == 4 ? (int32_t)number_at(bytes, 4) : (int64_t)number_at(bytes, 8);
}

static void decode(struct arena *arena, bool transient, Oid type, text value, const struct field *field, void *at)
{
    uint64_t bits;

    if (type == JSONB_TYPE)
        value = text_slice(value, 1, value.len);
    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_JSON:
    case FIELD_BYTES: *(text *)at = transient ? value : text_copy(arena, value); break;
    case FIELD_INT: *(int64_t *)at = signed_at(value.ptr, (int)value.len); break;
    case FIELD_TIME: *(int64_t *)at = (int64_t)number_at(value.ptr, 8) + (type == TIMESTAMPTZ_TYPE ? EPOCH_2000 : 0); break;
    case FIELD_BOOL: *(bool *)at = value.ptr[0] != 0; break;
    case FIELD_DOUBLE:
        bits = number_at(value.ptr, 8);
        memcpy(at, &bits, sizeof bits);
        break;
    case FIELD_UUID: memcpy(at, value.ptr, 16); break;
    case FIELD_TEXTS:
    case FIELD_UUIDS: row_read_list(arena, field, value, at); break;
    case FIELD_OBJECT:
    case FIELD_LIST:
    case FIELD_NONE: break; /* no column is one of these */
    }
}

void pg_decode(struct arena *arena, const PGresult *result, int row, const struct query *query, bool transient, void *into)
{
    int column = 0;

    memset(into, 0, query->row_size);
    for (const struct field *field = query->row; field->type; field++, column++)
        if (!PQgetisnull(result, row, column))
            decode(arena, transient, PQftype(result, column), (text){ PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column) }, field,
                   (char *)into + field->at);
}
