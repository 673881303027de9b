// Milliseconds from starting a program to its first 200 on /health: `node start_time.mjs RUNS PORT COMMAND [ARGUMENTS]`. Each
// run asks again as soon as it is refused, and ends the program by its process id. Prints one line of JSON.
import { spawn } from 'node:child_process';
import http from 'node:http';

const [runs, port, command, ...args] = process.argv.slice(2);

const ask = () => new Promise((resolve) => {
  const request = http.get({ host: '127.0.0.1', port, path: '/health', agent: false }, (response) => {
    response.resume();
    resolve(response.statusCode === 200);
  });
  request.on('error', () => resolve(false));
});

async function once() {
  const child = spawn(command, args, { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const began = performance.now();
  let ready = false;
  while (!ready && child.exitCode === null && performance.now() - began < 30_000) ready = await ask();
  const took = performance.now() - began;
  child.kill('SIGTERM');
  await ended;
  if (!ready) throw new Error(`${command} did not answer`);
  return took;
}

const times = [];
for (let i = 0; i < Number(runs); i++) times.push(await once());
times.sort((a, b) => a - b);
const round = (value) => Math.round(value * 10) / 10;
console.log(JSON.stringify({ runs: times.length, min: round(times[0]), p50: round(times[Math.floor(times.length / 2)]), max: round(times.at(-1)) }));
