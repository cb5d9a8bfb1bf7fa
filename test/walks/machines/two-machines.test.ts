import { afterAll, describe, expect, it } from 'vitest';
import { fc } from '../../support/fast-check.js';
import { testPostgres } from '../../support/postgres.js';
import { openCodeWorld } from '../as-code/world.js';
import { VENDOR_KINDS } from '../vendor-kinds.js';
import { anyMachineStep, type MachineStep } from './steps.js';
import { beginMachineWalk, endMachineWalk, takeMachineStep } from './walk.js';

/** `npm run walk -- --machines` sets it: random seeds for that long. */
const MINUTES = Number(process.env['KEYS_MACHINE_WALK_MINUTES'] ?? 0);
const FIRST_SEED = Number(process.env['KEYS_WALK_SEED'] ?? 0);
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

/** Vendors at which a roll with --now leaves no old key behind by the vendor's own rules. */
const KINDS = VENDOR_KINDS.filter(({ roll }) => roll === null || roll.grace === 'any');

/** A walk begins with both keys. */
const FIRST: readonly MachineStep[] = [
  { do: 'create', on: 'desk', key: 0 },
  { do: 'create', on: 'laptop', key: 1 },
];

async function walkOf(seed: number, steps: readonly MachineStep[]): Promise<void> {
  const kinds = KINDS.filter((_, i) => i === seed % KINDS.length || i === (seed * 3 + 1) % KINDS.length);
  const ledger = (await server?.freshAddress()) ?? null;
  const world = await openCodeWorld({ kinds, service: seed % 3 === 0, ledger });
  const walk = await beginMachineWalk(world);
  try {
    for (const step of [...FIRST, ...steps]) await takeMachineStep(walk, step);
    await endMachineWalk(walk);
  } finally {
    count.walks++;
    count.steps += walk.taken.length;
    count.commands += world.runs.length;
    await world.close();
  }
}

/** What failed, with its seed and the fewest steps that were found to fail; null: nothing did. */
async function randomMachineWalk(seed: number, steps: number, shrinkMs: number): Promise<string | null> {
  let failedAt = 0;
  const sequence = fc.array(anyMachineStep(), { maxLength: steps, size: 'max' });
  const result = await fc.check(
    fc.asyncProperty(sequence, async (random) => {
      if (failedAt > 0 && Date.now() - failedAt > shrinkMs) return;
      try {
        await walkOf(seed, random);
      } catch (error) {
        failedAt ||= Date.now();
        throw error;
      }
    }),
    { seed, numRuns: 1, endOnFailure: shrinkMs === 0 },
  );
  if (!result.failed) return null;
  const found = (result.counterexample?.[0] ?? []).map((step) => `  ${JSON.stringify(step)},`);
  const error = result.errorInstance;
  return `seed ${seed}\n${found.join('\n')}\n${error instanceof Error ? error.message : error}`;
}

describe.skipIf(server === null)('a random walk of two machines on one ledger', () => {
  if (MINUTES === 0)
    it('from seed 3 loses nothing', async () => {
      expect(await randomMachineWalk(3, 6, 0)).toBe(null);
    }, 600_000);
  else
    it(
      'loses nothing, for as long as they run',
      async () => {
        const until = began + MINUTES * 60_000;
        let seed = FIRST_SEED === 0 ? Math.floor(Math.random() * 1_000_000) + 1 : FIRST_SEED;
        const failures: string[] = [];
        const walker = async () => {
          while (Date.now() < until) {
            const left = Math.min(LONGEST_SHRINK_MS, Math.max(0, until - Date.now()));
            const failed = await randomMachineWalk(seed++, 14, left);
            if (failed === null) continue;
            failures.push(failed);
            console.log(`\n${failed}\n`);
          }
        };
        await Promise.all([walker(), walker(), walker()]);
        expect(failures).toEqual([]);
      },
      MINUTES * 60_000 + 600_000,
    );
});
