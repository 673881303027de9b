/*
 * The web application, built into the program: one packed file with every asset raw, gzipped and brotlied (web/pack.mjs
 * describes the layout). Paths that are no asset get the page, which finds its own way.
 */
#include <stdlib.h>

#include "http/internal.h"

extern const char tenon_web_pack[], tenon_web_pack_end[];

struct asset {
    text path, type, etag, raw, gzip, brotli;
    bool immutable;
};

static struct {
    pthread_once_t once;
    struct asset *assets;
    size_t count;
} web = { .once = PTHREAD_ONCE_INIT };

struct reader {
    const char *at, *end;
};

static text take(struct reader *r, size_t len)
{
    text bytes = { r->at, len };

    if ((size_t)(r->end - r->at) < len)
        abort(); /* the build made a broken pack */
    r->at += len;
    return bytes;
}

static uint32_t take_number(struct reader *r, size_t bytes)
{
    text raw = take(r, bytes);
    uint32_t value = 0;

    for (size_t i = 0; i < bytes; i++)
        value |= (uint32_t)(unsigned char)raw.ptr[i] << (8 * i);
    return value;
}

static void load(void)
{
    struct reader r = { tenon_web_pack, tenon_web_pack_end };

    if (r.end - r.at < 12 || !text_equal(take(&r, 8), T("TNPK0001")))
        return;
    web.count = take_number(&r, 4);
    web.assets = xcalloc(web.count, sizeof *web.assets);
    for (size_t i = 0; i < web.count; i++) {
        struct asset *asset = &web.assets[i];
        size_t raw, gzip, brotli;

        asset->path = take(&r, take_number(&r, 2));
        asset->type = take(&r, take_number(&r, 2));
        asset->immutable = take_number(&r, 1) & 1;
        asset->etag = take(&r, 16);
        raw = take_number(&r, 4);
        gzip = take_number(&r, 4);
        brotli = take_number(&r, 4);
        asset->raw = take(&r, raw);
        asset->gzip = take(&r, gzip);
        asset->brotli = take(&r, brotli);
    }
}

static const struct asset *find(text path)
{
    for (size_t i = 0; i < web.count; i++)
        if (text_equal(web.assets[i].path, path))
            return &web.assets[i];
    return NULL;
}

static bool accepts(const struct request *req, text coding)
{
    text list = request_header(req, "accept-encoding");

    while (list.len) {
        text parameters = text_trim(text_cut(&list, ',')), name = text_trim(text_cut(&parameters, ';'));

        if (text_equal_nocase(name, coding))
            return !text_equal(text_trim(parameters), T("q=0"));
    }
    return false;
}

static bool unchanged(const struct request *req, text etag)
{
    text list = request_header(req, "if-none-match");

    while (list.len) {
        text one = text_trim(text_cut(&list, ','));

        if (text_starts(one, T("W/")))
            one = text_slice(one, 2, one.len);
        if (one.len == etag.len + 2 && text_equal(text_slice(one, 1, etag.len), etag))
            return true;
    }
    return false;
}

static void answer(struct request *req, const struct asset *asset)
{
    struct response *res = &req->response;

    if (text_starts(asset->type, T("text/html")))
        respond_header(req, "Content-Security-Policy",
                       T("default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; "
                         "object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"));
    respond_header(req, "Cache-Control", asset->immutable ? T("public, max-age=31536000, immutable") : T("no-cache"));
    respond_header(req, "ETag", text_format(&req->call.arena, "\"%.*s\"", TEXT_ARG(asset->etag)));
    respond_header(req, "Vary", T("Accept-Encoding"));
    res->content_type = asset->type;
    if (unchanged(req, asset->etag)) {
        res->status = 304;
        return;
    }
    res->status = 200;
    res->fixed = asset->raw;
    if (asset->brotli.len && accepts(req, T("br"))) {
        respond_header(req, "Content-Encoding", T("br"));
        res->fixed = asset->brotli;
    } else if (asset->gzip.len && accepts(req, T("gzip"))) {
        respond_header(req, "Content-Encoding", T("gzip"));
        res->fixed = asset->gzip;
    }
}

bool static_answer(struct request *req)
{
    const struct asset *asset;

    pthread_once(&web.once, load);
    asset = find(req->path);
    if (!asset && text_starts(req->path, T("/assets/")))
        return false;
    if (!asset)
        asset = find(T("/index.html"));
    if (asset) {
        answer(req, asset);
        return true;
    }
    req->response.status = 200;
    req->response.content_type = T("text/html; charset=utf-8");
    req->response.fixed = T("<!doctype html><title>Tenon</title><p>Tenon is running. The web application was not built into this program; script/build does it.</p>");
    return true;
}
