import { execFileSync } from 'node:child_process';
import { copyFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { idempotent, secretOf } from '../contract/key-service.js';
import { startTestService } from '../support/key-service-server.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { testClient } from '../support/test-client.js';

/** A file system of three megabytes; null where this user may not mount one. */
function smallDisk(): string | null {
  const folder = temporaryFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return null;
  }
  onTestFinished(() => void execFileSync('umount', ['--lazy', folder]));
  return folder;
}

/** Takes what is left of a disk. */
function fill(path: string): void {
  for (const bytes of [64 * 1024, 512]) {
    try {
      for (;;) writeFileSync(path, Buffer.alloc(bytes), { flag: 'a' });
    } catch {
      // As it should be: the disk is full now.
    }
  }
}

it('a server that starts on a full disk after a kill lets keys in, and writes again when there is space', async () => {
  const disk = smallDisk();
  if (disk === null) return;
  const before = await startTestService();
  const manager = testClient(before.url, before.managementKey).service;
  const key = secretOf(await manager.create({ name: 'web' }, idempotent()));
  for (let i = 0; i < 30; i++) await manager.create({ name: `other ${i}` }, idempotent());
  // What a kill leaves: the last changes are in the log alone.
  for (const name of ['keys.db', 'keys.db-wal', 'management.key'])
    copyFileSync(join(before.dataDir, name), join(disk, name));
  expect(statSync(join(disk, 'keys.db-wal')).size).toBeGreaterThan(100_000);
  writeFileSync(join(disk, 'keys.db-shm'), Buffer.alloc(32 * 1024));
  fill(join(disk, 'filler'));
  const service = await startTestService({ dataDir: disk, retention: { endedMs: 86_400_000 } });
  const authorize = await fetch(`${service.url}/v1/authorize`, { headers: { 'x-api-key': key } });
  expect([authorize.status, (await fetch(`${service.url}/readyz`)).status]).toEqual([204, 200]);
  const create = () =>
    fetch(`${service.url}/v1/api-keys`, {
      method: 'POST',
      headers: { authorization: `Bearer ${service.managementKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'new' }),
    });
  expect((await create()).status).toBe(507);
  expect(service.log.join('\n')).toContain('no space left');
  rmSync(join(disk, 'filler'));
  expect((await create()).status).toBe(201);
  await expect.poll(() => service.log.join('\n'), { timeout: 60_000 }).toContain('works again');
});
