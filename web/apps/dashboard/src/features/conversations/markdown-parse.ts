/** The Markdown that models write, as a tree. No HTML passes: what is not known here stays text. */

export type Inline =
  | { kind: "text"; text: string }
  | { kind: "code"; text: string }
  | { kind: "strong" | "emphasis" | "strike"; children: Inline[] }
  | { kind: "link"; href: string; children: Inline[] }
  | { kind: "citation"; index: number }
  | { kind: "break" };

export type Block =
  | { kind: "paragraph"; children: Inline[] }
  | { kind: "heading"; level: number; children: Inline[] }
  | { kind: "code"; language: string; text: string }
  | { kind: "quote"; children: Block[] }
  | { kind: "list"; ordered: boolean; start: number; items: Block[][] }
  | { kind: "table"; align: ("left" | "right" | "center" | null)[]; head: Inline[][]; rows: Inline[][][] }
  | { kind: "rule" };

const FENCE = /^ {0,3}(```+|~~~+)([^`]*)$/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*)$/;
const RULE = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/;
const ITEM = /^( *)([-*+]|\d{1,9}[.)])(\s+|$)(.*)$/;
const DIVIDER = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;
/* Hostile input could nest without end. */
const DEEPEST = 8;

export function parseBlocks(text: string, depth = 0): Block[] {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  const blocks: Block[] = [];
  let at = 0;
  const line = () => lines[at] ?? "";

  while (at < lines.length) {
    if (line().trim() === "") {
      at += 1;
      continue;
    }
    const fence = FENCE.exec(line());
    if (fence) {
      const close = fence[1] ?? "```";
      const code: string[] = [];
      at += 1;
      while (at < lines.length && !line().trimStart().startsWith(close)) code.push(lines[at++] ?? "");
      at += 1;
      blocks.push({ kind: "code", language: fence[2]?.trim().split(/\s/, 1)[0] ?? "", text: code.join("\n") });
      continue;
    }
    const heading = HEADING.exec(line());
    if (heading) {
      blocks.push({ kind: "heading", level: heading[1]?.length ?? 1, children: parseInline((heading[2] ?? "").trim().replace(/ #+$/, "")) });
      at += 1;
      continue;
    }
    if (RULE.test(line())) {
      blocks.push({ kind: "rule" });
      at += 1;
      continue;
    }
    if (depth < DEEPEST && /^ {0,3}>/.test(line())) {
      const quoted: string[] = [];
      while (at < lines.length && /^ {0,3}>/.test(line())) quoted.push((lines[at++] ?? "").replace(/^ {0,3}> ?/, ""));
      blocks.push({ kind: "quote", children: parseBlocks(quoted.join("\n"), depth + 1) });
      continue;
    }
    if (depth < DEEPEST && ITEM.test(line())) {
      const { block, next } = parseList(lines, at, depth);
      blocks.push(block);
      at = next;
      continue;
    }
    if (line().includes("|") && DIVIDER.test(lines[at + 1] ?? "")) {
      const head = cells(line()).map((cell) => parseInline(cell));
      const align = cells(lines[at + 1] ?? "").map((cell) => (/^:-+:$/.test(cell) ? "center" : cell.endsWith(":") ? "right" : cell.startsWith(":") ? "left" : null));
      at += 2;
      const rows: Inline[][][] = [];
      while (at < lines.length && line().includes("|") && line().trim() !== "") rows.push(cells(lines[at++] ?? "").map((cell) => parseInline(cell)));
      blocks.push({ kind: "table", align, head, rows });
      continue;
    }
    const paragraph = [lines[at++] ?? ""];
    while (at < lines.length && line().trim() !== "" && !FENCE.test(line()) && !HEADING.test(line()) && !RULE.test(line()) && !/^ {0,3}>/.test(line()) && !ITEM.test(line())) {
      paragraph.push(lines[at++] ?? "");
    }
    blocks.push({ kind: "paragraph", children: parseInline(paragraph.join("\n")) });
  }
  return blocks;
}

function parseList(lines: string[], from: number, depth: number): { block: Block; next: number } {
  const first = ITEM.exec(lines[from] ?? "");
  const indent = first?.[1]?.length ?? 0;
  const ordered = /\d/.test(first?.[2] ?? "");
  const items: string[][] = [];
  let at = from;
  while (at < lines.length) {
    const line = lines[at] ?? "";
    const item = ITEM.exec(line);
    const inset = line.length - line.trimStart().length;
    if (item && inset <= indent + 1 && inset >= indent) {
      if (/\d/.test(item[2] ?? "") !== ordered) break;
      items.push([item[4] ?? ""]);
    } else if (line.trim() === "") {
      const following = lines[at + 1] ?? "";
      if (following.trim() === "" || (following.length - following.trimStart().length <= indent && !ITEM.test(following))) break;
      items.at(-1)?.push("");
    } else if (inset > indent) {
      items.at(-1)?.push(line.slice(Math.min(inset, indent + (ordered ? 3 : 2))));
    } else if (item || lines[at - 1]?.trim() === "") {
      break;
    } else {
      items.at(-1)?.push(line);
    }
    at += 1;
  }
  return { block: { kind: "list", ordered, start: parseInt(first?.[2] ?? "1", 10) || 1, items: items.map((item) => parseBlocks(item.join("\n"), depth + 1)) }, next: Math.max(at, from + 1) };
}

function cells(line: string): string[] {
  return line
    .trim()
    .replace(/^\||(?<!\\)\|$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replace(/\\\|/g, "|"));
}

/* The spans are bounded: a model that writes thousands of unclosed stars must not make each of them search to the end. */
const INLINE =
  /\\([\\`*_{}[\]()#+.!~|>-])|(`+)([^`](?:.|\n){0,1500}?[^`]|[^`])\2(?!`)|\[((?:[^[\]\\]|\\.)+)\]\(\s*<?([^\s<>()]+(?:\([^\s()]*\))?)>?(?:\s+"[^"]*")?\s*\)|\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]|(\*\*|__)(?=\S)((?:.|\n){0,1500}?\S)\7|~~(?=\S)((?:.|\n){0,1500}?\S)~~|\*(?=[^\s*])((?:.|\n){0,1500}?[^\s*])\*(?!\*)|(?<![\p{L}\p{N}_])_(?=[^\s_])((?:.|\n){0,1500}?[^\s_])_(?![\p{L}\p{N}_])|(https?:\/\/[^\s<>)\]]*[^\s<>)\].,;:!?'"])|( {2,9}\n|\\\n)/u;

export function parseInline(text: string, depth = 0): Inline[] {
  const out: Inline[] = [];
  let rest = text;
  while (rest !== "") {
    const found = depth < DEEPEST ? INLINE.exec(rest) : null;
    if (!found) {
      out.push({ kind: "text", text: rest });
      break;
    }
    if (found.index > 0) out.push({ kind: "text", text: rest.slice(0, found.index) });
    const [whole, escaped, , code, label, href, cited, , strong, strike, star, under, url] = found;
    const inner = (kind: "strong" | "emphasis" | "strike", body: string) => out.push({ kind, children: parseInline(body, depth + 1) });
    if (escaped !== undefined) out.push({ kind: "text", text: escaped });
    else if (code !== undefined) out.push({ kind: "code", text: code.replace(/\n/g, " ") });
    else if (label !== undefined && href !== undefined) {
      const safe = safeHref(href);
      if (safe) out.push({ kind: "link", href: safe, children: parseInline(label, depth + 1) });
      else out.push({ kind: "text", text: whole });
    } else if (cited !== undefined) for (const index of cited.split(",")) out.push({ kind: "citation", index: Number(index) });
    else if (strong !== undefined) inner("strong", strong);
    else if (strike !== undefined) inner("strike", strike);
    else if (star !== undefined) inner("emphasis", star);
    else if (under !== undefined) inner("emphasis", under);
    else if (url !== undefined) out.push({ kind: "link", href: url, children: [{ kind: "text", text: url }] });
    else out.push({ kind: "break" });
    rest = rest.slice(found.index + whole.length);
  }
  return out;
}

/** Only what a browser opens as a page or a letter; `javascript:` and the like come from the text of strangers. */
export function safeHref(href: string): string | null {
  if (/^(https?:\/\/|mailto:)/i.test(href)) return href;
  if (/^(\/(?![/\\])|#)/.test(href)) return href;
  return null;
}
