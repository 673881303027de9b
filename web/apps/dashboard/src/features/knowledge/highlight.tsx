import { Fragment } from "react";

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Where the quote stands in the text, however the white space between its words was kept. */
function rangeOf(text: string, quote: string): [number, number] | null {
  const words = quote.replace(/(^[\s.…"“]+)|([\s…"”]+$)/g, "").split(/\s+/).filter(Boolean);
  if (words.length === 0) return null;
  const found = new RegExp(words.map(escaped).join("\\s+"), "i").exec(text);
  return found ? [found.index, found.index + found[0].length] : null;
}

export function QuotedText({ text, quote }: { text: string; quote: string }) {
  const range = rangeOf(text, quote);
  if (!range) return <mark>{text}</mark>;
  return (
    <>
      {text.slice(0, range[0])}
      <mark>{text.slice(...range)}</mark>
      {text.slice(range[1])}
    </>
  );
}

/** Marks every word that begins as one of the searched words does. */
export function MatchedText({ text, query }: { text: string; query: string }) {
  const words = query.match(/[\p{L}\p{N}]{2,}/gu);
  if (!words) return <>{text}</>;
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])((?:${words.map(escaped).join("|")})[\\p{L}\\p{N}]*)`, "giu");
  return (
    <>
      {text.split(pattern).map((part, at) => (at % 2 ? <mark key={at}>{part}</mark> : <Fragment key={at}>{part}</Fragment>))}
    </>
  );
}
