import { afterAll, describe, expect, it } from 'vitest';
import { testPostgres } from '../support/postgres.js';
import { ALL_CHECKS, type CheckName } from './checks.js';
import { type FailedWalk, randomWalk, type WalkCount } from './random-walk.js';

/** `npm run walk` sets it: random seeds for that long, and every check. */
const MINUTES = Number(process.env['KEYS_WALK_MINUTES'] ?? 0);
const FIRST_SEED = Number(process.env['KEYS_WALK_SEED'] ?? 0);
const CHECKS = process.env['KEYS_WALK_CHECKS']?.split(',') as CheckName[] | undefined;
/** Walks at once: each spends most of its time in programs of its own. */
const AT_ONCE = 4;
const STEPS = 14;
/** How long a shorter sequence is sought for one failure. */
const LONGEST_SHRINK_MS = 180_000;

/** A ledger that moves needs a database to move to. */
const { own: server } = await testPostgres();
const freshLedger = server === null ? null : async () => await server.freshAddress();
const count: WalkCount = { walks: 0, steps: 0, commands: 0 };
const began = Date.now();
afterAll(() => {
  const minutes = ((Date.now() - began) / 60_000).toFixed(1);
  console.log(
    `\n${count.walks} walks, ${count.steps} steps, ${count.commands} commands in ${minutes} minutes\n`,
  );
});

const tell = ({ seed, steps, message }: FailedWalk) =>
  `seed ${seed}\n${steps.map((step) => `  ${step},`).join('\n')}\n${message}`;

if (MINUTES === 0)
  describe('a random walk', () => {
    it.concurrent.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])(
      'from seed %i keeps every promise',
      async (seed) => {
        const failed = await randomWalk({
          seed,
          checks: new Set(CHECKS ?? ALL_CHECKS),
          steps: STEPS,
          wide: seed > 10,
          freshLedger,
          count,
        });
        expect(failed && tell(failed)).toBe(null);
      },
      600_000,
    );
  });

if (MINUTES > 0)
  describe('random walks', () => {
    it(
      'keep every promise for as long as they run',
      async () => {
        const until = began + MINUTES * 60_000;
        let seed = FIRST_SEED === 0 ? Math.floor(Math.random() * 1_000_000) + 1 : FIRST_SEED;
        const failures: string[] = [];
        const walker = async () => {
          while (Date.now() < until) {
            const checks = new Set(CHECKS ?? ALL_CHECKS);
            const options = { seed: seed++, checks, steps: STEPS, count, wide: true, freshLedger };
            const failed = await randomWalk({
              ...options,
              shrinkMs: Math.min(LONGEST_SHRINK_MS, Math.max(0, until - Date.now())),
            });
            if (failed === null) continue;
            failures.push(tell(failed));
            console.log(`\n${tell(failed)}\n`);
          }
        };
        await Promise.all(Array.from({ length: AT_ONCE }, walker));
        expect(failures).toEqual([]);
      },
      MINUTES * 60_000 + 600_000,
    );
  });
