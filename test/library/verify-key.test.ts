import { expect, it, onTestFinished } from 'vitest';
import { signBytes } from '../../src/domain/signatures.js';
import { connect, type RequestVerdict, verifyKey } from '../../src/library.js';
import { idempotent, secretOf } from '../contract/key-service.js';
import { testEncryptionKey } from '../support/encryption-key.js';
import { startTestService } from '../support/key-service-server.js';
import { loopbackServer } from '../support/loopback-server.js';
import { rawRequest } from '../support/raw-request.js';

/** An API that checks each request itself; its response is the verdict. */
async function apiOver(options: Parameters<typeof startTestService>[0] = {}) {
  const { url, managementKey } = await startTestService(options);
  const service = await connect({ baseUrl: url, credential: managementKey });
  onTestFinished(() => service.close());
  const api = await loopbackServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const verdict = await verifyKey(service, request, {
      ...(request.url?.startsWith('/invoices') ? { scope: 'invoices:read' } : {}),
      ...(body === '' ? {} : { body }),
    });
    response.writeHead(verdict.valid ? 200 : verdict.status).end(JSON.stringify(verdict));
  });
  const ask = async (headers: Record<string, string>, path = '/', body?: string) => {
    const response = await rawRequest(api + path, {
      headers,
      ...(body === undefined ? {} : { method: 'POST', body }),
    });
    return { status: response.status, verdict: JSON.parse(response.body) as RequestVerdict };
  };
  return { service, ask };
}

it('takes a key as Bearer or in x-api-key, and says whose it is', async () => {
  const { service, ask } = await apiOver();
  const created = await service.create(
    { name: 'caller', scopes: ['invoices:read'], service: 'billing' },
    idempotent(),
  );
  const secret = secretOf(created);
  const inOwnHeader = [secret, `Bearer ${secret}`].map((value) => ({ 'x-api-key': value }));
  for (const headers of [{ authorization: `Bearer ${secret}` }, ...inOwnHeader]) {
    const response = await ask({ ...headers }, '/invoices');
    // The same facts as `authorize` sends in headers.
    const key = { id: created.key.id, environment: 'live', type: 'secret', service: 'billing' };
    expect(response).toMatchObject({ status: 200, verdict: { valid: true, key } });
  }
  await service.revoke(created.key.id);
  expect(await ask({ 'x-api-key': secret })).toMatchObject({ status: 401, verdict: { reason: 'revoked' } });
});

it('says what is wrong, and with which status to respond', async () => {
  const { service, ask } = await apiOver();
  const make = async (request: object) =>
    secretOf(await service.create({ name: 'x', ...request }, idempotent()));
  const plain = await make({});
  const endpoint = await make({ restrictions: { endpoints: ['GET /a/*'] } });
  const here = await make({ restrictions: { ips: ['127.0.0.1'] } });
  const page = await make({ restrictions: { referrers: ['https://a.example'] } });
  const why = async (...given: Parameters<typeof ask>) => {
    const { status, verdict } = await ask(...given);
    return [status, verdict.valid ? null : verdict.reason];
  };
  const key = (secret: string) => ({ 'x-api-key': secret });
  expect(await why({})).toEqual([401, 'missing']);
  expect(await why({ authorization: plain })).toEqual([401, 'malformed']);
  expect(await why({ ...key(plain), authorization: `Bearer ${here}` })).toEqual([401, 'ambiguous']);
  expect(await why({ ...key(plain), authorization: 'Bearer a.user.token' })).toEqual([200, null]);
  expect(await why(key('sk_live_x'))).toEqual([401, 'malformed']);
  expect(await why(key(plain), '/invoices')).toEqual([403, 'scope_missing']);
  expect(await why(key(endpoint), '/a/b?x=1')).toEqual([200, null]);
  expect(await why(key(endpoint), '/a/%2e%2e/b')).toEqual([403, 'endpoint_not_allowed']);
  expect(await why(key(endpoint), `/a/${'b'.repeat(3_000)}`)).toEqual([403, 'endpoint_not_allowed']);
  expect(await why(key(here))).toEqual([200, null]);
  expect(await why({ ...key(page), referer: 'https://b.example/' })).toEqual([403, 'referrer_not_allowed']);
});

