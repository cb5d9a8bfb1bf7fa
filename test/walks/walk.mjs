// npm run walk -- --minutes N [--seed N] [--checks NAME,NAME] [--as-code|--machines]: random walks for that
// long. Each failure is printed with its seed and the fewest steps that were found to fail. --as-code: walks
// over plan, apply and edits of keys.yaml instead. --machines: two machines create, roll, deliver and resume
// on one ledger.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    seed: { type: 'string' },
    checks: { type: 'string' },
    'as-code': { type: 'boolean' },
    machines: { type: 'boolean' },
  },
});
const { minutes = '10', seed, checks, 'as-code': asCode = false, machines = false } = values;
const [variable, place] = machines
  ? ['KEYS_MACHINE_WALK_MINUTES', 'test/walks/machines']
  : asCode
    ? ['KEYS_CODE_WALK_MINUTES', 'test/walks/as-code']
    : ['KEYS_WALK_MINUTES', 'test/walks/walks.test.ts'];
const env = {
  ...process.env,
  [variable]: minutes,
  ...(seed === undefined ? {} : { KEYS_WALK_SEED: seed }),
  ...(checks === undefined ? {} : { KEYS_WALK_CHECKS: checks }),
};
const args = ['run', '--config', 'test/vitest.config.ts', place];
const { status } = spawnSync('npx', ['vitest', ...args], { env, stdio: 'inherit' });
process.exit(status ?? 1);
