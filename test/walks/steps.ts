import { fc } from '../support/fast-check.js';
import type { Fault } from './gate.js';
import type { PlaceName } from './places.js';

/** Which key: an account and a name in it. */
interface Which {
  readonly at: string;
  readonly name: string;
}
interface Disturbed {
  readonly fault?: Fault | undefined;
}

interface Dry {
  /** First with `--dry-run`: that changes nothing, and is refused where the command is. */
  readonly dry?: true;
}

/**
 * One step of a walk, as data: a failed walk is printed as a list of these, and a plain test takes the same
 * list.
 */
export type Step =
  | (Which &
      Disturbed &
      Dry & { readonly do: 'create'; readonly to: readonly PlaceName[]; readonly rights: Rights })
  | (Which &
      Disturbed &
      Dry & { readonly do: 'roll'; readonly how: RollForm; readonly to: readonly PlaceName[] })
  | (Which & Disturbed & Dry & { readonly do: 'revoke'; readonly erase?: true })
  | (Which & Disturbed & Dry & { readonly do: 'update'; readonly what: 'name' | 'expires' | 'scopes' })
  | (Which & Disturbed & Dry & { readonly do: 'pause' })
  | (Which & Disturbed & { readonly do: 'unpause' })
  /** Several keys in one command. */
  | (Disturbed & {
      readonly do: 'several';
      readonly at: string;
      readonly what: 'roll' | 'revoke';
      readonly names: readonly string[];
    })
  /** A program with a key for one run. */
  | (Disturbed & { readonly do: 'ephemeral'; readonly at: string })
  /** The ledger moves to PostgreSQL, and back. */
  | { readonly do: 'move ledger'; readonly at: string }
  /** The service has another address from now on, and the ledger learns it. */
  | { readonly do: 'readdress'; readonly at: string }
  /** The embedded service goes on with a copy of its database. */
  | { readonly do: 'copy service'; readonly at: string; readonly how: 'backup' | 'export' }
  | (Which & { readonly do: 'env' | 'run' | 'show' | 'verify' })
  /** Takes in a key, and delivers it there. */
  | (Which & { readonly do: 'import to'; readonly to: readonly PlaceName[]; readonly successor?: true })
  | (Which & Disturbed & { readonly do: 'abort' })
  /** Takes in a key: from stdin, or from a variable in an env file. `named`: with the vendor's id. */
  | (Which & { readonly do: 'import' | 'import from'; readonly named?: true })
  | (Which & Disturbed & { readonly do: 'deliver'; readonly to: readonly PlaceName[] })
  | (Which & { readonly do: 'places add'; readonly to: readonly PlaceName[] })
  | (Which & { readonly do: 'places remove'; readonly place: PlaceName; readonly erase?: true })
  /** Forgets what is pending for the key. */
  | (Which & { readonly do: 'drop' })
  /** A program that still has the old secret uses it. */
  | (Which & { readonly do: 'use' })
  /** Two programs at once. */
  | (Which & { readonly do: 'two'; readonly pair: Pair; readonly to: readonly PlaceName[] })
  | (Disturbed & { readonly do: 'resume' | 'due'; readonly at: string })
  | { readonly do: 'pending' | 'list' | 'two dues'; readonly at: string }
  | (Which & { readonly do: 'stranger'; readonly act: 'create' | 'roll' | 'revoke' })
  | { readonly do: 'clock'; readonly hours: number }
  /** `keys resume` on a machine whose clock is so many hours ahead of the services'. */
  | { readonly do: 'wrong clock'; readonly at: string; readonly hours: number }
  | (Which & { readonly do: 'place'; readonly what: Broken; readonly on: boolean })
  | { readonly do: 'keychain'; readonly there: boolean };

export type Rights = 'none' | 'scoped' | '90d' | 'scoped 90d';
export type RollForm = 'plain' | 'now' | 'grace' | 'revoke first' | 'expires' | 'in place';
/** `half`: the command takes the secret, and fails all the same. `b`: the folder is gone. */
type Broken = 'exec' | 'half' | 'b';
export type Pair =
  | 'rolls'
  | 'creates'
  | `roll and ${'revoke' | 'deliver' | 'add' | 'update' | 'resume' | 'pause'}`;

