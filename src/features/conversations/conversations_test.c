/* Conversations: asking, the streamed answer with its citations, going on after a cut, stopping. */
#include "tests/scenario/scenario.h"

#define ASK .as = OWNER, .send = "POST /api/conversations/{c}/messages"

static const struct scenario rows[] = {
    { "a document", .as = OWNER, .send = "POST /api/knowledge/documents", .body = "{'title':'Hours','text':'The shop opens at nine. The bell rings at noon.'}", .status = 202, .keep = { "doc=data.id" } },
    { "is ready", .as = OWNER, .send = "GET /api/knowledge/documents/{doc}", .eventually = true, .has = { "data.status=ready" } },
    { "a conversation", .as = OWNER, .send = "POST /api/conversations", .body = "{}", .status = 201,
      .has = { "data.id", "data.title!", "data.model=builtin/extract-1", "data.collection_ids#0", "data.created_at", "data.updated_at" }, .keep = { "c=data.id" } },
    { "a question is answered from the document", ASK, .body = "{'content':'When does the bell ring?','stream':false}", .status = 201,
      .has = { "data.message.role=assistant", "data.message.status=complete", "data.message.content~noon", "data.message.citations.0.index=1", "data.message.citations.0.document_id={doc}",
               "data.message.citations.0.title=Hours", "data.message.citations.0.quote~noon", "data.message.error!", "data.usage.input_tokens", "data.usage.cost_micros=0",
               "data.usage.model=builtin/extract-1" },
      .keep = { "m=data.message.id" } },
    { "the conversation is called after it", .as = OWNER, .send = "GET /api/conversations/{c}", .has = { "data.title=When does the bell ring?" } },
    { "both messages are there", .as = OWNER, .send = "GET /api/conversations/{c}/messages",
      .has = { "data#2", "data.0.role=user", "data.0.content=When does the bell ring?", "data.1.id={m}", "data.1.role=assistant", "data.1.status=complete", "meta.next_cursor!" },
      .keep = { "u=data.0.id" } },
    { "streamed it comes in pieces", ASK, .body = "{'content':'When does the shop open?'}",
      .says = { "event: message.created", "event: message.delta", "event: citation", "event: usage", "event: done", "id: 1", "\"status\":\"complete\"", "nine" },
      .heads = { "Content-Type: text/event-stream", "Cache-Control: no-store" } },
    { "four messages", .as = OWNER, .send = "GET /api/conversations/{c}/messages", .has = { "data#4", "data.3.status=complete" }, .keep = { "s=data.3.id" } },
    { "page by page", .as = OWNER, .send = "GET /api/conversations/{c}/messages?limit=3", .has = { "data#3", "meta.next_cursor" }, .keep = { "next=meta.next_cursor" } },
    { "oldest first", .as = OWNER, .send = "GET /api/conversations/{c}/messages?limit=3&cursor={next}", .has = { "data#1", "data.0.id={s}", "meta.next_cursor!" } },
    { "the stream can be read again", .as = OWNER, .send = "GET /api/conversations/{c}/messages/{s}/stream", .says = { "event: message.delta", "event: done" } },
    { "from where it was cut", .as = OWNER, .send = "GET /api/conversations/{c}/messages/{s}/stream", .headers = "Last-Event-ID: 1-0", .says = { "event: done" }, .hides = { "event: message.created" } },
    { "by the query as well", .as = OWNER, .send = "GET /api/conversations/{c}/messages/{s}/stream?last_event_id=1-0", .says = { "event: done" }, .hides = { "event: message.created" } },
    { "a place that was not given out", .as = OWNER, .send = "GET /api/conversations/{c}/messages/{s}/stream", .headers = "Last-Event-ID: nonsense", .error = "VALIDATION_ERROR",
      .has = { "error.fields.last_event_id" } },
    { "a question has no stream", .as = OWNER, .send = "GET /api/conversations/{c}/messages/{u}/stream", .error = "NOT_FOUND" },
    { "a finished answer can be stopped, which changes nothing", .as = OWNER, .send = "POST /api/conversations/{c}/messages/{s}/stop", .has = { "success=true" } },
    { "it is complete", .as = OWNER, .send = "GET /api/conversations/{c}/messages", .has = { "data.3.status=complete" } },
    { "each answer is on record", .as = OWNER, .send = "GET /api/usage/events", .has = { "data#2", "data.0.feature=conversations", "data.0.user_id={owner.id}", "data.0.key_id!" } },

    { "what the documents do not say is not made up", ASK, .body = "{'content':'Who painted the ceiling of the chapel?','stream':false}", .status = 201,
      .has = { "data.message.status=complete", "data.message.citations#0" }, .hides = { "noon" } },
    { "a blank question", ASK, .body = "{'content':'   '}", .error = "VALIDATION_ERROR", .has = { "error.fields.content" } },
    { "a conversation with a model that is not there", .as = OWNER, .send = "POST /api/conversations", .body = "{'model':'openai/gpt-nothing'}", .status = 201, .keep = { "broken=data.id" } },
    { "says so when it is asked", .as = OWNER, .send = "POST /api/conversations/{broken}/messages", .body = "{'content':'Hello'}", .says = { "event: error", "\"status\":\"failed\"" } },
    { "and keeps the failure", .as = OWNER, .send = "GET /api/conversations/{broken}/messages", .has = { "data#2", "data.1.status=failed", "data.1.error.code", "data.1.error.message" } },
    { "another model is chosen", .as = OWNER, .send = "PATCH /api/conversations/{broken}", .body = "{'model':'builtin/extract-1','title':'Mended'}",
      .has = { "data.model=builtin/extract-1", "data.title=Mended" } },
    { "then it goes on", .as = OWNER, .send = "POST /api/conversations/{broken}/messages", .body = "{'content':'When does the bell ring?','stream':false}", .status = 201,
      .has = { "data.message.content~noon" } },
    { "null changes nothing", .as = OWNER, .send = "PATCH /api/conversations/{broken}", .body = "{'title':null,'model':null}", .has = { "data.title=Mended", "data.model=builtin/extract-1" } },
    { "a collection that is not one's own", .as = OWNER, .send = "POST /api/conversations", .body = "{'collection_ids':['{doc}']}", .error = "VALIDATION_ERROR", .has = { "error.fields.collection_ids" } },
    { "a collection without documents", .as = OWNER, .send = "POST /api/knowledge/collections", .body = "{'name':'Empty'}", .status = 201, .keep = { "empty=data.id" } },
    { "a conversation about it", .as = OWNER, .send = "POST /api/conversations", .body = "{'title':'About nothing','collection_ids':['{empty}']}", .status = 201,
      .has = { "data.collection_ids.0={empty}" }, .keep = { "about=data.id" } },
    { "does not look elsewhere", .as = OWNER, .send = "POST /api/conversations/{about}/messages", .body = "{'content':'When does the bell ring?','stream':false}", .status = 201,
      .has = { "data.message.citations#0" }, .hides = { "noon" } },

    { "the latest activity comes first", .as = OWNER, .send = "GET /api/conversations", .has = { "data#3", "data.0.id={about}", "data.1.id={broken}", "data.2.id={c}", "meta.total=3" } },
    { "a conversation belongs to the person", .as = ADMIN, .send = "GET /api/conversations", .has = { "data#0" } },
    { "and to nobody else", .as = ADMIN, .send = "GET /api/conversations/{c}", .error = "NOT_FOUND" },
    { "not to a key either", .as = KEY("conversations.read conversations.write"), .send = "GET /api/conversations/{c}/messages", .error = "NOT_FOUND" },
    { "which has its own", .as = KEY("conversations.read conversations.write"), .send = "POST /api/conversations", .body = "{'title':'By key'}", .status = 201, .keep = { "k=data.id" } },
    { "and asks", .as = KEY("conversations.read conversations.write"), .send = "POST /api/conversations/{k}/messages", .body = "{'content':'When does the bell ring?','stream':false}", .status = 201 },
    { "a viewer asks nothing", .as = VIEWER, .send = "POST /api/conversations", .body = "{}", .error = "FORBIDDEN" },
    { "a message of another conversation is not found in this", .as = OWNER, .send = "GET /api/conversations/{about}/messages/{s}/stream", .error = "NOT_FOUND" },
    { "nor stopped", .as = OWNER, .send = "POST /api/conversations/{about}/messages/{s}/stop", .error = "NOT_FOUND" },

    { "a cited document is deleted", .as = OWNER, .send = "DELETE /api/knowledge/documents/{doc}" },
    { "what was said stays", .as = OWNER, .send = "GET /api/conversations/{c}/messages", .has = { "data.1.content~noon", "data.1.citations.0.quote~noon" } },
    { "a conversation is deleted", .as = OWNER, .send = "DELETE /api/conversations/{c}" },
    { "with its messages", .as = OWNER, .send = "GET /api/conversations/{c}/messages", .error = "NOT_FOUND" },
    { "once", .as = OWNER, .send = "DELETE /api/conversations/{c}", .error = "NOT_FOUND" },
    { "nobody asks there any more", ASK, .body = "{'content':'Hello'}", .error = "NOT_FOUND" },
};

static const struct thing things[] = {
    { "/api/conversations/:id", "POST /api/conversations", "{'title':'{mark}'}", "data.id" },
    { "/api/conversations/:id/messages/:message_id", "POST /api/conversations/:id/messages", "{'content':'What is {mark}?','stream':false}", "data.message.id" },
    { 0 },
};

const struct suite conversations_scenarios = { SCENARIOS(rows), .things = things };
