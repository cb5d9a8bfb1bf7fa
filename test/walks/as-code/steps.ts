import { fc } from '../../support/fast-check.js';
import type { Fault } from '../gate.js';

/** Which machine runs a command. */
export type Machine = 'desk' | 'laptop';

/** What is edited in `keys.yaml`, at one of its entries. */
export type Edit =
  | 'add'
  | 'remove'
  | 'scopes'
  | 'rename'
  | 'revoked'
  | 'other places'
  | 'more places'
  | 'rotate';

/** One step of a walk over keys as code, as data: a failed walk is printed as a list of these. */
export type CodeStep =
  | { readonly do: 'apply' | 'plan'; readonly on: Machine; readonly fault?: Fault | undefined }
  /** The shelf is logged in to the account of somebody else while the file is applied. */
  | { readonly do: 'other account'; readonly on: Machine }
  /** Both machines apply the file at once. */
  | { readonly do: 'two applies' }
  | { readonly do: 'edit'; readonly entry: number; readonly change: Edit }
  | { readonly do: 'clock'; readonly hours: number }
  | {
      readonly do: 'stranger';
      readonly entry: number;
      readonly act: 'create' | 'roll' | 'revoke' | 'revoke ours';
    }
  /** The command of a place fails before it is given the secret, or after. */
  | { readonly do: 'place'; readonly fails: 'before' | 'after' | 'never' }
  /** Somebody changes what stands at a place of the entry. */
  | { readonly do: 'overwrite' | 'empty'; readonly entry: number }
  /** A command beside the file. */
  | { readonly do: 'roll' | 'revoke'; readonly on: Machine; readonly entry: number }
  | { readonly do: 'resume'; readonly on: Machine; readonly fault?: Fault | undefined };

/** How many entries a file can have. */
const ENTRIES = 4;

export function anyCodeStep(machines: readonly Machine[]): fc.Arbitrary<CodeStep> {
  const on = fc.constantFrom(...machines);
  const entry = fc.integer({ min: 0, max: ENTRIES - 1 });
  const fault = fc.option(
    fc.record<Fault>({
      request: fc.integer({ min: 1, max: 8 }),
      kind: fc.constantFrom('kill before', 'kill after', 'cut before', 'cut after', 'busy'),
      lasting: fc.constantFrom(false, false, true),
    }),
    { nil: undefined, freq: 2 },
  );
  const step = <Kind extends CodeStep>(weight: number, arbitrary: fc.Arbitrary<Kind>) => ({
    weight,
    arbitrary,
  });
  const constant = <Value extends string>(value: Value) => fc.constant(value);
  const change = fc.constantFrom(
    ...(['add', 'add', 'add', 'remove', 'scopes', 'rename', 'revoked'] as const),
    ...(['other places', 'more places', 'rotate'] as const),
  );
  const act = fc.constantFrom('create', 'create', 'roll', 'revoke', 'revoke ours');
  return fc.oneof<Array<ReturnType<typeof step>>>(
    step(8, fc.record({ do: constant('apply'), on, fault })),
    step(2, fc.record({ do: constant('plan'), on })),
    step(2, fc.record({ do: constant('two applies') })),
    step(2, fc.record({ do: constant('other account'), on })),
    step(8, fc.record({ do: constant('edit'), entry, change })),
    step(3, fc.record({ do: constant('clock'), hours: fc.constantFrom(2, 30, 800) })),
    step(2, fc.record({ do: constant('stranger'), entry, act })),
    step(2, fc.record({ do: constant('place'), fails: fc.constantFrom('before', 'after', 'never') })),
    step(1, fc.record({ do: fc.constantFrom('overwrite', 'empty'), entry })),
    step(2, fc.record({ do: fc.constantFrom('roll', 'roll', 'revoke'), on, entry })),
    step(1, fc.record({ do: constant('resume'), on, fault })),
  ) as fc.Arbitrary<CodeStep>;
}

/** A step on one line, as a plain test has it. */
export function printCodeStep(step: CodeStep): string {
  return JSON.stringify(Object.fromEntries(Object.entries(step).filter(([, value]) => value !== undefined)));
}
