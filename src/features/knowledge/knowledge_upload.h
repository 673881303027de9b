/* What an upload is, however it came: a file of a multipart body, or title and text as JSON. */
#ifndef TENON_FEATURES_KNOWLEDGE_UPLOAD_H
#define TENON_FEATURES_KNOWLEDGE_UPLOAD_H

#include "http/http.h"

struct upload {
    text title, file_name; /* file_name absent for JSON */
    text type;             /* extract_type_name */
    text bytes;
    uuid collection_id;
};

/* VALIDATION_ERROR with the field named; UNSUPPORTED_MEDIA_TYPE for a file that is none of the types; PAYLOAD_TOO_LARGE. */
CHECKED enum result upload_read(struct request *req, struct upload *ret_upload);

#endif
