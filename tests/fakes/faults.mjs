// What both fakes share: the orders a request carries, the server around them, and writing a stream with a fault in it.
//
// An order names what shall go wrong. It is taken from, in this turn: the header `x-fake`, the body's `user` (or
// `metadata.user_id`), what stands behind `--` in the model name, and the list set by `POST /control`. An order is a list
// of words joined by `,`, each with an argument behind `=`:
//
//   status=429            answers with that status and the service's error object (429 with `retry-after`)
//   retry-after=7         the header's value for status (default 1)
//   code=insufficient_quota  the error's code
//   stall                 accepts and never answers           stall-mid   goes silent after half of the events
//   cut                   closes in mid-stream                cut-json    closes within an event's JSON
//   cut-body              closes within a plain answer's body
//   garble                an event that is not JSON           html        a page with status 200
//   content-type=text/plain  another content type             json        a whole answer to a streamed request
//   error-event           an error event after 200
//   slow=50               milliseconds between events         delay=100   milliseconds before the first byte
//   words=100             length of the answer                flood=200   megabytes of events
//   usage-in-content      usage in the last content chunk     no-usage    none at all
//   no-done               no terminator                       no-finish   and no finish reason either
//   crlf                  line ends are \r\n                  comments    `:` lines between events
//   tight                 `data:` without a space             split       every byte a packet of its own, at most 4,096
//   thinking              reasoning before the answer         refuse      the model declines
//   floats                (OpenAI) embeddings as numbers only, whatever was asked for
import http from 'node:http';

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export function parseOrder(text) {
  const order = {};
  for (const word of String(text ?? '').split(',')) {
    const [name, value] = word.split('=', 2);
    if (name.trim()) order[name.trim()] = value === undefined ? true : value.trim();
  }
  return order;
}

function orderOf(request, body, standing) {
  const behindModel = String(body?.model ?? '').split('--')[1];
  const text = request.headers['x-fake'] ?? [body?.user, body?.safety_identifier, body?.metadata?.user_id].find((u) => u && /^[a-z-]+(=|,|$)/.test(u) && knows(u)) ?? behindModel ?? standing.shift();
  return parseOrder(text);
}

const known = new Set(['status', 'retry-after', 'code', 'stall', 'stall-mid', 'cut', 'cut-json', 'cut-body', 'garble', 'html', 'content-type', 'json', 'error-event', 'slow', 'delay',
  'words', 'flood', 'usage-in-content', 'no-usage', 'no-done', 'no-finish', 'crlf', 'comments', 'tight', 'split', 'thinking', 'refuse', 'floats']);
const knows = (text) => Object.keys(parseOrder(text)).every((word) => known.has(word));

