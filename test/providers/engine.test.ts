import { expect, it } from 'vitest';
import { allKeys } from '../../src/domain/all-keys.js';
import { codeOf, idempotent } from '../contract/key-service.js';
import { faultyServer, sendJson } from '../support/faulty-server.js';
import { testClient } from '../support/test-client.js';

const FAKE = 'sk_fake_credential_for_tests_only';
/** As the documented page prints it. */
const DOCUMENTED = {
  success: true,
  data: [
    {
      id: 'key_123',
      name: 'Production API Key',
      prefix: 'sk_live_',
      created_at: '2024-01-15T10:30:00Z',
      last_used: '2024-01-20T14:22:00Z',
    },
  ],
};

it('takes the documented list as it is printed: what is absent is unknown', async () => {
  const { url, seen } = await faultyServer((response) => sendJson(response, 200, DOCUMENTED));
  const page = await testClient(url, FAKE).service.list({});
  expect(page).toEqual({ keys: DOCUMENTED.data, next_cursor: null });
  expect(Object.keys(page.keys[0] ?? {})).not.toContain('expires_at');
  expect(seen[0]?.headers).toMatchObject({ authorization: `Bearer ${FAKE}`, 'user-agent': 'keys/test' });
});

it('takes the documented response to a delete', async () => {
  const { url, seen } = await faultyServer((response) =>
    sendJson(response, 200, { success: true, message: 'API key revoked successfully' }),
  );
  await testClient(url, FAKE).service.revoke('key/1 2');
  expect(seen[0]).toMatchObject({ method: 'DELETE', url: '/v1/api-keys/key%2F1%202' });
});

it('keeps the path of a base URL', async () => {
  const { url, seen } = await faultyServer((response) => sendJson(response, 200, DOCUMENTED));
  await testClient(`${url}/team/a`, FAKE).service.list({ status: ['active', 'expired'], name: 'a b' });
  expect(seen[0]?.url).toBe('/team/a/v1/api-keys?name=a+b&status=active%2Cexpired');
});

it.each<[string, number, string, string, RegExp]>([
  [
    'a captive portal',
    200,
    'text/html',
    '<html>Log in to the Wi-Fi</html>',
    /not JSON but text\/html.*status 200/,
  ],
  ['half a body', 200, 'application/json', '{"success":true,"da', /breaks off.*status 200/],
  ['another content type', 200, 'text/plain', JSON.stringify(DOCUMENTED), /text\/plain/],
  ['an empty response', 200, 'application/json', '', /empty/],
  [
    'a 200 that is an error',
    200,
    'application/json',
    '{"success":false,"message":"no"}',
    /says that it failed \(no\)/,
  ],
  [
    'another shape',
    200,
    'application/json',
    '{"success":true,"data":{"keys":[]}}',
    /not what it should be \(data: /,
  ],
  ['a list of another kind', 200, 'application/json', '{"success":true,"data":[{"id":7}]}', /\(id in data: /],
])('says of %s that it is no response', async (_, status, type, body, message) => {
  const { url } = await faultyServer((response) =>
    response.writeHead(status, { 'content-type': type }).end(body),
  );
  const call = testClient(url, FAKE).service.list({});
  await expect(call).rejects.toMatchObject({ code: 'bad_response', message: expect.stringMatching(message) });
  await expect(call).rejects.toMatchObject({ message: expect.stringContaining(url) });
});

it.each<[number, string, string, string]>([
  [401, '{"error":"bad key"}', 'unauthenticated', 'bad key'],
  [402, '{"message":"pay"}', 'payment_required', 'pay'],
  [403, '{"error":{"message":"no"}}', 'forbidden', 'no'],
  [404, '<html>', 'not_found', 'the service responded with 404'],
  [418, '', 'bad_response', 'the service responded with 418'],
  [500, '{"code":"not_found","detail":"x"}', 'internal', 'x'],
])('reads the error of a %i from whatever body', async (status, body, code, message) => {
  const { url } = await faultyServer((response) => {
    response
      .writeHead(status, { 'content-type': body.startsWith('{') ? 'application/json' : 'text/html' })
      .end(body);
  });
  await expect(testClient(url, FAKE).service.get('key_1')).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message),
  });
});

it.each([
  [418, 'bad_response', 'not_done'],
  [422, 'invalid_request', 'not_done'],
  [409, 'conflict', 'unknown'],
  [500, 'internal', 'unknown'],
])('says of a create that failed with %i whether a key may exist', async (status, code, outcome) => {
  const { url, seen } = await faultyServer((response) => response.writeHead(status).end());
  const { service } = testClient(url, FAKE);
  const created = service.create({ name: 'a' }, idempotent());
  await expect(created).rejects.toMatchObject({ code, outcome });
  expect(seen.length).toBeGreaterThan(0);
});

it('refuses the response about another key', async () => {
  const { url } = await faultyServer((response) =>
    sendJson(response, 200, { success: true, data: DOCUMENTED.data[0] }),
  );
  expect(await codeOf(testClient(url, FAKE).service.get('key_999'))).toBe('bad_response');
});

it('stops at a pager that repeats itself', async () => {
  const { url, seen } = await faultyServer((response, _, count) =>
    sendJson(response, 200, { ...DOCUMENTED, has_more: true, next_cursor: count % 2 ? 'a' : 'b' }),
  );
  const walk = async () => {
    for await (const _ of allKeys(testClient(url, FAKE).service, {}));
  };
  expect(await codeOf(walk())).toBe('bad_response');
  expect(seen.length).toBeLessThan(5);
});

it('sends a create that fails again with the same idempotency key, and no change twice without one', async () => {
  const { url, seen } = await faultyServer((response) => sendJson(response, 503, { error: 'later' }));
  const { service } = testClient(url, FAKE);
  expect(await codeOf(service.create({ name: 'a' }, idempotent()))).toBe('unavailable');
  expect(new Set(seen.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  expect(seen).toHaveLength(4);
  seen.length = 0;
  expect(await codeOf(service.update('key_1', { name: 'b' }))).toBe('unavailable');
  expect(seen.map(({ method }) => method)).toEqual(['PATCH']);
  seen.length = 0;
  // It changes nothing, and is repeated as a GET is.
  expect(await codeOf(service.verify({ key: 'x' }))).toBe('unavailable');
  expect(seen.map(({ method }) => method)).toEqual(['POST', 'POST', 'POST', 'POST']);
});

it.each([
  ['that is still there and works', 200, 'active', 'bad_response'],
  ['that has ended', 200, 'revoked', 'not_found'],
  ['that is gone', 404, 'active', 'not_found'],
  ['that may not be read', 403, 'active', 'not_found'],
])('a 404 to the revoke of a key %s', async (_, status, state, code) => {
  const record = { ...DOCUMENTED.data[0], status: state };
  const { url } = await faultyServer((response, { method }) =>
    method === 'DELETE'
      ? sendJson(response, 404, { message: 'no such route' })
      : sendJson(response, status, { success: status === 200, data: record, message: 'no' }),
  );
  expect(await codeOf(testClient(url, FAKE).service.revoke('key_123'))).toBe(code);
});
