import { describe, expect, it } from 'vitest';
import { generateSecret } from '../../src/domain/secret-format.js';
import { idempotent, secretOf } from '../contract/key-service.js';
import { startTestService } from '../support/key-service-server.js';
import { testPostgres } from '../support/postgres.js';
import { rawRequest } from '../support/raw-request.js';
import { testClient } from '../support/test-client.js';

const { all } = await testPostgres();

const KEYS = 30;
const ROUNDS = 6;

const places: Array<readonly [name: string, address: () => Promise<string | undefined>]> = [
  ['SQLite', async () => undefined],
  ...all.map((server) => [server.name, () => server.freshAddress()] as const),
];

describe.each(places)('requests that come at once, over %s', (_, addressOf) => {
  it('are each judged by their own key, while keys are revoked', async () => {
    const address = await addressOf();
    const service = await startTestService(address === undefined ? {} : { address });
    const manager = testClient(service.url, service.managementKey).service;
    const made = [];
    for (let n = 0; n < KEYS; n++) made.push(await manager.create({ name: `k${n}` }, idempotent()));
    const callers = made.map((created) => ({ id: created.key.id, secret: secretOf(created) }));
    const unknown = { id: 'none', secret: generateSecret('sk_live_') };
    /** Refused already, or about to be; and those whose revocation was confirmed. */
    const ending = new Set([unknown.id]);
    const revoked = new Set<string>();
    const wrong: string[] = [];

    async function authorize({ id, secret }: (typeof callers)[number]): Promise<void> {
      const wasRevoked = revoked.has(id);
      const { status, headers } = await rawRequest(`${service.url}/v1/authorize`, {
        headers: { authorization: `Bearer ${secret}` },
      });
      if (status === 204 && headers['x-key-id'] !== id) wrong.push(`${id} got ${headers['x-key-id']}`);
      if (status === 204 && wasRevoked) wrong.push(`${id} works after its revocation was confirmed`);
      if (status === 401 && !revoked.has(id) && !ending.has(id)) wrong.push(`${id} was refused`);
      if (status !== 204 && status !== 401) wrong.push(`${id} got ${status}`);
    }

    for (let round = 0; round < ROUNDS; round++) {
      const revoking = callers.slice(round * 3, round * 3 + 3);
      await Promise.all([
        ...[...callers, unknown, ...callers].map(authorize),
        ...revoking.map(async (caller) => {
          ending.add(caller.id);
          await manager.revoke(caller.id);
          revoked.add(caller.id);
          await authorize(caller);
        }),
      ]);
    }
    await Promise.all(callers.map(authorize));
    expect(wrong).toEqual([]);
    expect(revoked.size).toBe(3 * ROUNDS);
  });
});
