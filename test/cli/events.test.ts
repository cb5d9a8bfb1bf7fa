import { beforeEach, expect, it } from 'vitest';
import { faultyServer, sendJson } from '../support/faulty-server.js';
import { startTestService } from '../support/key-service-server.js';
import type { KeysProgram } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';

let keys: KeysProgram;
beforeEach(async () => {
  keys = await keysInProcess();
  return () => keys.remove();
});

const make = async (name: string, env: Record<string, string> = {}) =>
  JSON.parse((await keys.run(['create', '--name', name, '--json'], { env })).stdout) as { id: string };

it('says what the owner did to a key, newest first, as lines and as JSON', async () => {
  const { id } = await make('web');
  await make('other');
  await keys.run(['update', 'web', '--metadata', 'owner=someone']);
  await keys.run(['revoke', 'web', '--yes']);
  const lines = await keys.run(['events', id]);
  expect(lines.code).toBe(0);
  expect(
    lines.stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t').slice(1)),
  ).toEqual([
    ['owner', 'revoked', id, ''],
    ['owner', 'updated', id, 'metadata=["owner"]'],
    ['owner', 'created', id, 'name=web scopes=[]'],
  ]);
  expect(lines.stdout.split('\t')[0]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/);
  const two = JSON.parse((await keys.run(['events', '--limit', '2', '--json'])).stdout);
  expect(two).toMatchObject([
    { actor: 'owner', action: 'revoked', key_id: id, details: {} },
    { actor: 'owner', action: 'updated', key_id: id },
  ]);
  expect((await keys.run(['events', '--json'])).stdout.match(/"action"/g)).toHaveLength(4);
});

it('names the key that asked, at a service, page after page', async () => {
  const service = await startTestService();
  const env = { KEYS_BASE_URL: service.url, KEYS_API_KEY: service.managementKey };
  const { id } = await make('web', env);
  const me = JSON.parse((await keys.run(['list', '--name', 'management key', '--json'], { env })).stdout)[0]
    .id;
  const events = JSON.parse((await keys.run(['events', 'web', '--json'], { env })).stdout);
  expect(events).toEqual([
    {
      id: expect.stringMatching(/^evt_\w{20}$/),
      at: expect.any(String),
      actor: me,
      action: 'created',
      key_id: id,
      details: { name: 'web', scopes: [] },
    },
  ]);
});

it('shows what a service sends instead of obeying it', async () => {
  const event = {
    id: 'evt_1',
    at: '2026-01-01T00:00:00Z',
    actor: 'a\u001b[31m',
    action: 'new',
    key_id: null,
    details: {},
  };
  const server = await faultyServer((response) =>
    sendJson(response, 200, { success: true, data: [event], has_more: false, next_cursor: null }),
  );
  const env = { KEYS_BASE_URL: server.url, KEYS_API_KEY: 'sk_other_1' };
  const { code, stdout } = await keys.run(['events'], { env });
  expect(code).toBe(0);
  expect(stdout).not.toContain('\u001b');
});

it.each([
  ['a key that is not there', ['events', 'nobody'], 3],
  ['a limit that is none', ['events', '--limit', '0'], 2],
  ['a vendor without such a trail', ['events', '--provider', 'swiftsell'], 6],
])('refuses %s', async (_, args, code) => {
  expect(await keys.run(args)).toMatchObject({ code, stdout: '' });
});
