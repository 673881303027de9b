/** Reads a letter as the server writes it: headers, and parts side by side in quoted-printable (RFC 5322, 2045 §6.7, 2046 §5.1, 2047). */

export type ParsedLetter = { from: string; to: string; subject: string; plain: string | null; html: string | null };

type Part = { headers: Map<string, string>; body: string };

function split(source: string): Part {
  const end = source.indexOf("\n\n");
  const headers = new Map<string, string>();
  const lines = (end < 0 ? source : source.slice(0, end)).replace(/\n[ \t]+/g, " ").split("\n");
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return { headers, body: end < 0 ? "" : source.slice(end + 2) };
}

const utf8 = (bytes: number[]) => new TextDecoder().decode(Uint8Array.from(bytes));

function words(value: string | undefined): string {
  /* Words that follow each other are one, and may share a character. */
  const joined = (value ?? "").replace(/\?=\s+=\?utf-8\?B\?/gi, "");
  return joined.replace(/=\?utf-8\?B\?([^?]*)\?=/gi, (whole, coded: string) => {
    try {
      return utf8([...atob(coded.replaceAll("=", ""))].map((letter) => letter.charCodeAt(0)));
    } catch {
      return whole;
    }
  });
}

function quotedPrintable(body: string): string {
  const bytes: number[] = [];
  const joined = body.replace(/=[ \t]*\n/g, "");
  for (let at = 0; at < joined.length; at++) {
    const coded = joined[at] === "=" ? /^[0-9A-F]{2}/i.exec(joined.slice(at + 1, at + 3)) : null;
    bytes.push(coded ? parseInt(coded[0], 16) : joined.charCodeAt(at));
    if (coded) at += 2;
  }
  return utf8(bytes);
}

const decoded = ({ headers, body }: Part) => (headers.get("content-transfer-encoding")?.toLowerCase() === "quoted-printable" ? quotedPrintable(body) : body);

export function parseLetter(source: string): ParsedLetter {
  const letter = split(source.replaceAll("\r\n", "\n"));
  const boundary = /boundary="([^"]+)"/i.exec(letter.headers.get("content-type") ?? "")?.[1];
  const parts = boundary ? letter.body.split(`--${boundary}`).slice(1, -1).map((part) => split(part.replace(/^\n/, ""))) : [letter];
  const find = (type: string) => {
    const part = parts.find(({ headers }) => (headers.get("content-type") ?? "text/plain").toLowerCase().startsWith(type));
    return part ? decoded(part).trimEnd() : null;
  };
  return {
    from: words(letter.headers.get("from")),
    to: words(letter.headers.get("to")),
    subject: words(letter.headers.get("subject")),
    plain: find("text/plain"),
    html: find("text/html"),
  };
}
