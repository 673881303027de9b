/** Server-sent events over fetch (HTML Standard §9.2.6), because EventSource can neither post nor send Last-Event-ID at will. */

export type ServerEvent = { type: string; data: string; id: string | null; retry: number | null };

export async function* serverEvents(stream: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const reader = stream.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let rest = "";
  let event = blank();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      rest += value;
      /* A CR at the very end may be half of a CRLF. */
      const lines = rest.split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (line !== "") {
          take(event, line);
          continue;
        }
        if (event.data !== "" || event.retry !== null) yield { ...event, data: event.data.slice(0, -1) };
        event = blank();
      }
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

function blank(): ServerEvent {
  return { type: "message", data: "", id: null, retry: null };
}

function take(event: ServerEvent, line: string) {
  const colon = line.indexOf(":");
  if (colon === 0) return;
  const name = colon < 0 ? line : line.slice(0, colon);
  const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
  if (name === "event") event.type = value;
  else if (name === "data") event.data += `${value}\n`;
  else if (name === "id") event.id = value;
  else if (name === "retry" && /^\d+$/.test(value)) event.retry = Number(value);
}
