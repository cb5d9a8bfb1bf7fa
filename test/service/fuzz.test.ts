import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { dereferenceSync } from 'dereference-json-schema';
import { type Document, OpenAPIRouter, OpenAPIValidator } from 'openapi-backend';
import { expect, it, onTestFinished } from 'vitest';
import { openApiDocument } from '../../src/service/http/open-api.js';
import { KEYS_POLICY } from '../../src/service/policies/keys.js';
import { idempotent, secretOf } from '../contract/key-service.js';
import {
  arbitraryRequests,
  type FuzzedRequest,
  type OpenApiDocument,
} from '../support/arbitrary-requests.js';
import { fc } from '../support/fast-check.js';
import { startTestService } from '../support/key-service-server.js';
import { testPostgres } from '../support/postgres.js';
import { testClient } from '../support/test-client.js';

/** `npm run fuzz` asks for 50,000. */
const REQUESTS = Number(process.env['KEYS_FUZZ_REQUESTS'] ?? 1_000);
/** At one time, so that they meet each other too. */
const TOGETHER = 20;
/** What takes longer hangs. */
const HANG_MS = 20_000;

const { all } = await testPostgres();
const STORES = [
  ['SQLite', async () => ({})],
  ...all.map((server) => [server.name, async () => ({ address: await server.freshAddress() })] as const),
] as ReadonlyArray<readonly [name: string, fresh: () => Promise<{ address?: string }>]>;

interface Response {
  readonly status: number;
  readonly type: string;
  readonly id: string;
  readonly body: string;
}

function sender(url: string): (fuzzed: FuzzedRequest) => Promise<Response> {
  const agent = new Agent({ keepAlive: true, maxSockets: TOGETHER });
  onTestFinished(() => agent.destroy());
  return ({ method, path, headers, body }) =>
    new Promise((resolve, reject) => {
      const signal = AbortSignal.timeout(HANG_MS);
      const sent = request(url + path, { method, headers, agent, signal }, (response) => {
        const { statusCode: status = 0, headers: received } = response;
        const [type, id] = [received['content-type'] ?? '', String(received['x-request-id'])];
        text(response).then((body) => resolve({ status, type, id, body }), reject);
      });
      sent.on('error', reject).end(body);
    });
}

/** What of a response its operation does not allow: empty where all is well. */
function judge(document: OpenApiDocument): (fuzzed: FuzzedRequest, response: Response) => string[] {
  const definition = dereferenceSync(document as object) as Document;
  const router = new OpenAPIRouter({ definition });
  const validator = new OpenAPIValidator({ definition, ajvOpts: { strict: false, validateFormats: false } });
  return ({ operationId }, { status, type, id, body }) => {
    if (status === 413 || status === 431) return [];
    const found = [];
    if (status >= 500 && status !== 501) found.push(`status ${status}`);
    if (!/^[0-9a-f-]{36}$/.test(id)) found.push('no request id');
    const right = status < 300 ? 'application/json' : 'application/problem+json';
    if (status !== 204 && !type.startsWith(right)) found.push(`content type ${type}`);
    const operation = router.getOperation(operationId);
    if (operation === undefined) return [...found, `no operation ${operationId}`];
    const parsed = body === '' ? null : JSON.parse(body);
    if (status === 204) return parsed === null ? found : [...found, 'a body'];
    const wrong = validator.validateResponse(parsed, operation, status).errors ?? [];
    return [...found, ...wrong.map(({ instancePath, message }) => `${instancePath} ${message}`)];
  };
}

it('judges responses that are not as the document says', () => {
  const wrong = judge(openApiDocument('0', KEYS_POLICY) as OpenApiDocument);
  const fuzzed = { operationId: 'get', method: 'GET', path: '', headers: {}, body: undefined };
  const response = { id: '0'.repeat(36), status: 200, type: 'application/json' };
  const right = { success: true, data: { id: 'a', name: 'b' } };
  expect(wrong(fuzzed, { ...response, body: JSON.stringify(right) })).toEqual([]);
  expect(wrong(fuzzed, { ...response, body: JSON.stringify({ ...right, data: { id: 1 } }) })).not.toEqual([]);
  expect(wrong(fuzzed, { ...response, status: 404, body: JSON.stringify(right) })).not.toEqual([]);
  expect(wrong(fuzzed, { ...response, status: 500, body: '{}' })).toContain('status 500');
});

it.each(STORES)(
  `handles ${REQUESTS} requests made of its own document as that document allows, over %s`,
  async (store, fresh) => {
    const service = await startTestService({ ...(await fresh()), trustProxies: ['127.0.0.1'] });
    const { service: owner } = testClient(service.url, service.managementKey);
    const keys = [];
    for (let i = 0; i < 60; i++) {
      const scopes = [[], ['keys:read'], ['keys:write', 'keys:read'], ['invoices:read']][i % 4] ?? [];
      keys.push(await owner.create({ name: `key ${i}`, scopes }, idempotent()));
    }
    const document = openApiDocument('0', KEYS_POLICY) as OpenApiDocument;
    const [send, wrong] = [sender(service.url), judge(document)];
    const requests = arbitraryRequests(dereferenceSync(document as object) as OpenApiDocument, {
      ids: keys.map(({ key }) => key.id),
      secrets: keys.map(secretOf),
      managementKey: service.managementKey,
    });
    const seen = new Set<string>();
    let sent = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(requests, { minLength: TOGETHER, maxLength: TOGETHER }), async (batch) => {
        await Promise.all(
          batch.map(async (fuzzed) => {
            const response = await send(fuzzed);
            // A run that is stopped has said how far it came.
            if (++sent % 5_000 === 0) console.info(`${sent} requests so far over ${store}`);
            seen.add(`${fuzzed.operationId} ${response.status < 300 ? 'done' : 'refused'}`);
            expect(wrong(fuzzed, response), `${fuzzed.method} ${fuzzed.path}: ${response.body}`).toEqual([]);
          }),
        );
      }),
      { numRuns: Math.ceil(REQUESTS / TOGETHER) },
    );
    // Each operation was reached, and refused too.
    for (const operation of [
      'create',
      'list',
      'verify',
      'get',
      'update',
      'roll',
      'revoke',
      'whoami',
      'authorize',
    ]) {
      expect([...seen]).toContain(`${operation} done`);
      expect([...seen]).toContain(`${operation} refused`);
    }
    const { keys: all } = await owner.list({ limit: 1 });
    expect(all).toHaveLength(1);
    console.info(`${sent} requests over ${store}, none of them responded to otherwise than documented`);
  },
  Math.max(60_000, REQUESTS * 500),
);
