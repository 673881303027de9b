import type { Chunk } from "@tenon/api";

/** The heading a passage stands under: null where the passage before stands under the same, or the text itself begins with it. */
export function headingOf(chunk: Chunk, before: Chunk | undefined): string | null {
  if (!chunk.heading || chunk.heading === before?.heading) return null;
  const first = chunk.text.split("\n", 1)[0]?.trim();
  return chunk.heading.split(" › ").includes(first ?? "") ? null : chunk.heading;
}
