/* QR codes as SVG: one path of horizontal runs on a white ground, so that a dark page does not turn it about. */
#include <qrencode.h>

#include "base/buffer.h"
#include "identity/totp.h"

enum { MARGIN = 4 /* modules, ISO/IEC 18004 §9.1 */, LONGEST = 1000 };

static void draw(struct buffer *out, const QRcode *code)
{
    int side = code->width + 2 * MARGIN;

    buffer_format(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" shape-rendering=\"crispEdges\" role=\"img\" aria-label=\"QR code\">"
                       "<path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path fill=\"#000\" d=\"", side, side, side, side);
    for (int y = 0; y < code->width; y++)
        for (int x = 0; x < code->width; x++) {
            const unsigned char *row = code->data + y * code->width;
            int from = x;

            while (x < code->width && row[x] & 1)
                x++;
            if (x > from)
                buffer_format(out, "M%d %dh%dv1H%dz", from + MARGIN, y + MARGIN, x - from, from + MARGIN);
        }
    buffer_text(out, T("\"/></svg>"));
}

text qr_svg(struct arena *arena, text content)
{
    SCOPED(buffer) struct buffer out = { 0 };
    QRcode *code = content.len && content.len <= LONGEST ? QRcode_encodeData((int)content.len, (const unsigned char *)content.ptr, 0, QR_ECLEVEL_M) : NULL;

    if (!code)
        return T("");
    draw(&out, code);
    QRcode_free(code);
    return text_copy(arena, buffer_view(&out));
}
