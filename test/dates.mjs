// Runs the tests as on other days: npm run test:dates [-- PATH…]. Needs `faketime` (Debian's package of that
// name). The clock of every program is shifted; it is the 29th of February for those that look at the date.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const DAY = 86_400;
const root = fileURLToPath(new URL('..', import.meta.url));
const leapDay = Math.ceil((Date.parse('2028-02-29T12:00:00Z') - Date.now()) / 1_000);
const SHIFTS = {
  'one day later': DAY,
  '100 days later': 100 * DAY,
  '400 days later': 400 * DAY,
  'on 29 February 2028': leapDay,
};

const failed = [];
for (const [name, seconds] of Object.entries(SHIFTS)) {
  if (seconds < 0) continue;
  console.log(`== ${name}`);
  const { status, error } = spawnSync(
    'faketime',
    [
      ...['-f', `+${seconds}s`, process.execPath, 'node_modules/vitest/vitest.mjs', 'run'],
      ...['--config', 'test/vitest.config.ts', ...process.argv.slice(2)],
    ],
    {
      cwd: root,
      stdio: 'inherit',
      // Timers keep their own clock, and the times of files are the machine's.
      env: { ...process.env, FAKETIME_DONT_FAKE_MONOTONIC: '1', NO_FAKE_STAT: '1' },
    },
  );
  if (error !== undefined) {
    console.error(`faketime cannot be started: ${error.message}; .ci/install-system-packages installs it`);
    process.exit(1);
  }
  if (status !== 0) failed.push(name);
}
if (failed.length > 0) console.error(`failed: ${failed.join(', ')}`);
process.exitCode = failed.length > 0 ? 1 : 0;
