#include "features/conversations/conversations_api.h"

#include "features/conversations/conversations_answer.h"
#include "features/conversations/conversations_store.h"
#include "features/conversations/conversations_stream.h"
#include "features/knowledge/knowledge.h"

/* --- conversations ------------------------------------------------------------------------------------------------------------ */

struct conversation_body {
    text title, agent_id, model;
    struct uuid_list collection_ids;
};

static const struct field create_fields[] = {
    TEXT(struct conversation_body, title, .min = 1, .max = 200), TEXT(struct conversation_body, model, .min = 1, .max = 200),
    UUIDS(struct conversation_body, collection_ids, .max = 50), FIELDS_END,
};

static enum result create(struct request *req, const void *in)
{
    const struct conversation_body *body = in;
    struct conversation_row row = { .id = uuid_new(), .title = body->title, .model = body->model.len ? body->model : T("builtin/extract-1"),
                                    .collection_ids = body->collection_ids, .created_at = req->call.now, .updated_at = req->call.now };

    TRY(knowledge_check_collections(&req->call, "collection_ids", body->collection_ids));
    TRY(conversation_insert(&req->call, &row));
    return respond(req, 201, conversation_columns, &row);
}

static enum result list(struct request *req, const void *body)
{
    const struct page_query *query = req->query;
    struct list rows;
    int64_t total;

    (void)body;
    TRY(conversation_list(&req->call, page_of(query), page_size_of(query), &rows, &total));
    return respond_page(req, conversation_columns, rows, sizeof(struct conversation_row), page_of(query), page_size_of(query), total);
}

static enum result read_one(struct request *req, const void *body)
{
    struct conversation_row row;

    (void)body;
    TRY(conversation_read(&req->call, req->ids[0], &row));
    return respond(req, 200, conversation_columns, &row);
}

static const struct field change_fields[] = {
    TEXT(struct conversation_body, title, .min = 1, .max = 200), TEXT(struct conversation_body, model, .min = 1, .max = 200), FIELDS_END,
};

static enum result change(struct request *req, const void *in)
{
    const struct conversation_body *body = in;

    TRY(conversation_change(&req->call, req->ids[0], body->title, body->model));
    return read_one(req, NULL);
}

static enum result delete_one(struct request *req, const void *body)
{
    (void)body;
    TRY(conversation_delete(&req->call, req->ids[0]));
    return respond_empty(req);
}

/* --- messages ----------------------------------------------------------------------------------------------------------------- */

struct message_error {
    text code, message;
};

static const struct field message_error_view[] = { TEXT(struct message_error, code), TEXT(struct message_error, message), FIELDS_END };

/* What the JSON of a row holds. */
struct citation {
    int64_t index;
    uuid document_id, chunk_id;
    text title, quote;
};

static const struct field citation_view[] = {
    INT(struct citation, index, .doc = "As `[1]` in the content."), UUID(struct citation, document_id), UUID(struct citation, chunk_id), TEXT(struct citation, title),
    TEXT(struct citation, quote), FIELDS_END,
};

struct message_view {
    struct message_row row;
    text error; /* JSON */
};

static const char *const roles[] = { "user", "assistant", NULL };
static const char *const statuses[] = { "streaming", "complete", "stopped", "failed", NULL };

static const struct field message_view[] = {
    { .name = "id", .type = FIELD_UUID, .at = offsetof(struct message_view, row.id) },
    { .name = "role", .type = FIELD_TEXT, .at = offsetof(struct message_view, row.role), .one_of = roles },
    { .name = "content", .type = FIELD_TEXT, .at = offsetof(struct message_view, row.content) },
    { .name = "status", .type = FIELD_TEXT, .at = offsetof(struct message_view, row.status), .one_of = statuses },
    { .name = "citations", .type = FIELD_JSON, .at = offsetof(struct message_view, row.citations), .many = true,
      .fields = citation_view },
    { .name = "model", .type = FIELD_TEXT, .at = offsetof(struct message_view, row.model), .nullable = true },
    { .name = "error", .type = FIELD_JSON, .at = offsetof(struct message_view, error), .nullable = true,
      .fields = message_error_view },
    { .name = "created_at", .type = FIELD_TIME, .at = offsetof(struct message_view, row.created_at) },
    FIELDS_END,
};

static struct message_view view_of(struct arena *arena, const struct message_row *row)
{
    SCOPED(buffer) struct buffer out = { 0 };
    struct json_writer w = { &out, false };
    struct message_view view = { .row = *row };

    if (!row->error_code.ptr)
        return view;
    jw_object(&w);
    jw_member(&w, "code", text, row->error_code);
    jw_member(&w, "message", text, row->error_message);
    jw_object_close(&w);
    view.error = text_copy(arena, buffer_view(&out));
    return view;
}

static enum result list_messages(struct request *req, const void *body)
{
    const struct cursor_query *query = req->query;
    struct call *call = &req->call;
    struct conversation_row conversation;
    struct message_view *views;
    struct list rows;
    text next = TEXT_NONE;
    uuid after;