/** Keys of 90 days have expired by then. */
export const PAST_EXPIRY_HOURS = 2200;

/** Names that begin alike, differ in their case, or look like an id. */
const NAMES = ['web', 'web', 'web', 'web shop', 'web shop', 'Web', 'k1'];

const PAIRS: readonly Pair[] = [
  ...(['rolls', 'creates', 'roll and revoke', 'roll and deliver'] as const),
  ...(['roll and add', 'roll and update', 'roll and resume'] as const),
];

/**
 * Any step at these accounts. `wide`: also those of `wideSteps`. The first fixed seeds of `npm test` do
 * without them: one more kind of step would lead each of them elsewhere.
 */
export function anyStep(
  accounts: readonly string[],
  { wide = false }: { readonly wide?: boolean } = {},
): fc.Arbitrary<Step> {
  const names = wide ? [...NAMES, 'web new'] : NAMES;
  const which = { at: fc.constantFrom(...accounts), name: fc.constantFrom(...names) };
  const fault = fc.option(
    fc.record<Fault>({
      request: fc.integer({ min: 1, max: 5 }),
      kind: fc.constantFrom('kill before', 'kill after', 'cut before', 'cut after', 'busy'),
      lasting: fc.constantFrom(false, false, true),
    }),
    { nil: undefined, freq: 2 },
  );
  const place = fc.constantFrom<PlaceName>('a#WEB', 'a#SHOP', 'b#WEB', 'exec', 'keychain');
  const to = fc.uniqueArray(place, { minLength: 1, maxLength: 3 }).map(oneVariable);
  const maybeTo = fc.oneof(fc.constant([]), to);
  const how = fc.constantFrom<RollForm>(
    ...(['plain', 'plain', 'grace', 'now', 'revoke first', 'expires', 'in place'] as const),
  );
  const rights = fc.constantFrom<Rights>('none', 'scoped', '90d', 'scoped 90d');
  const step = <Kind extends Step>(weight: number, arbitrary: fc.Arbitrary<Kind>) => ({ weight, arbitrary });
  const constant = <Value extends string>(value: Value) => fc.constant(value);
  return fc.oneof<Array<ReturnType<typeof step>>>(
    step(6, fc.record({ do: constant('create'), ...which, to, rights, fault })),
    step(7, fc.record({ do: constant('roll'), ...which, how, to: maybeTo, fault })),
    step(2, fc.record({ do: constant('revoke'), ...which, fault })),
    step(
      1,
      fc.record({
        do: constant('update'),
        ...which,
        what: fc.constantFrom('name', 'expires', 'scopes'),
        fault,
      }),
    ),
    step(1, fc.record({ do: fc.constantFrom('env', 'run'), ...which })),
    step(1, fc.record({ do: fc.constantFrom('import', 'import from'), ...which })),
    step(1, fc.record({ do: constant('abort'), ...which, fault })),
    step(1, fc.record({ do: fc.constantFrom('drop', 'use'), ...which })),
    step(2, fc.record({ do: constant('deliver'), ...which, to, fault })),
    step(1, fc.record({ do: constant('places add'), ...which, to })),
    step(1, fc.record({ do: constant('places remove'), ...which, place })),
    step(2, fc.record({ do: constant('two'), ...which, pair: fc.constantFrom<Pair>(...PAIRS), to: maybeTo })),
    step(4, fc.record({ do: constant('resume'), at: which.at, fault })),
    step(1, fc.record({ do: constant('due'), at: which.at, fault })),
    step(1, fc.record({ do: fc.constantFrom('pending', 'list', 'two dues'), at: which.at })),
    step(
      3,
      fc.record({ do: constant('stranger'), ...which, act: fc.constantFrom('create', 'roll', 'revoke') }),
    ),
    step(2, fc.record({ do: constant('clock'), hours: fc.constantFrom(1, 13, 30, 100) })),
    step(
      2,
      fc.record({
        do: constant('place'),
        ...which,
        what: fc.constantFrom<Broken>('exec', 'half', 'b'),
        on: fc.boolean(),
      }),
    ),
    step(1, fc.record({ do: constant('keychain'), there: fc.boolean() })),
    ...(wide ? wideSteps({ which, fault, to, maybeTo, how, rights, place }) : []),
  ) as fc.Arbitrary<Step>;
}

