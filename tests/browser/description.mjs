// Holds the API's answers against its own description: just so much of JSON Schema as /openapi.json uses.
const descriptions = new Map();

export function readDescription(url) {
  if (!descriptions.has(url)) descriptions.set(url, fetch(`${url}/openapi.json`).then((response) => response.json()));
  return descriptions.get(url);
}

const typeOf = (value) => (value === null ? 'null' : Array.isArray(value) ? 'array' : Number.isInteger(value) ? 'integer' : typeof value);

export function faultsIn(root, schema, value, path) {
  if (schema.$ref) return faultsIn(root, schema.$ref.slice(2).split('/').reduce((at, name) => at[name], root), value, path);
  if (schema.oneOf) {
    const tries = schema.oneOf.map((one) => faultsIn(root, one, value, path));
    return tries.some((found) => found.length === 0) ? [] : tries[0];
  }
  const type = typeOf(value);
  const types = schema.type === undefined ? [type] : [schema.type].flat();
  if (!types.includes(type) && !(type === 'integer' && types.includes('number'))) return [`${path} is ${type}, not ${types.join(' or ')}`];
  if (schema.enum && !schema.enum.includes(value)) return [`${path} is ${JSON.stringify(value)}, none of ${schema.enum.join(', ')}`];
  if ('const' in schema && schema.const !== value) return [`${path} is not ${schema.const}`];
  if (type === 'array' && schema.items) return value.flatMap((item, at) => faultsIn(root, schema.items, item, `${path}[${at}]`));
  if (type !== 'object' || !schema.properties) return [];
  return [
    ...(schema.required ?? []).filter((name) => !(name in value)).map((name) => `${path}.${name} is missing`),
    ...Object.entries(value).flatMap(([name, member]) => (schema.properties[name] ? faultsIn(root, schema.properties[name], member, `${path}.${name}`) : [`${path}.${name} is not described`])),
  ];
}

/** The operation of a request, `{id}` standing for one segment; a path that is spelled out comes before one that only could be meant. */
function operationOf(root, method, pathname) {
  if (root.paths[pathname]?.[method]) return root.paths[pathname][method];
  const template = Object.keys(root.paths).find((path) => new RegExp(`^${path.replace(/\{[^}]+\}/g, '[^/]+')}$`).test(pathname) && root.paths[path][method]);
  return template && root.paths[template][method];
}

/** What is wrong with a response of the browser's, as lines. */
export async function faultsOf(root, response) {
  const { pathname } = new URL(response.url());
  if (!pathname.startsWith('/api/') || !/^application\/json/.test(response.headers()['content-type'] ?? '')) return [];
  const method = response.request().method();
  const place = `${method} ${pathname} ${response.status()}`;
  const operation = operationOf(root, method.toLowerCase(), pathname);
  if (!operation) return [`${place} is not described`];
  const described = operation.responses[response.status()] ?? (response.status() >= 400 ? operation.responses.default : null);
  const schema = described?.content?.['application/json']?.schema;
  return schema ? faultsIn(root, schema, await response.json(), place) : [`${place} is not described`];
}
