import type { ServerResponse } from 'node:http';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import { allKeys } from '../../src/domain/all-keys.js';
import { KeysError } from '../../src/domain/errors.js';
import type { Key } from '../../src/domain/key.js';
import type { KeyService } from '../../src/domain/key-service.js';
import { createHttpTransport } from '../../src/http/create-http-transport.js';
import { createProviderService } from '../../src/providers/engine.js';
import { loadProvider } from '../../src/providers/registry.js';
import { createJsonOutput } from '../../src/terminal/json-output.js';
import { keyColumns } from '../../src/terminal/key-columns.js';
import { createTerminalOutput } from '../../src/terminal/terminal-output.js';
import { idempotent } from '../contract/key-service.js';
import { clock } from '../support/connect-vendor.js';
import { ENCODINGS } from '../support/encodings.js';
import { fc } from '../support/fast-check.js';
import { loopbackServer } from '../support/loopback-server.js';

/** `npm run fuzz` sets a larger count. */
const ROUNDS = Number(process.env['KEYS_FUZZ_REQUESTS'] ?? 300);
/** A long run says so often how far it has come, and remembers no more values than these. */
const AT_ONCE = 1_000;
const SECRET = 'fake+credential/0123456789=abcdefghijklmnop';
/** What a terminal would obey. */
const OBEYED =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]|\p{Surrogate}/u;
const PROVIDERS = ['keys', 'keys', 'keys', 'resend', 'openai', 'unkey', 'algolia', 'cloudflare'] as const;
/** The requests of one operation get the responses of its round; after them every list ends. */
const MOST_REQUESTS = 8;

const ENCODED = Object.entries(ENCODINGS).map(([name, encode]) => [name, encode(SECRET)] as const);

const echo = fc.constantFrom(...ENCODED.map(([, encoded]) => encoded));
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    'key_1',
    '2026-11-25T12:00:00+09:00',
    'yesterday',
    '',
    '\u001b[2J',
    '\ud800',
    'İΣ',
    '__proto__',
    'x'.repeat(500),
  ),
  echo,
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    text,
    fc.constantFrom(null, true, false, 0, -1, 1e308, 2 ** 53),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(
      fc.oneof(fc.constantFrom('id', 'name', 'data', '__proto__', 'toString'), text),
      tie('value'),
      { maxKeys: 4 },
    ),
  ),
}));
/** A key's record as services tell it, in which any member may be anything. */
const record = fc.record(
  {
    id: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('key_1', 'key_2', SECRET) },
      { weight: 1, arbitrary: value },
    ),
    name: fc.oneof(text, value),
    status: fc.oneof(fc.constantFrom('active', 'revoked', 'expired', 'retiring', 'odd'), value),
    created_at: fc.oneof(fc.constantFrom('2026-11-25T10:00:00Z', '2026-11-25T10:00:00-08:00'), value),
    expires_at: value,
    scopes: value,
    restrictions: value,
    metadata: value,
    secret: fc.oneof(text, value),
    token: text,
    key: fc.oneof(text, value),
  },
  { requiredKeys: [] },
);
const page = fc.record(
  {
    success: fc.constantFrom<unknown>(true, true, true, false, 'yes'),
    data: fc.oneof(fc.array(record, { maxLength: 3 }), record, value),
    keys: fc.oneof(fc.array(record, { maxLength: 3 }), value),
    result: fc.oneof(fc.array(record, { maxLength: 3 }), record, value),
    has_more: fc.oneof(fc.boolean(), value),
    next_cursor: fc.oneof(fc.constantFrom(null, 'again', SECRET), value),
    message: fc.oneof(text, value),
    error: fc.oneof(text, value, fc.record({ message: echo })),
    errors: fc.array(fc.record({ message: text })),
    code: fc.constantFrom('not_found', 'conflict', 'internal', 'x'),
    details: value,
    hint: text,
  },
  { requiredKeys: ['success'] },
);
/** What a key service tells, with any text in it. */
const told = fc.record({
  id: fc.constantFrom('key_1', 'key_2'),
  name: text,
  metadata: fc.dictionary(text, text, { maxKeys: 2 }),
});
const wellFormed = fc.oneof(
  fc
    .array(told, { maxLength: 3 })
    .map((data) => ({ success: true, data, has_more: false, next_cursor: null, object: 'list' })),
  fc
    .tuple(told, text)
    .map(([data, secret]) => ({ success: true, data: { ...data, secret: `s${secret}` }, previous: data })),
);
const deep = fc
  .integer({ min: 1, max: 20_000 })
  .map((depth) => `{"details":${'['.repeat(depth)}${']'.repeat(depth)}}`);
