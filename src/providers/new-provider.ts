/**
 * A provider file to begin with, for a vendor of this id: what most vendors have, and a comment where vendors
 * differ.
 */
export function newProviderFile(id: string): string {
  const title = titleOf(id);
  const variable = `${id.toUpperCase().replaceAll('-', '_')}_API_KEY`;
  return `// @ts-check
// ${title} as a provider of keys. Try it against a server where keys may be created and revoked:
//   keys provider add ./${id}.mjs
//   keys provider test ${id} --base-url http://localhost:8080
// The credential that manages keys comes from KEYS_API_KEY, or from keys login --provider ${id}.
import { bearer, custom, expiry, pages, provider, status, text, texts, time, timeOrNever } from 'keys';

export default provider({
  id: '${id}',
  title: '${title}',
  documentation: 'https://${id}.example/docs/api-keys',
  // Without a slash at its end; {name} is replaced by the value of --set name=…
  baseUrl: 'https://api.${id}.example',
  // What says whose keys these are: { project: 'id of the project', 'region?': 'optional, because of the question mark' }
  context: {},
  // The name that the vendor's documentation uses; of a pair { api_key: '…', secret_key: '…' }.
  variable: '${variable}',
  // bearer, basic, headerAuth('x-api-key'), schemeAuth('Token'), signedAuth(key header, signature header), sigV4({…}), or a function.
  auth: bearer,
  // prefixes: ['${id}_'],  how its keys begin
  // names: 'unique',      where two keys cannot have one name: a successor of web is then "web 2"
  // notes: ['What a user should know, such as which credential manages keys.'],
  // A request that an ordinary key may make and that changes nothing.
  // Where a status alone does not say it: check: { at: 'GET /me', verdict: ({ status, body }) => (status === 410 ? 'revoked' : undefined) },
  // 'valid', 'not_judged', or why it is not valid; undefined: the status decides.
  check: 'GET /me',
  // The vendor's own create fields: { indexes: texts('indexes', { accepts: 'indexes that the key may use', default: ['*'] }) }
  options: {},
  keys: {
    // The collection: {keys} in routes such as 'POST {keys}/{id}/rotate'.
    path: '/keys',
    // Where the new secret is in the response to a create.
    secret: 'secret',
    // Where the list is in its response, and how it goes on: pages.numbered, offset, after or link.
    list: { in: 'keys', pages: pages.after({ cursor: 'cursor', size: 'limit', most: 100, next: 'next' }) },
    // false: the vendor has no request for one key, so its list is looked through.
    get: false,
    // Each field of the vendor's record, once. Leave out what it does not tell: unknown is not "never".
    // A new key can be given a field with \`accepts\`; \`keys update\` can change one with \`updates: true\`.
    fields: {
      name: text('name'),
      created_at: time('created_at'),
      last_used: timeOrNever('last_used_at'),
      // status: status('enabled', { true: 'active', false: 'revoked' }),
      // expires_at: expiry('expires_at', { accepts: 'any time', as: 'seconds' }),
      // ips: custom((key) => key.addresses.split(' '), { accepts: 'CIDR ranges', send: (ips) => ({ addresses: ips.join(' ') }) }),
      // scopes: texts('permissions', { accepts: 'such as docs:read', required: true }),
    },
    create: {},  // returns: 'id' where its response has the id and the secret alone
    // update: { at: 'PUT {keys}/{id}' },  default: PATCH; returns: 'nothing' where its response does not show the key
    // pause: { paused: { enabled: false }, active: { enabled: true } },  sent like an update, or to \`at\`
    // roll: { at: 'POST {keys}/{id}/rotate', body: ({ ends }) => ({ old_key_ends: ends }) },
    // inPlace: true: the id stays; grace: 'none': the old secret stops at once. No roll: a successor is created.
  },
});
`;
}

function titleOf(id: string): string {
  return id.replace(
    /(^|-)([a-z])/g,
    (_, dash: string, letter: string) => (dash ? ' ' : '') + letter.toUpperCase(),
  );
}
