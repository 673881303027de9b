// A browser as far as a sign-in needs one: cookies by host (not by port, as browsers keep them), redirects one by one.
import http from 'node:http';

export class Browser {
  cookies = new Map(); // by host, path and name

  send(url) {
    const { hostname, pathname } = new URL(url);
    return [...this.cookies.values()].filter((c) => c.host === hostname && pathname.startsWith(c.path)).map((c) => `${c.name}=${c.value}`).join('; ');
  }

  take(url, lines = []) {
    const { hostname } = new URL(url);
    for (const line of lines) {
      const [pair, ...attributes] = line.split(';').map((part) => part.trim());
      const name = pair.slice(0, pair.indexOf('=')), value = pair.slice(pair.indexOf('=') + 1);
      const of = Object.fromEntries(attributes.map((a) => [a.split('=')[0].toLowerCase(), a.split('=')[1] ?? '']));
      const key = `${hostname} ${of.path ?? '/'} ${name}`;
      if (of['max-age'] === '0' || (of.expires && Date.parse(of.expires) <= Date.now())) this.cookies.delete(key);
      else this.cookies.set(key, { host: hostname, path: of.path ?? '/', name, value, line });
    }
  }

  cookie(name) {
    return [...this.cookies.values()].find((cookie) => cookie.name === name);
  }

  /** One request, no redirect followed: { status, headers, location, body }. */
  get(url, headers = {}, method = 'GET', body) {
    const cookie = this.send(url);
    return new Promise((resolve, reject) => {
      const request = http.request(url, { method, agent: false, headers: { ...(cookie ? { cookie } : {}), ...headers } }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece) => { text += piece; }).on('end', () => {
          this.take(url, response.headers['set-cookie']);
          const { location } = response.headers;
          resolve({ status: response.statusCode, headers: response.headers, location: location && new URL(location, url).href, body: text });
        });
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  json(url, headers, method, body) {
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    return this.get(url, { ...type, ...headers }, method, body === undefined ? undefined : JSON.stringify(body)).then((answer) => ({ ...answer, body: JSON.parse(answer.body) }));
  }

  /** Follows redirects from `url` until one leads to an address that begins with `until`, and gives it. */
  async follow(url, until, headers) {
    for (let hops = 0; hops < 15; hops++) {
      const answer = await this.get(url, headers);
      if (!answer.location) throw new Error(`${url} was answered with ${answer.status}: ${answer.body.slice(0, 500)}`);
      if (answer.location.startsWith(until)) return answer.location;
      url = answer.location;
    }
    throw new Error(`too many redirects, the last to ${url}`);
  }
}
