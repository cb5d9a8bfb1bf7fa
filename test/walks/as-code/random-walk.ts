import { fc } from '../../support/fast-check.js';
import { VENDOR_KINDS } from '../vendor-kinds.js';
import { endCodeWalk } from './end-walk.js';
import { anyCodeStep, type CodeStep, printCodeStep } from './steps.js';
import { beginCodeWalk, type CodeWalk, takeCodeStep } from './walk.js';
import { openCodeWorld } from './world.js';

interface CodeWalkOptions {
  readonly seed: number;
  /** Most steps of one walk. */
  readonly steps: number;
  /** The address of an empty shared ledger for two machines; null: one machine. */
  readonly ledger: () => Promise<string | null>;
  /** What was walked so far; is added to. */
  readonly count: { walks: number; steps: number; commands: number };
  /** Milliseconds that may be spent on finding fewer steps; 0: none is sought. */
  readonly shrinkMs: number;
}

/** A random walk over keys as code. Returns what failed, with its seed and steps; null: nothing did. */
export async function randomCodeWalk(options: CodeWalkOptions): Promise<string | null> {
  const { seed, steps, shrinkMs, ledger, count } = options;
  const accounts = accountsOf(seed);
  const machines = (await ledger()) === null ? (['desk'] as const) : (['desk', 'laptop'] as const);
  const sequence = fc.array(anyCodeStep(machines), { maxLength: steps, size: 'max' });
  let failedAt = 0;
  const result = await fc.check(
    fc.asyncProperty(sequence, async (random) => {
      if (failedAt > 0 && Date.now() - failedAt > shrinkMs) return;
      try {
        await codeWalk([...FIRST, ...random], { ...accounts, ledger: await ledger() }, count);
      } catch (error) {
        failedAt ||= Date.now();
        throw error;
      }
    }),
    { seed, numRuns: 1, endOnFailure: shrinkMs === 0 },
  );
  if (!result.failed) return null;
  const error = result.errorInstance;
  const found = [...FIRST, ...(result.counterexample?.[0] ?? [])].map((step) => `  ${printCodeStep(step)},`);
  return `seed ${seed} (${accounts.kinds.map(({ id }) => id)}${accounts.service ? ', service' : ''})\n${found.join('\n')}\n${error instanceof Error ? error.message : error}`;
}

/** A walk begins with two keys: most other steps need one. */
export const FIRST: readonly CodeStep[] = [
  { do: 'edit', entry: 0, change: 'add' },
  { do: 'edit', entry: 1, change: 'add' },
  { do: 'apply', on: 'desk' },
];

/** Two accounts, by the seed. */
function accountsOf(seed: number) {
  const count = VENDOR_KINDS.length + 1;
  const numbers = [seed % count, (seed * 3 + 1 + Math.floor(seed / count)) % count];
  const kinds = VENDOR_KINDS.filter((_, i) => numbers.includes(i));
  return { kinds, service: numbers.includes(VENDOR_KINDS.length) };
}

/** Walks these steps to their end. Throws what does not hold. */
export async function codeWalk(
  steps: readonly CodeStep[],
  options: Parameters<typeof openCodeWorld>[0],
  count = { walks: 0, steps: 0, commands: 0 },
): Promise<void> {
  const world = await openCodeWorld(options);
  const walk: CodeWalk = await beginCodeWalk(world);
  try {
    for (const step of steps) await takeCodeStep(walk, step);
    await endCodeWalk(walk);
  } finally {
    count.walks++;
    count.steps += walk.taken.length;
    count.commands += world.runs.length;
    await world.close();
  }
}
