/*
 * What the audit log should know of requests that got nothing: a key used beyond its scopes, in its organization's; an id of
 * another organization that was tried, in that one's, without who it was. Looked up and written behind the answer, which stays
 * the same and as quick; the same caller and route are noted once a minute.
 */
#ifndef TENON_FEATURES_AUDIT_WATCH_H
#define TENON_FEATURES_AUDIT_WATCH_H

#include "http/http.h"

void watch_refused(struct request *req);  /* for want of a permission */
void watch_missed(struct request *req);   /* an id in its path led to nothing */

#endif
