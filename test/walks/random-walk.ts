import { fc } from '../support/fast-check.js';
import type { CheckName } from './checks.js';
import { anyStep, printStep, type Step } from './steps.js';
import { VENDOR_KINDS } from './vendor-kinds.js';
import { beginWalk, endWalk, takeStep, type Walk } from './walk.js';
import type { World } from './world.js';

/** A walk that failed. */
export interface FailedWalk {
  readonly seed: number;
  /** The fewest steps that were found to fail, a line each. */
  readonly steps: readonly string[];
  readonly message: string;
}

export interface WalkCount {
  walks: number;
  steps: number;
  commands: number;
}

interface WalkOptions {
  readonly seed: number;
  readonly checks: ReadonlySet<CheckName>;
  /** What was walked so far; is added to. */
  readonly count: WalkCount;
  /** Most steps of one walk. */
  readonly steps: number;
  /** Milliseconds that may be spent on finding fewer steps; absent: none is sought. */
  readonly shrinkMs?: number;
  /** See `anyStep`. */
  readonly wide?: boolean;
  /** See `World`. */
  readonly freshLedger?: World['freshLedger'];
}

const ACCOUNTS = ['service', 'embedded', ...VENDOR_KINDS.map(({ id }) => id)];

/** Random walks from a seed. Returns the first that fails, as short as the time allows, or null. */
export async function randomWalk(options: WalkOptions): Promise<FailedWalk | null> {
  const { seed, checks, count, steps, shrinkMs, wide = false, freshLedger = null } = options;
  // Two services of each walk, by its seed: the fewer there are, the more often two steps meet one key.
  const accounts = [0, 1].map(
    (n) => ACCOUNTS[(seed * 3 + n * (1 + (seed % 4))) % ACCOUNTS.length] ?? 'service',
  );
  const commands = fc.commands([anyStep(accounts, { wide }).map((step) => new StepCommand(step))], {
    maxCommands: steps,
    size: 'max',
  });
  // A walk begins with a key at each account: most other steps need one.
  const variables = ['a#WEB', 'b#SHOP'] as const;
  const first: Step[] = accounts.map((at, n) => ({
    do: 'create',
    at,
    name: 'web',
    to: ['exec', variables[n] ?? 'a#WEB'],
    rights: 'scoped 90d',
  }));
  let firstFailure = 0;
  const result = await fc.check(
    fc.asyncProperty(commands, async (sequence) => {
      // Fewer steps are sought for as long as there is time.
      if (firstFailure > 0 && shrinkMs !== undefined && Date.now() - firstFailure > shrinkMs) return;
      const walk = await beginWalk(checks, freshLedger);
      try {
        for (const step of first) await takeStep(walk, step);
        await fc.asyncModelRun(() => ({ model: {}, real: walk }), sequence);
        await endWalk(walk);
      } catch (error) {
        firstFailure ||= Date.now();
        throw error;
      } finally {
        count.walks++;
        count.steps += walk.taken.length;
        count.commands += walk.world.ran.length;
        await walk.world.close();
      }
    }),
    { seed, numRuns: 1, endOnFailure: shrinkMs === undefined },
  );
  if (!result.failed) return null;
  const error = result.errorInstance;
  return {
    seed,
    steps: [...first.map(printStep), ...[...(result.counterexample?.[0] ?? [])].map(String)],
    message: error instanceof Error ? error.message : String(error),
  };
}

class StepCommand implements fc.AsyncCommand<object, Walk> {
  private readonly step: Step;
  constructor(step: Step) {
    this.step = step;
  }
  check = () => true;
  async run(_: object, walk: Walk): Promise<void> {
    await takeStep(walk, this.step);
  }
  toString(): string {
    return printStep(this.step);
  }
}