const response = fc.record({
  status: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(200, 201) },
    { weight: 3, arbitrary: fc.constantFrom(204, 400, 401, 403, 404, 409, 429, 500, 503) },
    { weight: 1, arbitrary: fc.integer({ min: 200, max: 599 }) },
  ),
  type: fc.oneof(
    { weight: 6, arbitrary: fc.constant('application/json') },
    { weight: 1, arbitrary: fc.constantFrom('application/problem+json', 'text/plain', 'text/html', '') },
  ),
  body: fc.oneof(
    { weight: 6, arbitrary: wellFormed.map((body) => JSON.stringify(body)) },
    { weight: 8, arbitrary: page.map((told) => JSON.stringify(told)) },
    { weight: 1, arbitrary: text },
    { weight: 1, arbitrary: deep },
  ),
  coding: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom('', 'gzip', 'br') },
    { weight: 1, arbitrary: fc.constantFrom('gzip-lie', 'zstd', 'bomb') },
  ),
  cut: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  headers: fc.dictionary(
    fc.constantFrom('retry-after', 'date', 'link', 'x-ratelimit-reset', 'location', 'set-cookie'),
    fc.constantFrom(
      '0',
      '-1',
      '1e9',
      'Thu, 01 Jan 1970 00:00:00 GMT',
      '/again',
      '//elsewhere.example/x',
      `/${SECRET}`,
      'ELSEWHERE',
      'http://[bad',
    ),
    { maxKeys: 2 },
  ),
});
type Response = typeof response extends fc.Arbitrary<infer Value> ? Value : never;

const OTHER = { id: SECRET, key: SECRET, value: SECRET, name: SECRET, status: 'active', created_at: SECRET };
/** A record about another key than the one asked for, named after the credential. */
const ANOTHER_KEY: Response = {
  status: 200,
  type: 'application/json',
  body: JSON.stringify({ success: true, ...OTHER, data: OTHER, result: OTHER, keys: [OTHER] }),
  coding: '',
  cut: false,
  headers: {},
};
const BOMB = gzipSync(Buffer.alloc(2_000_000));

function write(
  outgoing: ServerResponse,
  { status, type, body, coding, cut, headers }: Response,
  elsewhere: string,
): void {
  const bytes = Buffer.from(body);
  const encoders: Readonly<Record<string, () => Buffer>> = {
    gzip: () => gzipSync(bytes, { level: 1 }),
    // The best compression takes most of the time of a round.
    br: () => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 0 } }),
    bomb: () => BOMB,
  };
  const encoded = encoders[coding]?.() ?? bytes;
  const name = coding === 'bomb' || coding === 'gzip-lie' ? 'gzip' : coding;
  for (const [header, text] of Object.entries(headers))
    outgoing.setHeader(header, text === 'ELSEWHERE' ? `${elsewhere}/stolen` : text);
  if (type !== '') outgoing.setHeader('content-type', type);
  if (name !== '') outgoing.setHeader('content-encoding', name);
  if (cut) outgoing.setHeader('content-length', encoded.length + 10);
  outgoing.writeHead(status);
  if (!cut) return void outgoing.end(encoded);
  outgoing.write(encoded);
  setImmediate(() => outgoing.destroy());
}

const OPERATIONS: Readonly<Record<string, (service: KeyService) => Promise<unknown>>> = {
  async list(service) {
    const keys: Key[] = [];
    for await (const key of allKeys(service, {})) if (keys.push(key) > 50) break;
    return keys;
  },
  get: (service) => service.get('key_1'),
  create: (service) => service.create({ name: 'web' }, idempotent()),
  update: (service) => service.update('key_1', { name: 'shop' }),
  roll: (service) => service.roll('key_1', {}, idempotent()),
  revoke: (service) => service.revoke('key_1'),
  verify: (service) => service.verify({ key: 'sk_live_fake' }),
  whoami: (service) => service.whoami(),
  events: (service) => service.events({}),
};

