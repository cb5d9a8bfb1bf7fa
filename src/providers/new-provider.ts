/** A provider file to begin with, for a vendor of this id: what most vendors have, and a comment where they differ. */
export function newProviderFile(id: string): string {
  const title = id.replace(
    /(^|-)([a-z])/g,
    (_, dash: string, letter: string) => (dash ? ' ' : '') + letter.toUpperCase(),
  );
  const variable = `${id.toUpperCase().replaceAll('-', '_')}_API_KEY`;
  return `// @ts-check
// ${title} as a provider of keys. Try it where its keys may be made and ended:
//   keys provider add ./${id}.mjs
//   keys provider test ${id} --base-url http://localhost:8080
import { bearer, defineProvider, operation, segment, z } from 'keys';

// What the vendor tells of a key. Leave out what it does not tell: unknown is not "never".
const record = z.object({
  id: z.string(),
  name: z.string(),
  created_at: z.string(),
  last_used_at: z.string().nullable().optional(),
});

/** @param {z.infer<typeof record>} told */
const keyOf = ({ last_used_at, ...key }) => ({
  ...key,
  ...(last_used_at === undefined ? {} : { last_used: last_used_at }),
  status: /** @type {const} */ ('active'),
});

export default defineProvider({
  id: '${id}',
  title: '${title}',
  documentation: 'https://${id}.example/docs/api-keys',
  // Without a slash at its end; {name} stands for what --set name=… fills in.
  baseUrl: 'https://api.${id}.example',
  // What the vendor must be told beside the key, such as a project: [{ name: 'project', about: 'the project', required: true }]
  context: [],
  // Names that the vendor's own documentation uses.
  variables: { secret: '${variable}' },
  format: { kind: 'secret', prefixes: [] },
  // bearer, basic, headerAuth('x-api-key'), schemeAuth('Token'), signedAuth(key header, signature header), or a function of your own.
  auth: bearer,
  // What a new key can have: expires_at, scopes, ips, referrers, endpoints. The rest is refused before anything is sent.
  accepts: {},
  // A request that an ordinary key may make and that changes nothing.
  check: { method: 'GET', path: '/me' },
  notes: [],
  endpoints: {
    create: operation({
      call: ({ name }) => ({ method: 'POST', path: '/keys', body: { name } }),
      answer: record.extend({ secret: z.string() }),
      read: ({ secret, ...told }) => ({ key: keyOf(told), credential: { secret } }),
    }),
    list: operation({
      call: ({ cursor }) => ({ method: 'GET', path: '/keys', query: { cursor } }),
      answer: z.object({ keys: z.array(record), next: z.string().nullable().optional() }),
      read: ({ keys, next }) => ({ keys: keys.map(keyOf), next_cursor: next ?? null }),
    }),
    revoke: operation({
      call: (id) => ({ method: 'DELETE', path: \`/keys/\${segment(id)}\` }),
      read: () => undefined,
    }),
    // get, update, roll, verify where the vendor has them. Without a roll a successor is made, handed over, and the old key ended.
  },
});
`;
}
