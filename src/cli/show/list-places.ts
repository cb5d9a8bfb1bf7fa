import type { ManagedKey } from '../../domain/managed-key.js';
import { shownTime } from '../../domain/whole-seconds.js';
import { placeKind, placeKinds } from '../../places/registry.js';
import type { Column } from '../../terminal/output.js';
import { relativeTime } from '../../terminal/relative-time.js';
import type { Context } from '../context.js';

interface Row {
  readonly name: string;
  readonly provider: string;
  readonly place: string;
  readonly delivered: string | null;
  readonly delivered_at: string | null;
}

const text = (id: keyof Row, title: string): Column<Row> => ({
  id,
  title,
  plain: (row) => row[id] ?? '',
  human: (row) => row[id] ?? '-',
});

const columns = (now: number): ReadonlyArray<Column<Row>> => [
  { ...text('name', 'key'), readable: 12 },
  { ...text('provider', 'provider'), spare: 3 },
  { ...text('place', 'place'), whole: true },
  { ...text('delivered', 'has version'), whole: true, spare: 2 },
  {
    ...text('delivered_at', 'since'),
    human: ({ delivered_at: at }) => (at === null ? 'not delivered' : relativeTime(at, now)),
    whole: true,
    spare: 1,
  },
];

const NO_PLACES =
  'no place is known yet: keys create <name> --to PLACE delivers a new key, and remembers where';

/** Prints the places of these keys, and which version each has. */
export async function listPlaces(
  keys: readonly ManagedKey[],
  { clock, output }: Pick<Context, 'clock' | 'output'>,
) {
  const rows = keys.flatMap(({ name, account, places }) =>
    places.map(
      ({ id, delivered }): Row => ({
        name,
        provider: account.provider,
        place: id,
        delivered: delivered?.id ?? null,
        delivered_at: delivered === null ? null : shownTime(delivered.at),
      }),
    ),
  );
  await output.list(rows, columns(clock.now()), NO_PLACES);
}

/** Prints every kind of place. */
export async function listPlaceKinds(context: Context): Promise<void> {
  const all = await placeKinds(context);
  const column = (id: 'id' | 'syntax' | 'title'): Column<(typeof all)[number]> => ({
    id,
    title: id,
    plain: (kind) => kind[id],
    human: (kind) => kind[id],
  });
  await context.output.list(all, [
    // The syntax begins with the id.
    { ...column('id'), whole: true, spare: 2 },
    { ...column('syntax'), readable: 46 },
    { ...column('title'), readable: 24, spare: 1 },
  ]);
}

const HOLDS = {
  variables: 'each part of a secret in a variable of its own',
  value: 'one value; of a pair, JSON',
  credential: 'the whole secret',
} as const;

/** Prints all that is known of one kind of place. Throws `not_found`. */
export async function showPlaceKind(reference: string, context: Context): Promise<void> {
  const {
    id,
    title,
    syntax,
    examples,
    holds,
    remembered,
    local,
    sources = [],
  } = await placeKind(reference, context);
  await context.output.record({ id, title, syntax, examples, holds, remembered, local, sources }, [
    ['kind', id],
    ['is', title],
    ['written as', syntax],
    ...examples.map((example) => ['example', `--to ${example}`] as const),
    ['holds', HOLDS[holds]],
    ['after a roll', remembered ? 'gets the new secret' : 'is not delivered to again'],
    ['exists', local ? 'on this machine, for this user' : 'for every machine'],
    ...sources.map((source) => ['source', source] as const),
  ]);
}