/** What is printed of keys on a terminal, as a table and as JSON. */
async function printed(keys: readonly Key[]): Promise<{ shown: string; json: string }> {
  const texts = { shown: '', json: '' };
  const into = (name: keyof typeof texts) => ({
    isTerminal: true,
    columns: 400,
    write: async (piece: string | Uint8Array) => {
      texts[name] += piece;
    },
  });
  async function* rows() {
    yield* keys;
  }
  await createTerminalOutput(into('shown'), into('shown'), { color: false }).list(rows(), [
    ...keyColumns(0).values(),
  ]);
  await createJsonOutput(into('json'), into('json')).list(rows(), []);
  return texts;
}

it(`survives ${ROUNDS} operations against a hostile server`, { timeout: 3_600_000 }, async () => {
  const stolen: string[] = [];
  const elsewhere = await loopbackServer((request, outgoing) => {
    stolen.push(request.url ?? '');
    outgoing.end('{}');
  });
  let next: Response;
  let count = 0;
  const url = await loopbackServer((request, outgoing) => {
    request.resume();
    if (++count > MOST_REQUESTS)
      return void outgoing
        .writeHead(200, { 'content-type': 'application/json' })
        .end('{"success":true,"data":[],"keys":[]}');
    write(outgoing, next, elsewhere);
  });
  const transport = createHttpTransport({
    clock,
    sleep: async () => undefined,
    retries: 1,
    maxResponseBytes: 1_000_000,
    wholeTimeoutMs: 20_000,
  });
  onTestFinished(() => transport.close());
  const services = await Promise.all(
    PROVIDERS.map(async (id) => {
      const options = {
        baseUrl: url,
        credential: { secret: SECRET },
        transport,
        userAgent: 'fuzz',
        clock,
        sleep: async () => undefined,
      };
      return createProviderService(await loadProvider(id), {
        ...options,
        set: { application: 'APP1', account: 'a', api: 'a', project: 'p' },
      });
    }),
  );
  const names = Object.keys(OPERATIONS);
  const outcomes = { done: 0, refused: 0 };
  const property = fc.asyncProperty(
    response,
    fc.constantFrom(...names),
    fc.nat(PROVIDERS.length - 1),
    async (told, name, at) => {
      next = told;
      count = 0;
      const service = services[at] as KeyService;
      try {
        const result = await (OPERATIONS[name] as (service: KeyService) => Promise<unknown>)(service);
        outcomes.done++;
        if (name !== 'list') return;
        const { shown, json } = await printed(result as Key[]);
        expect(shown).not.toMatch(OBEYED);
        expect(json).not.toMatch(OBEYED);
        expect(JSON.parse(json)).toHaveLength((result as Key[]).length);
      } catch (error) {
        if (!(error instanceof KeysError)) throw error;
        outcomes.refused++;
        const { message, hint } = error;
        for (const shown of [message, hint ?? '', JSON.stringify(error.details ?? '')]) {
          const leaked = ENCODED.find(([, encoded]) => shown.includes(encoded));
          expect(leaked?.[0], shown).toBeUndefined();
        }
        expect(message.length).toBeLessThan(2_000);
      }
    },
  );
  const examples = names.flatMap((name) =>
    PROVIDERS.map((_, at): [Response, string, number] => [ANOTHER_KEY, name, at]),
  );
  const { seed = 1 } = fc.readConfigureGlobal();
  for (let done = 0; done < ROUNDS; done += AT_ONCE) {
    const numRuns = Math.min(AT_ONCE, ROUNDS - done);
    await fc.assert(property, {
      numRuns,
      seed: seed + done,
      endOnFailure: true,
      ...(done === 0 ? { examples } : {}),
    });
    if (ROUNDS > AT_ONCE) console.info(`${done + numRuns} operations: nothing wrong`);
  }
  expect(stolen).toEqual([]);
  expect(outcomes.done + outcomes.refused).toBe(ROUNDS);
  expect(Math.min(outcomes.done, outcomes.refused)).toBeGreaterThan(0);
  console.info(`${ROUNDS} operations: ${outcomes.done} done, ${outcomes.refused} refused`);
});
