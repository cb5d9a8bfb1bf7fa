import { fc } from '../../support/fast-check.js';
import type { Machine } from '../as-code/steps.js';
import type { Fault } from '../gate.js';

/** What one machine does with a key. */
export type Act = 'create' | 'roll' | 'deliver' | 'update' | 'revoke' | 'resume';

/** One step of a walk of two machines on one ledger, as data: a failed walk is printed as a list of these. */
export type MachineStep =
  | {
      readonly do: Act;
      readonly on: Machine;
      readonly key: number;
      readonly fault?: Fault | undefined;
    }
  /** Both machines at once, with the same key. */
  | { readonly do: 'both'; readonly key: number; readonly acts: readonly [Act, Act] }
  /** The command of a place fails before it is given the secret, or after. */
  | { readonly do: 'place'; readonly fails: 'before' | 'after' | 'never' }
  /** A person revokes in the dashboard what no key of the walk is. */
  | { readonly do: 'stranger'; readonly key: number; readonly act: 'create' | 'roll' | 'revoke' };

/** How many keys a walk has. */
export const KEYS = 2;

export function anyMachineStep(): fc.Arbitrary<MachineStep> {
  const on = fc.constantFrom<Machine>('desk', 'laptop');
  const key = fc.integer({ min: 0, max: KEYS - 1 });
  const fault = fc.option(
    fc.record<Fault>({
      request: fc.integer({ min: 1, max: 6 }),
      kind: fc.constantFrom('kill before', 'kill after', 'cut before', 'cut after', 'busy'),
      lasting: fc.constantFrom(false, false, true),
    }),
    { nil: undefined, freq: 2 },
  );
  const act = fc.constantFrom<Act>(
    ...(['roll', 'roll', 'roll', 'roll', 'resume', 'resume', 'resume'] as const),
    ...(['deliver', 'deliver', 'create', 'update', 'revoke'] as const),
  );
  return fc.oneof<Array<fc.WeightedArbitrary<MachineStep>>>(
    { weight: 10, arbitrary: fc.record({ do: act, on, key, fault }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('both' as const), key, acts: fc.tuple(act, act) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('place' as const),
        fails: fc.constantFrom('before', 'after', 'never'),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('stranger' as const),
        key,
        act: fc.constantFrom('create', 'roll', 'revoke'),
      }),
    },
  );
}
