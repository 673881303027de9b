// Several organizations that write and read all the time, and keep what they were told. Every name is sent once: one that is there twice was
// doubled on its way.
import assert from 'node:assert/strict';

const moment = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
export const text = (subject) => `The ${subject} is opened at noon.\n\n${'The keeper of the house writes down who came, and when they left again.\n\n'.repeat(60)}`;

/** An answer, or { status: 0 } where none came to its end. */
export async function request(url, method, where, { token, body } = {}) {
  try {
    const answer = await fetch(url + where, {
      method, headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(body ? { 'content-type': 'application/json' } : {}) },
      body: body ? JSON.stringify(body) : undefined, signal: AbortSignal.timeout(50_000),
    });
    const said = await answer.text();
    return {
      status: answer.status, id: answer.headers.get('x-request-id'), retry: answer.headers.get('retry-after'), said,
      json: /json/.test(answer.headers.get('content-type') ?? '') ? JSON.parse(said) : null,
    };
  } catch {
    return { status: 0 };
  }
}

/**
 * Starts it. `people` are { mark, token, key, manager, organization }. What comes of it:
 *   acknowledged     { keys, documents, conversations, messages, calls } → a list of { mark, id, name }
 *   faults           what no answer may be
 *   statuses         how often each came
 *   acknowledgements how many writes were acknowledged so far
 *   stop()           resolves when everybody has stopped
 */
export function startLoad(url, people) {
  const load = { acknowledged: { keys: [], documents: [], conversations: [], messages: [], calls: [] }, faults: [], statuses: {}, acknowledgements: 0, reads: 0 };
  let going = true, number = 0;

  const fault = (what, answer) => {
    const shown = `${what}: ${answer.status} ${String(answer.said).slice(0, 300)}`, kind = `${what}: ${answer.status}`;
    if (load.faults.length < 20 && !load.faults.some((one) => one.startsWith(kind))) load.faults.push(shown);
  };

  /** Whether it is what was wanted; the only other thing that may come is that it is not available now, and when to come again. */
  function took(what, answer, wanted) {
    load.statuses[answer.status] = (load.statuses[answer.status] ?? 0) + 1;
    if (answer.status === wanted) return true;
    const ours = Boolean(answer.id);
    if (ours ? answer.status !== 503 : ![0, 502, 504].includes(answer.status)) fault(what, answer);
    if (ours && answer.status === 503 && !/^\d+$/.test(answer.retry ?? '')) fault(`${what} without Retry-After`, answer);
    return false;
  }

  function acknowledge(what, person, id, name) {
    load.acknowledged[what].push({ mark: person.mark, id, name });
    load.acknowledgements++;
  }

  const writers = {
    async keys(person, name) {
      const answer = await request(url, 'POST', '/api/keys', { token: person.manager, body: { name, scopes: [] } }); // a session would have to show anew who it is
      if (took('a key', answer, 201)) acknowledge('keys', person, answer.json.data.id, name);
    },
    async documents(person, name) {
      const answer = await request(url, 'POST', '/api/knowledge/documents', { token: person.token, body: { title: name, text: text(name) } });
      if (took('a document', answer, 202)) acknowledge('documents', person, answer.json.data.id, name);
      await moment(150); // each is indexed
    },
    async conversations(person, name) {
      const answer = await request(url, 'POST', '/api/conversations', { token: person.token, body: { title: name } });
      if (!took('a conversation', answer, 201)) return;
      acknowledge('conversations', person, answer.json.data.id, name);
      const asked = await request(url, 'POST', `/api/conversations/${answer.json.data.id}/messages`, { token: person.token, body: { content: `What is the ${person.mark}?`, stream: false } });
      if (took('an answer', asked, 201)) acknowledge('messages', person, asked.json.data.message.id);
    },
    async calls(person) {
      const answer = await request(url, 'POST', '/v1/chat/completions', { token: person.key, body: { model: 'builtin/extract-1', messages: [{ role: 'user', content: 'Hello' }] } });
      if (took('a call', answer, 200)) acknowledge('calls', person, answer.id);
    },
  };

  /** Nothing but one's own, wherever one looks. */
  const readers = {
    '/api/keys?page_size=100': (data) => data.map(({ name }) => name),
    '/api/knowledge/documents?page_size=100': (data) => data.map(({ title }) => title),
    '/api/conversations?page_size=100': (data) => data.map(({ title }) => title),
    '/api/knowledge/search?q=keeper+house+noon&limit=20': (data) => data.map(({ title }) => title),
    '/api/auth/me': (data, person) => [data.organization.id === person.organization ? person.mark : `the organization ${data.organization.id}`],
  };

  async function read(person) {
    for (const [where, names] of Object.entries(readers)) {
      const answer = await request(url, 'GET', where, { token: person.token });
      if (!took(where, answer, 200)) continue;
      load.reads++;
      for (const name of names(answer.json.data, person)) if (!name.startsWith(person.mark)) fault(`${person.mark} sees ${name} in ${where}`, answer);
    }
  }

  const loop = async (step) => { while (going) { await step(); await moment(15); } };
  const loops = people.flatMap((person) => [...Object.values(writers).map((write) => loop(() => write(person, `${person.mark} ${++number}`))), loop(() => read(person))]);
  load.stop = async () => { going = false; await Promise.all(loops); };
  return load;
}

/** Signs up, and makes a key, and one that makes keys: { mark, token, key, manager, organization }. */
export async function makePerson(url, mark) {
  const { token } = (await request(url, 'POST', '/api/auth/signup', { body: { name: mark, email: `${mark}@example.com`, password: 'Gantry-9-Kestrel' } })).json;
  const me = await request(url, 'GET', '/api/auth/me', { token });
  const make = async (name, scopes) => {
    const made = await request(url, 'POST', '/api/keys', { token, body: { name, scopes } });
    assert.equal(made.status, 201);
    return made.json.data.key;
  };
  return { mark, token, key: await make(`${mark} 0`), manager: await make(`${mark} manager`, ['keys.manage']), organization: me.json.data.organization.id };
}
