import { renameSync, rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { idempotent, secretOf } from '../contract/key-service.js';
import { startTestService, type TestService } from '../support/key-service-server.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { testClient } from '../support/test-client.js';

/** Where a look costs a test no time. */
const LOOK = { watchMs: 20, isLost: true };

async function authorize(server: TestService, secret: string): Promise<number> {
  const headers = { authorization: `Bearer ${secret}` };
  return (await fetch(`${server.url}/v1/authorize`, { headers })).status;
}

const status = async (server: TestService, path: string) => (await fetch(server.url + path)).status;

/** Lines of the log that are about the database itself, and not about a request. */
const watched = (server: TestService) =>
  server.log
    .map((line) => JSON.parse(line) as Record<string, string>)
    .filter(
      ({ request_id, error, message }) =>
        request_id === undefined && !(error ?? message)?.startsWith('upkeep'),
    );

describe.skipIf(process.platform === 'win32')('a SQLite database that goes away under its server', () => {
  const losses: Array<readonly [name: string, lose: (folder: string) => void]> = [
    ['its file is deleted', (folder) => unlinkSync(join(folder, 'keys.db'))],
    ['its folder is deleted', (folder) => rmSync(folder, { recursive: true })],
    ['its folder is moved', (folder) => renameSync(folder, `${folder}-aside`)],
  ];

  it.each(losses)('accepts no key any more, is not ready, and says so once: %s', async (_, lose) => {
    const dataDir = join(temporaryFolder(), 'data');
    const server = await startTestService({ dataDir, ...LOOK });
    const client = testClient(server.url, server.managementKey).service;
    const secret = secretOf(await client.create({ name: 'api' }, idempotent()));
    expect(await authorize(server, secret)).toBe(204);
    expect([await status(server, '/readyz'), watched(server)]).toEqual([200, []]);
    lose(dataDir);
    // The look of the server itself, before any request makes one.
    await vi.waitFor(() => expect(watched(server)).toHaveLength(1), 60_000);
    expect(await authorize(server, secret)).toBe(503);
    expect([await status(server, '/readyz'), await status(server, '/healthz')]).toEqual([503, 200]);
    await expect(client.create({ name: 'lost' }, idempotent())).rejects.toMatchObject({
      code: 'database_unavailable',
      message: 'the database cannot be reached',
    });
    const [line] = watched(server);
    expect(line?.['error']).toBe(`the database was deleted, moved or replaced: ${join(dataDir, 'keys.db')}`);
    expect(line?.['hint']).toContain('restore a backup');
    expect(watched(server)).toHaveLength(1);
  });

  it('is not ready at once, and grants nothing once a change was refused', async () => {
    const dataDir = join(temporaryFolder(), 'data');
    // The server's own look comes too late to be of help.
    const server = await startTestService({ dataDir, watchMs: 86_400_000, isLost: true });
    const client = testClient(server.url, server.managementKey).service;
    const secret = secretOf(await client.create({ name: 'api' }, idempotent()));
    unlinkSync(join(dataDir, 'keys.db'));
    expect(await status(server, '/readyz')).toBe(503);
    expect(await authorize(server, secret)).toBe(503);
  });

  it('goes on when the same folder is moved back, and says so', async () => {
    const dataDir = join(temporaryFolder(), 'data');
    const server = await startTestService({ dataDir, ...LOOK });
    const client = testClient(server.url, server.managementKey).service;
    const secret = secretOf(await client.create({ name: 'api' }, idempotent()));
    renameSync(dataDir, `${dataDir}-aside`);
    await vi.waitFor(() => expect(watched(server)).toHaveLength(1), 60_000);
    renameSync(`${dataDir}-aside`, dataDir);
    await vi.waitFor(() => expect(watched(server)).toHaveLength(2), 60_000);
    expect(watched(server)[1]?.['message']).toBe('the database is back in its place');
    expect([await authorize(server, secret), await status(server, '/readyz')]).toEqual([204, 200]);
  });

  it('does not revoke in a file that is gone: the key of the file in its place stays as it is', async () => {
    const dataDir = join(temporaryFolder(), 'data');
    const server = await startTestService({ dataDir, watchMs: 86_400_000, isLost: true });
    const client = testClient(server.url, server.managementKey).service;
    const { key } = await client.create({ name: 'api' }, idempotent());
    for (const ending of ['', '-wal', '-shm']) unlinkSync(join(dataDir, `keys.db${ending}`));
    const next = await startTestService({ dataDir, managementKey: server.managementKey });
    await expect(client.revoke(key.id)).rejects.toMatchObject({ code: 'database_unavailable' });
    expect(await status(next, '/readyz')).toBe(200);
  });
});
