// A resolver that knows the TXT records it is told (RFC 1035 §4.1), for DNS_SERVER; any other name does not exist.
import dgram from 'node:dgram';

function nameIn(query) {
  const labels = [];
  let at = 12;
  for (; query[at]; at += 1 + query[at]) labels.push(query.toString('latin1', at + 1, at + 1 + query[at]));
  return { name: labels.join('.').toLowerCase(), end: at + 5 }; // behind the name's last zero, its type and its class
}

function record(value) {
  const text = Buffer.from(value);
  const head = Buffer.from([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, text.length + 1, text.length]);
  return Buffer.concat([head, text]);
}

/** { address, set(name, value), clear(name), answers(whether), close }. */
export async function startDns() {
  const records = new Map();
  let silent = false;
  const socket = dgram.createSocket('udp4');
  socket.on('message', (query, from) => {
    if (silent) return;
    const { name, end } = nameIn(query);
    const value = records.get(name);
    const answer = Buffer.concat([query.subarray(0, end), ...(value === undefined ? [] : [record(value)])]);
    answer.writeUInt16BE(value === undefined ? 0x8183 : 0x8180, 2);
    answer.writeUInt16BE(value === undefined ? 0 : 1, 6);
    answer.fill(0, 8, 12);
    socket.send(answer, from.port, from.address);
  });
  await new Promise((resolve, reject) => socket.once('error', reject).bind(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    set: (name, value) => records.set(name.toLowerCase(), value),
    clear: (name) => records.delete(name.toLowerCase()),
    answers: (whether) => { silent = !whether; },
    close: () => new Promise((resolve) => socket.close(resolve)),
  };
}
