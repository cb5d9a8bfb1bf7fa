import { expect, it } from 'vitest';
import { allKeys } from '../../src/domain/all-keys.js';
import { createHttpTransport } from '../../src/http/create-http-transport.js';
import { createProviderService } from '../../src/providers/engine.js';
import { nextCursor } from '../../src/providers/next-cursor.js';
import { loadProvider } from '../../src/providers/registry.js';
import { clock } from '../support/connect-vendor.js';
import { faultyServer, sendJson } from '../support/faulty-server.js';

async function serviceThat(body: unknown) {
  const { url } = await faultyServer((response) => sendJson(response, 200, body));
  const sleep = async () => undefined;
  const transport = createHttpTransport({ clock, sleep });
  const options = {
    baseUrl: url,
    credential: { secret: 'sk_live_fake' },
    transport,
    userAgent: 'test',
    clock,
    sleep,
  };
  return createProviderService(await loadProvider('keys'), options);
}

it('refuses a list that says that there is more, and not where', async () => {
  for (const next_cursor of [undefined, null, '']) {
    const service = await serviceThat({
      success: true,
      data: [{ id: 'key_1', name: 'web' }],
      has_more: true,
      next_cursor,
    });
    await expect(service.list({})).rejects.toMatchObject({
      code: 'bad_response',
      message: expect.stringContaining('more keys'),
    });
  }
  expect([nextCursor(false, 'x'), nextCursor(undefined, undefined), nextCursor(true, 'x')]).toEqual([
    'x',
    null,
    'x',
  ]);
});

it('reads times of any zone as UTC, and finds a name in either form of its accents', async () => {
  const times = {
    created_at: '2026-11-25T12:00:00+09:00',
    last_used: null,
    expires_at: '2026-11-25T10:00:00Z',
  };
  const service = await serviceThat({ success: true, data: [{ id: 'key_1', name: 'cafe\u0301', ...times }] });
  const { keys } = await service.list({});
  expect(keys[0]).toMatchObject({
    created_at: '2026-11-25T03:00:00Z',
    last_used: null,
    expires_at: '2026-11-25T10:00:00Z',
  });
});

it('refuses a cursor that no request can carry: those of a whole list are remembered', async () => {
  const next_cursor = 'x'.repeat(16_001);
  const data = [{ id: 'key_1', name: 'web' }];
  const service = await serviceThat({ success: true, data, has_more: true, next_cursor });
  const list = async () => {
    for await (const _ of allKeys(service, {}));
  };
  await expect(list()).rejects.toThrow('has a cursor of 16001 characters');
});
