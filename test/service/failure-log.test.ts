import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { KeysError } from '../../src/domain/errors.js';
import { createFailureLog } from '../../src/service/failure-log.js';
import { startTestService } from '../support/key-service-server.js';
import { isoSeconds, SECOND, settableClock } from '../support/settable-clock.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const GONE = new KeysError('database_unavailable', 'the database cannot be reached');

it('logs a failure that lasts at growing intervals, and once that it is over', () => {
  const clock = settableClock();
  const began = isoSeconds(clock.now());
  const lines: Array<Record<string, string>> = [];
  const failures = createFailureLog(clock, (line) => lines.push(JSON.parse(line)));
  const minutes: number[] = [];
  // Every two seconds for five hours.
  for (let at = 0; at < 5 * 3_600; at += 2) {
    const before = lines.length;
    failures.failed('write', GONE);
    failures.failed('purge', new Error('row 7 of private words'));
    if (lines.length > before) minutes.push(at / 60);
    expect(lines.length - before).toBeLessThanOrEqual(1);
    clock.advance(2 * SECOND);
  }
  expect(minutes).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183, 243]);
  expect(lines[0]).toEqual({
    time: began,
    error: 'upkeep of the database failed: the database cannot be reached; it is tried again',
    since: began,
  });
  failures.worked('write');
  expect(lines).toHaveLength(10);
  failures.worked('purge');
  failures.worked('purge');
  expect(lines.slice(10)).toEqual([
    {
      time: isoSeconds(clock.now()),
      message: 'upkeep of the database works again',
      since: began,
    },
  ]);
  // The next one is another failure.
  failures.failed('purge', new Error('row 7 of private words'));
  expect(lines.at(-1)?.['error']).toBe('upkeep of the database failed; it is tried again');
  expect(lines.at(-1)?.['since']).not.toBe(began);
});

it.skipIf(process.platform === 'win32')(
  'logs once that the database of a server is away, and back',
  async () => {
    const dataDir = join(temporaryFolder(), 'data');
    const server = await startTestService({ dataDir, purgeMs: 20, isLost: true });
    const upkeep = () =>
      server.log
        .map((line) => JSON.parse(line) as Record<string, string>)
        .filter(({ error, message }) => (error ?? message)?.startsWith('upkeep'));
    renameSync(dataDir, `${dataDir}-aside`);
    await vi.waitFor(() => expect(upkeep()).toHaveLength(1), 60_000);
    // Many writes and purges fail meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(upkeep()).toMatchObject([{ error: expect.stringContaining('the database was deleted, moved') }]);
    renameSync(`${dataDir}-aside`, dataDir);
    await vi.waitFor(() => expect(upkeep()).toHaveLength(2), 60_000);
    expect(upkeep()[1]).toMatchObject({ message: 'upkeep of the database works again' });
  },
);