    (void)body;
    TRY(conversation_read(call, req->ids[0], &conversation));
    TRY(cursor_read(call, query->cursor, &after));
    TRY(message_list(call, req->ids[0], after, limit_of(query), &rows));
    views = arena_array(&call->arena, rows.len, sizeof *views);
    for (size_t i = 0; i < rows.len; i++)
        views[i] = view_of(&call->arena, (const struct message_row *)rows.items + i);
    if ((int64_t)rows.len == limit_of(query))
        next = uuid_text(&call->arena, views[rows.len - 1].row.id);
    return respond_cursor(req, message_view, (struct list){ views, rows.len }, sizeof *views, next);
}

struct message_body {
    text content;
    bool stream, has_stream;
};

static const struct field message_fields[] = {
    TEXT(struct message_body, content, .required = true, .min = 1, .max = 32000),
    BOOL(struct message_body, stream, .given = offsetof(struct message_body, has_stream), .doc = "true where absent"), FIELDS_END,
};

/* A question gives an untitled conversation its name: its first words. */
static text title_from(struct arena *arena, text content)
{
    enum { LONGEST = 70 };
    text line = text_trim(content), rest = line;
    size_t end;

    line = text_trim(text_cut(&rest, '\n'));
    if (line.len <= LONGEST)
        return line;
    line = utf8_prefix(line, LONGEST);
    end = line.len;
    while (end > LONGEST / 2 && line.ptr[end - 1] != ' ')
        end--;
    return text_format(arena, "%.*s…", TEXT_ARG(text_trim(text_slice(line, 0, end > LONGEST / 2 ? end : line.len))));
}

/* The conversation's last answer if its row says that it is being given but no instance gives it: it does not lock the
   conversation for ever. Asked before the transaction, because the answer may be some time coming. */
static enum result find_abandoned(struct call *call, uuid conversation, uuid *ret_message)
{
    struct list last;
    const struct message_row *row;

    *ret_message = UUID_NONE;
    TRY(message_latest(call, conversation, 1, &last));
    row = last.items;
    if (last.len && text_equal(row->status, T("streaming")) && answer_is_abandoned(call, row))
        *ret_message = row->id;
    return OK;
}

static enum result store_question(struct call *call, const struct conversation_row *conversation, text content, uuid abandoned, struct message_row *question,
                                  struct message_row *answer)
{
    SCOPED(tx) struct tx tx = tx_begin(call);
    const struct message_row *before;
    struct list last;

    TRY(tx.fault);
    TRY(message_latest(call, conversation->id, 1, &last));
    before = last.items;
    if (last.len && text_equal(before->status, T("streaming")) && !uuid_equal(before->id, abandoned))
        return fail(call, CONFLICT, "The answer before is still being given. Stop it or wait for its end.");
    if (!uuid_is_none(abandoned))
        TRY(message_interrupted(call, conversation->id, abandoned));
    *question = (struct message_row){ .conversation_id = conversation->id, .id = uuid_new(), .role = T("user"), .content = content, .status = T("complete"),
                                      .created_at = call->now };
    *answer = (struct message_row){ .conversation_id = conversation->id, .id = uuid_new(), .role = T("assistant"), .content = T(""), .status = T("streaming"),
                                    .model = conversation->model, .created_at = call->now };
    TRY(message_insert(call, question));
    TRY(message_insert(call, answer));
    TRY(conversation_touch(call, conversation->id, title_from(&call->arena, content)));
    return tx_commit(&tx);
}

struct whole_view {
    struct message_view message;
    struct whole_usage {
        int64_t input_tokens, output_tokens, cost_micros;
        text model;
    } usage;
};

static const struct field whole_usage_view[] = {
    INT(struct whole_usage, input_tokens), INT(struct whole_usage, output_tokens), INT(struct whole_usage, cost_micros), TEXT(struct whole_usage, model), FIELDS_END,
};

static const struct field whole_view[] = {
    OBJECT(struct whole_view, message, struct message_view, message_view), OBJECT(struct whole_view, usage, struct whole_usage, whole_usage_view), FIELDS_END,
};

/* The answer is stored: all of it, or its failure as this request's own. */
static enum result respond_whole(struct request *req)
{
    struct call *call = &req->call;
    struct whole_view view = { 0 };
    struct message_row row;

    TRY(message_read(call, req->ids[0], req->ids[1], &row));
    if (row.error_code.ptr)
        for (int result = OK + 1; result < RESULT_COUNT; result++)
            if (text_equal(row.error_code, text_of(result_code((enum result)result))))
                return fail(call, (enum result)result, "%.*s", TEXT_ARG(row.error_message));
    view.message = view_of(&call->arena, &row);
    view.usage = (struct whole_usage){ row.input_tokens, row.output_tokens, row.cost_micros, row.model };
    return respond(req, 201, whole_view, &view);
}