/** Starts a fake: `answer(call, response, order)` speaks the dialect. Resolves to { url, port, calls, order, reset, close }. */
export async function startFake({ port = 0, host = '127.0.0.1', answer, errorBody, urlPath = '' }) {
  const calls = [];
  const standing = [];
  const sockets = new Set();

  const server = http.createServer(async (request, response) => {
    const pieces = [];
    try {
      for await (const piece of request) pieces.push(piece);
    } catch {
      return;
    }
    const text = Buffer.concat(pieces).toString('utf8');
    if (request.url === '/control') return control(request, response, text);
    let body = null;
    try {
      body = text ? JSON.parse(text) : null;
    } catch { /* the call keeps its text */ }
    const call = { method: request.method, path: request.url, headers: request.headers, text, body, at: Date.now(), finished: false, hungUp: false, sent: 0 };
    calls.push(call);
    response.on('close', () => {
      if (!call.finished && !call.cut) call.hungUp = true;
    });
    response.on('error', () => {});
    try {
      await answer(call, response, orderOf(request, body, standing));
    } catch (error) {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    }
  });

  function control(request, response, text) {
    if (request.method === 'POST') standing.push(...[JSON.parse(text).orders ?? []].flat());
    if (request.method === 'DELETE') standing.length = calls.length = 0;
    sendJson({ finished: false }, response, 200, { orders: standing, calls: calls.map(({ method, path, headers, body, finished, hungUp, sent }) => ({ method, path, headers, body, finished, hungUp, sent })) });
  }

  server.keepAliveTimeout = 60_000;
  server.on('connection', (socket) => {
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  const bound = server.address().port;
  return {
    url: `http://${host}:${bound}${urlPath}`,
    port: bound,
    calls,
    last: () => calls[calls.length - 1],
    order: (...orders) => standing.push(...orders),
    reset: () => { standing.length = calls.length = 0; },
    close: () => new Promise((resolve) => {
      server.close(resolve);
      for (const socket of sockets) socket.destroy();
    }),
    errorBody,
  };
}

export function sendJson(call, response, status, body, headers = {}, order = {}) {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': order['content-type'] ?? 'application/json', ...headers });
  if (order['cut-body']) {
    call.cut = true;
    response.write(text.slice(0, text.length / 2), () => response.destroy());
    return;
  }
  call.finished = true;
  call.sent = Buffer.byteLength(text);
  response.end(text);
}

/** Faults that replace the whole answer. True: answered (or left hanging). */
export async function answeredByFault(call, response, order, errorBody) {
  if (order.delay) await sleep(Number(order.delay));
  if (order.stall) return true;
  if (order.status) {
    const status = Number(order.status);
    const headers = status === 429 || order['retry-after'] ? { 'retry-after': String(order['retry-after'] ?? 1) } : {};
    sendJson(call, response, status, errorBody(status, order.code), headers);
    return true;
  }
  if (order.html) {
    response.writeHead(200, { 'content-type': 'text/html' });
    call.finished = true;
    response.end('<!doctype html><title>Bad gateway</title><p>The page you asked for is elsewhere.');
    return true;
  }
  return false;
}

/**
 * Writes events, each { event?, data } with data a string, with what the order wants gone wrong. The last event may be
 * marked `end: true` (the terminator) or `finish: true` (carries the finish reason), which no-done and no-finish leave out.
 */
export async function sendEvents(call, response, events, order, { headers = {}, errorEvent, filler } = {}) {
  const line = order.crlf ? '\r\n' : '\n';
  const colon = order.tight ? ':' : ': ';
  const frame = ({ event, data }) => (event ? `event${colon}${event}${line}` : '') + `data${colon}${data}${line}${line}`;
  const half = Math.ceil(events.length / 2);
  const gone = () => response.destroyed || response.socket?.destroyed;
  const write = async (text) => {
    if (gone()) return;
    const bytes = Buffer.from(text);
    call.sent += bytes.length;
    for (const piece of order.split ? pieces(bytes) : [bytes]) {
      if (!response.write(piece)) await drained(response);
      if (order.split) await new Promise(setImmediate);
    }
  };

  response.writeHead(200, { 'content-type': order['content-type'] ?? 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache', ...headers });
  response.flushHeaders();
  for (let i = 0; i < events.length && !gone(); i++) {
    const item = events[i];
    if (i === half) {
      if (order['stall-mid']) return;
      if (order.cut || order['cut-json']) {
        if (order['cut-json']) await write(frame(item).slice(0, 20));
        call.cut = true;
        await sleep(20);
        response.destroy();
        return;
      }
      if (order.garble) await write(frame({ event: item.event, data: '{"choices": [nonsense' }));
      if (order['error-event']) {
        await write(frame(errorEvent));
        call.finished = true;
        response.end();
        return;
      }
      if (order.flood) {
        const bytes = frame(filler);
        for (let left = Number(order.flood) * 1e6; left > 0 && !gone(); left -= bytes.length) await write(bytes);
      }
    }
    if ((item.end && (order['no-done'] || order['no-finish'])) || (item.finish && order['no-finish'])) continue;
    if (order.comments) await write(`: PROCESSING${line}${line}`);
    await write(frame(item));
    if (order.slow) await sleep(Number(order.slow));
  }
  if (gone()) return;
  call.finished = true;
  response.end();
}

function* pieces(bytes) {
  for (let i = 0; i < bytes.length; i++) {
    if (i === 4096) return yield bytes.subarray(i);
    yield bytes.subarray(i, i + 1);
  }
}

const drained = (response) => new Promise((resolve) => {
  const done = () => {
    response.off('drain', done).off('close', done);
    resolve();
  };
  response.on('drain', done).on('close', done);
});

/** The answer's words, the same for every call: letters of one to four bytes. */
export function wordsOf(order, said) {
  if (order.words) return Array.from({ length: Number(order.words) }, (_, i) => `word${i} `);
  return ['Hel', 'lo, ', 'wörld ', '🌍! ', said ? `You said: ${said}` : 'Silence.'];
}

/** Roughly what a tokenizer counts. */
export const tokensOf = (text) => Math.max(1, Math.ceil(String(text ?? '').length / 4));

/** Runs as a command: `node FILE [port]` prints the URL and ends with its parent's signal. */
export async function runAsCommand(meta, start) {
  const { pathToFileURL } = await import('node:url');
  if (!process.argv[1] || meta.url !== pathToFileURL(process.argv[1]).href) return;
  const fake = await start({ port: Number(process.argv[2] ?? 0) });
  console.log(fake.url);
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => fake.close().then(() => process.exit(0)));
}
