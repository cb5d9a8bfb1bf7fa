// npm run walk -- --minutes N [--seed N] [--checks NAME,NAME] [--as-code]: random walks for that long. Each failure is printed
// with its seed and the fewest steps that were found to fail. --as-code: walks over plan, apply and edits of keys.yaml instead.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    seed: { type: 'string' },
    checks: { type: 'string' },
    'as-code': { type: 'boolean' },
  },
});
const { minutes = '10', seed, checks, 'as-code': asCode = false } = values;
const env = {
  ...process.env,
  [asCode ? 'KEYS_CODE_WALK_MINUTES' : 'KEYS_WALK_MINUTES']: minutes,
  ...(seed === undefined ? {} : { KEYS_WALK_SEED: seed }),
  ...(checks === undefined ? {} : { KEYS_WALK_CHECKS: checks }),
};
const args = [
  'run',
  '--config',
  'test/vitest.config.ts',
  asCode ? 'test/walks/as-code' : 'test/walks/walks.test.ts',
];
const { status } = spawnSync('npx', ['vitest', ...args], { env, stdio: 'inherit' });
process.exit(status ?? 1);