static enum result ask(struct request *req, const void *in)
{
    const struct message_body *body = in;
    struct call *call = &req->call;
    struct conversation_row conversation;
    struct message_row question, answer;
    uuid abandoned;

    if (!text_trim(body->content).len)
        return fail_field(call, "content", "must not be blank");
    TRY(conversation_read(call, req->ids[0], &conversation));
    TRY(find_abandoned(call, conversation.id, &abandoned));
    TRY(store_question(call, &conversation, body->content, abandoned, &question, &answer));
    answer_start(call, &conversation, answer.id, body->content, question.id);
    req->ids[1] = answer.id;
    if (body->has_stream && !body->stream)
        await_answer(req, answer.id, respond_whole);
    else
        stream_answer(req, answer.id, 0);
    return OK;
}

struct stream_query {
    text last_event_id;
};

static const struct field stream_query_fields[] = {
    TEXT(struct stream_query, last_event_id, .max = 50, .doc = "As the header Last-Event-ID, for clients that cannot send it."), FIELDS_END,
};

/* `number-mark`, as the stream gave it out. */
static enum result read_place(struct request *req, int64_t *ret_number, int64_t *ret_mark)
{
    const struct stream_query *query = req->query;
    text header = request_header(req, "last-event-id"), mark = header.len ? header : query->last_event_id, number = text_cut(&mark, '-');

    *ret_number = *ret_mark = 0;
    if (!number.len)
        return OK;
    if (!text_int(number, ret_number) || !mark.ptr || !text_int(mark, ret_mark) || *ret_number < 0 || *ret_mark < 0)
        return fail_field(&req->call, "last_event_id", "is not one that was given out");
    return OK;
}

static enum result resume(struct request *req, const void *body)
{
    struct call *call = &req->call;
    struct conversation_row conversation;
    struct message_row row;
    int64_t number, mark;

    (void)body;
    TRY(conversation_read(call, req->ids[0], &conversation));
    TRY(message_read(call, req->ids[0], req->ids[1], &row));
    TRY(read_place(req, &number, &mark));
    if (!text_equal(row.role, T("assistant")))
        return NOT_FOUND;
    if (answer_can_be_read(call, row.id)) {
        stream_answer(req, req->ids[1], number);
        return OK;
    }
    if (text_equal(row.status, T("streaming")))
        TRY(answer_give_up(call, &row));
    return respond_stored(req, &row, number, mark);
}

static enum result stop(struct request *req, const void *body)
{
    struct call *call = &req->call;
    struct conversation_row conversation;
    struct message_row row;

    (void)body;
    TRY(conversation_read(call, req->ids[0], &conversation));
    TRY(message_read(call, req->ids[0], req->ids[1], &row));
    if (text_equal(row.status, T("streaming"))) /* one that has ended is stopped already */
        answer_stop(call, row.id);
    return respond_empty(req);
}

#define READS .access = ACCESS_MEMBER, .permission = CONVERSATIONS_READ
#define WRITES .access = ACCESS_MEMBER, .permission = CONVERSATIONS_WRITE

const struct route conversations_routes[] = {
    { POST, "/api/conversations", create, WRITES, .body = BODY(struct conversation_body, create_fields), .view = conversation_columns, .status = 201,
      .light = true, .doc = "Open a conversation; without collection_ids it searches all documents." },
    { GET, "/api/conversations", list, READS, .query = QUERY(struct page_query, page_query_fields), .view = conversation_columns, .answer = ANSWER_PAGE,
      .light = true, .doc = "One's conversations, the latest activity first." },
    { GET, "/api/conversations/:id", read_one, READS, .view = conversation_columns, .light = true, .doc = "One conversation." },
    { PATCH, "/api/conversations/:id", change, WRITES, .body = BODY(struct conversation_body, change_fields), .view = conversation_columns,
      .light = true, .doc = "Rename it or choose another model." },
    { DELETE, "/api/conversations/:id", delete_one, WRITES, .answer = ANSWER_EMPTY, .light = true, .doc = "Delete it with its messages." },
    { GET, "/api/conversations/:id/messages", list_messages, READS, .query = QUERY(struct cursor_query, cursor_query_fields), .view = message_view,
      .answer = ANSWER_CURSOR, .doc = "Its messages, oldest first." },
    { POST, "/api/conversations/:id/messages", ask, WRITES, .body = BODY(struct message_body, message_fields), .view = whole_view, .answer = ANSWER_EVENTS,
      .doc = "Ask; the answer streams as message.created, message.delta, citation, usage, done or error. With stream false it comes whole, with 201." },
    { GET, "/api/conversations/:id/messages/:message_id/stream", resume, READS, .query = QUERY(struct stream_query, stream_query_fields), .answer = ANSWER_EVENTS,
      .doc = "Go on reading an answer after Last-Event-ID." },
    { POST, "/api/conversations/:id/messages/:message_id/stop", stop, WRITES, .answer = ANSWER_EMPTY, .doc = "End an answer; what there is of it is kept." },
    { 0 },
};