/**
 * A machine whose clock is wrong, keys that expire, pauses, secrets that are erased, dry runs, several keys
 * in one command, keys for one run, keys that are taken in, and a ledger, a service and a database that move.
 */
function wideSteps({ which, fault, to, maybeTo, how, rights, place }: StepParts) {
  const { at } = which;
  const yes = fc.constant<true>(true);
  const one = <Kind extends string>(kind: Kind) => fc.constant(kind);
  const names = fc.constantFrom(['web', 'web shop'], ['web shop', 'web'], ['web', 'web'], ['web', 'k10']);
  const hours = fc.constantFrom(-30, -1, 1, 13, 100);
  const what = fc.constantFrom('name', 'expires', 'scopes');
  return [
    { weight: 2, arbitrary: fc.record({ do: one('wrong clock'), at, hours }) },
    { weight: 1, arbitrary: fc.record({ do: one('clock'), hours: fc.constant(PAST_EXPIRY_HOURS) }) },
    { weight: 2, arbitrary: fc.record({ do: one('pause'), ...which, fault }) },
    { weight: 2, arbitrary: fc.record({ do: one('unpause'), ...which, fault }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: one('two'),
        ...which,
        pair: fc.constant<Pair>('roll and pause'),
        to: maybeTo,
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: one('places remove'), ...which, place, erase: yes }) },
    { weight: 1, arbitrary: fc.record({ do: one('revoke'), ...which, erase: yes, fault }) },
    { weight: 1, arbitrary: fc.record({ do: one('create'), ...which, to, rights, dry: yes }) },
    { weight: 2, arbitrary: fc.record({ do: one('roll'), ...which, how, to: maybeTo, dry: yes }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('revoke', 'pause'), ...which, dry: yes }) },
    { weight: 1, arbitrary: fc.record({ do: one('update'), ...which, what, dry: yes }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: one('several'), at, what: fc.constantFrom('roll', 'revoke'), names, fault }),
    },
    { weight: 1, arbitrary: fc.record({ do: one('ephemeral'), at, fault }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('move ledger', 'readdress'), at }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: one('copy service'), at, how: fc.constantFrom('backup', 'export') }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('show', 'verify'), ...which }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constantFrom('import', 'import from'), ...which, named: yes }),
    },
    { weight: 1, arbitrary: fc.record({ do: one('import to'), ...which, to }) },
    { weight: 1, arbitrary: fc.record({ do: one('import to'), ...which, to, successor: yes }) },
  ];
}

interface StepParts {
  readonly which: { readonly at: fc.Arbitrary<string>; readonly name: fc.Arbitrary<string> };
  readonly fault: fc.Arbitrary<Fault | undefined>;
  readonly to: fc.Arbitrary<readonly PlaceName[]>;
  readonly maybeTo: fc.Arbitrary<readonly PlaceName[]>;
  readonly how: fc.Arbitrary<RollForm>;
  readonly rights: fc.Arbitrary<Rights>;
  readonly place: fc.Arbitrary<PlaceName>;
}

/** One variable name for all files: that is what one command can say. */
function oneVariable(places: readonly PlaceName[]): readonly PlaceName[] {
  return places.includes('a#SHOP') ? places.filter((place) => !place.endsWith('#WEB')) : places;
}

/** A step on one line, as a plain test has it. */
export function printStep(step: Step): string {
  const present = Object.fromEntries(Object.entries(step).filter(([, value]) => value !== undefined));
  return JSON.stringify(present);
}
