// Bytes over a socket, as no well-behaved client would send them, and the answers that come back.
import net from 'node:net';

/** Opens a connection: { send, answers, closed, text, end }. */
export function connect(port) {
  const socket = net.connect(port, '127.0.0.1').setNoDelay(true);
  let bytes = Buffer.alloc(0);
  let over = false;
  const waiting = new Set();
  const tell = () => waiting.forEach((check) => check());
  socket.on('data', (piece) => { bytes = Buffer.concat([bytes, piece]); tell(); });
  socket.on('error', () => {});
  socket.on('close', () => { over = true; tell(); });

  const until = (ready, within, what) => new Promise((resolve, reject) => {
    const late = setTimeout(() => { waiting.delete(check); reject(new Error(`${what} did not come within ${within} ms; got: ${bytes.toString('latin1').slice(0, 500)}`)); }, within);
    const check = () => {
      const value = ready();
      if (value === undefined) return;
      clearTimeout(late);
      waiting.delete(check);
      resolve(value);
    };
    waiting.add(check);
    check();
  });
  return {
    socket,
    send: (text) => socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text),
    /** The first `count` whole answers. */
    answers: (count = 1, within = 5000) => until(() => {
      const list = parse(bytes, over);
      return list.length >= count ? list.slice(0, count) : over ? list : undefined;
    }, within, `${count} answers`),
    /** Milliseconds until the server closes. */
    closed: (within) => { const begun = Date.now(); return until(() => (over ? Date.now() - begun : undefined), within, 'the end of the connection'); },
    text: () => bytes.toString('utf8'),
    end: () => socket.destroy(),
  };
}

function parse(bytes, over) {
  const list = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf('\r\n\r\n', at);
    if (end < 0) break;
    const [first, ...lines] = bytes.subarray(at, end).toString('latin1').split('\r\n');
    const status = Number(first.split(' ')[1]);
    const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
    let length = Number(headers['content-length'] ?? 0);
    at = end + 4;
    if (status === 100 || status === 204 || status === 304) length = 0;
    if (bytes.length < at + length && !over) break;
    list.push({ status, headers, body: bytes.subarray(at, at + length).toString('utf8') });
    at += length;
  }
  return list;
}

/** Sends once and gives the answers that come before the server closes or `count` are there. */
export async function exchange(port, text, count = 1, within = 5000) {
  const connection = connect(port);
  connection.send(text);
  try {
    return await connection.answers(count, within);
  } finally {
    connection.end();
  }
}

export const get = (path, more = '') => `GET ${path} HTTP/1.1\r\nHost: t\r\n${more}\r\n`;
