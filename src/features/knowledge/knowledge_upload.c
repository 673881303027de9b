#include "features/knowledge/knowledge_upload.h"

#include "core/config.h"
#include "extract/extract.h"
#include "http/multipart.h"

struct text_body {
    text title, text;
    uuid collection_id;
};

static const struct field text_fields[] = {
    TEXT(struct text_body, title, .required = true, .min = 1, .max = 300), TEXT(struct text_body, text, .required = true, .min = 1, .max = 1 << 20),
    UUID(struct text_body, collection_id), FIELDS_END,
};

static enum result read_json(struct request *req, struct upload *ret_upload)
{
    struct text_body body = { 0 };

    TRY(fields_read_body(&req->call, text_fields, req->body, &body));
    *ret_upload = (struct upload){ .title = text_trim(body.title), .type = text_of(extract_type_name(EXTRACT_TXT)), .bytes = body.text, .collection_id = body.collection_id };
    return ret_upload->title.len ? OK : fail_field(&req->call, "title", "must not be blank");
}

static enum result take_part(struct call *call, const struct part *part, struct upload *upload)
{
    if (part->file_name.ptr && text_equal(part->name, T("file"))) {
        upload->file_name = part->file_name;
        upload->type = part->type;
        upload->bytes = part->content;
        return OK;
    }
    if (!utf8_valid(part->name) || !utf8_valid(part->content))
        return fail_field(call, "body", "is not valid UTF-8");
    if (text_equal(part->name, T("title"))) {
        upload->title = text_trim(part->content);
        return utf8_count(upload->title) <= 300 ? OK : fail_field(call, "title", "must have at most 300 characters");
    }
    if (text_equal(part->name, T("collection_id")))
        return !part->content.len || uuid_parse(part->content, &upload->collection_id) ? OK : fail_field(call, "collection_id", "must be a UUID");
    return fail_field_text(call, part->name.len ? utf8_prefix(part->name, 100) : T("body"), T("is not a known field"));
}

/* `Annual report.pdf` → `Annual report` */
static text title_of(text file_name)
{
    for (size_t i = file_name.len; i > 1; i--)
        if (file_name.ptr[i - 1] == '.')
            return text_slice(file_name, 0, i - 1);
    return file_name;
}

static enum result check_file(struct call *call, struct upload *upload)
{
    enum extract_type type;

    if (!upload->file_name.ptr)
        return fail_field(call, "file", "is required");
    if (!utf8_valid(upload->file_name) || upload->file_name.len > 300 || !upload->file_name.len)
        return fail_field(call, "file", "needs a name of at most 300 bytes of valid UTF-8");
    if (!upload->bytes.len)
        return fail_field(call, "file", "is empty");
    if ((int64_t)upload->bytes.len > config.max_file_size)
        return fail(call, PAYLOAD_TOO_LARGE, "The file is larger than %lld bytes.", (long long)config.max_file_size);
    if (!extract_type_of(upload->file_name, upload->type.ptr ? upload->type : T(""), text_slice(upload->bytes, 0, 4096), &type))
        return fail(call, UNSUPPORTED_MEDIA_TYPE, "This is none of the types that can be read: txt, md, html, csv, json, pdf, docx.");
    upload->type = text_of(extract_type_name(type));
    if (!upload->title.len)
        upload->title = title_of(upload->file_name);
    return OK;
}

enum result upload_read(struct request *req, struct upload *ret_upload)
{
    struct multipart multipart;
    struct part part;

    *ret_upload = (struct upload){ 0 };
    if (request_is_json(req))
        return read_json(req, ret_upload);
    if (!multipart_open(request_header(req, "content-type"), req->body, &multipart))
        return fail(&req->call, UNSUPPORTED_MEDIA_TYPE, "Send multipart/form-data with a file, or application/json with title and text.");
    while (multipart_next(&multipart, &part))
        TRY(take_part(&req->call, &part, ret_upload));
    if (multipart.damaged)
        return fail_field(&req->call, "body", "is not whole multipart/form-data");
    return check_file(&req->call, ret_upload);
}