it('demands an environment, and refuses what would silently demand less', async () => {
  const { service } = await apiOver();
  const secret = secretOf(await service.create({ name: 'x', environment: 'test' }, idempotent()));
  const request = { headers: { authorization: `Bearer ${secret}` } };
  expect((await verifyKey(service, request, { environment: 'test' })).valid).toBe(true);
  expect(await verifyKey(service, request, { environment: 'live' })).toMatchObject({
    status: 403,
    reason: 'wrong_environment',
  });
  await expect(verifyKey(service, request, { environment: 'production' })).rejects.toMatchObject({
    code: 'invalid_request',
    hint: 'one of live, test',
  });
  // @ts-expect-error: no such option
  const mistyped = verifyKey(service, request, { environement: 'live' });
  await expect(mistyped).rejects.toThrow('verifyKey has no option environement');
  for (const options of [{ environment: '' }, { scope: '' }])
    await expect(verifyKey(service, request, options)).rejects.toMatchObject({ code: 'usage' });
  // @ts-expect-error: as a program without types has it where a variable is not set
  await expect(verifyKey(service, request, { environment: undefined })).rejects.toThrow('has no value');
  const rawHeaders = ['Authorization', `Bearer ${secret}`, 'authorization', 'Bearer other'];
  expect(await verifyKey(service, { ...request, rawHeaders })).toMatchObject({ reason: 'ambiguous' });
  for (const headers of [
    { 'x-api-key': [secret, 'other'] },
    { authorization: [`Bearer ${secret}`, 'Bearer other'] },
  ])
    expect(await verifyKey(service, { headers })).toMatchObject({ reason: 'ambiguous' });
});

it('takes a request of the fetch API too', async () => {
  const { service } = await apiOver();
  const secret = secretOf(
    await service.create({ name: 'x', restrictions: { endpoints: ['PUT /a'] } }, idempotent()),
  );
  const headers = { authorization: `Bearer ${secret}` };
  const verdict = (method: string) =>
    verifyKey(service, new Request('https://api.example.com/a?b=c', { method, headers }));
  expect((await verdict('PUT')).valid).toBe(true);
  expect(await verdict('POST')).toMatchObject({ valid: false, status: 403 });
});

it('checks what a pair has signed', async () => {
  const { service, ask } = await apiOver({ policy: 'tylt', encryptionKey: testEncryptionKey() });
  const { credential } = await service.create(
    { name: 'shop', service: 'shop', environment: 'demo' },
    idempotent(),
  );
  const { api_key, secret_key } = credential as { api_key: string; secret_key: string };
  const signed = (text: string) => ({
    'x-tlp-apikey': api_key,
    'x-tlp-signature': signBytes(secret_key, text),
  });
  const body = '{ "amount": 1,\n "note": "ü" }';
  expect((await ask(signed(body), '/pay', body)).status).toBe(200);
  expect((await ask(signed('{"b":"2"}'), '/pay?b=2')).status).toBe(200);
  expect((await ask(signed(body), '/pay', `${body} `)).verdict).toMatchObject({ reason: 'signature_wrong' });
  expect((await ask({ 'x-tlp-apikey': api_key })).verdict).toMatchObject({ reason: 'signature_missing' });
});

it('throws where there is no verdict', async () => {
  const service = await connect({ baseUrl: 'http://127.0.0.1:1', credential: 'sk_live_x' });
  onTestFinished(() => service.close());
  const failure = verifyKey(service, { headers: { 'x-api-key': 'sk_live_x' } });
  await expect(failure).rejects.toMatchObject({ code: 'unreachable' });
});
