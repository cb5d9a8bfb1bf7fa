import { afterAll, describe, expect, it } from 'vitest';
import { testPostgres } from '../../support/postgres.js';
import { VENDOR_KINDS } from '../vendor-kinds.js';
import { codeWalk, FIRST, randomCodeWalk } from './random-walk.js';
import type { CodeStep } from './steps.js';

/** `npm run walk -- --as-code` sets it: random seeds for that long. */
const MINUTES = Number(process.env['KEYS_CODE_WALK_MINUTES'] ?? 0);
const FIRST_SEED = Number(process.env['KEYS_WALK_SEED'] ?? 0);
/** Walks at once: each waits for programs and for the database. */
const AT_ONCE = 3;
const STEPS = 14;
/** How long a shorter sequence is sought for one failure. */
const LONGEST_SHRINK_MS = 120_000;

const { own: server } = await testPostgres();
const count = { walks: 0, steps: 0, commands: 0 };
const began = Date.now();
afterAll(() => {
  const minutes = ((Date.now() - began) / 60_000).toFixed(1);
  console.log(
    `\n${count.walks} walks, ${count.steps} steps, ${count.commands} commands in ${minutes} minutes\n`,
  );
});

/** Every second walk has two machines, where a database can run. */
const ledgerFor = (seed: number) => async () =>
  seed % 2 === 0 && server !== null ? await server.freshAddress() : null;

/** Walks that random walks found to fail once: the accounts, and the fewest steps that led there. */
const FOUND: ReadonlyArray<
  readonly [what: string, vendors: readonly [string, string], steps: readonly CodeStep[]]
> = [
  [
    'a file that changed during a roll is not taken for done when the roll is finished',
    ['paged', 'nameless'],
    [
      { do: 'place', fails: 'before' },
      { do: 'edit', entry: 1, change: 'scopes' },
      { do: 'apply', on: 'desk' },
      { do: 'place', fails: 'never' },
      { do: 'edit', entry: 1, change: 'scopes' },
      { do: 'apply', on: 'desk' },
    ],
  ],
];

if (MINUTES === 0)
  it.each(FOUND)(
    '%s',
    async (_, vendors, steps) => {
      const kinds = VENDOR_KINDS.filter(({ id }) => vendors.includes(id));
      await codeWalk([...FIRST, ...steps], { kinds, service: false, ledger: null });
    },
    120_000,
  );

if (MINUTES === 0)
  describe('a random walk over keys as code', () => {
    it.each([1, 2])(
      'from seed %i ends with an apply that does nothing, and an adopt whose plan is empty',
      async (seed) => {
        const failed = await randomCodeWalk({ seed, steps: 8, ledger: ledgerFor(seed), count, shrinkMs: 0 });
        expect(failed).toBe(null);
      },
      600_000,
    );
  });

if (MINUTES > 0)
  describe('random walks over keys as code', () => {
    it(
      'end with an apply that does nothing, for as long as they run',
      async () => {
        const until = began + MINUTES * 60_000;
        let seed = FIRST_SEED === 0 ? Math.floor(Math.random() * 1_000_000) + 1 : FIRST_SEED;
        const failures: string[] = [];
        const walker = async () => {
          while (Date.now() < until) {
            const mine = seed++;
            const shrinkMs = Math.min(LONGEST_SHRINK_MS, Math.max(0, until - Date.now()));
            const failed = await randomCodeWalk({
              seed: mine,
              steps: STEPS,
              ledger: ledgerFor(mine),
              count,
              shrinkMs,
            });
            if (failed === null) continue;
            failures.push(failed);
            console.log(`\n${failed}\n`);
          }
        };
        await Promise.all(Array.from({ length: AT_ONCE }, walker));
        expect(failures).toEqual([]);
      },
      MINUTES * 60_000 + 600_000,
    );
  });
