import { Command } from '@commander-js/extra-typings';
import { isoTime } from '../../domain/clock.js';
import { KeysError } from '../../domain/errors.js';
import type { ManagedKey } from '../../domain/managed-key.js';
import type { Column } from '../../terminal/output.js';
import type { Context } from '../context.js';
import { insecureStorageOption, replaceOption, toOption } from '../destination-options.js';

export function placesCommand(context: Context) {
  const command = new Command('places')
    .description(
      'Where the secrets of managed keys live. keys roll delivers a new secret to every place of the key.',
    )
    .addHelpText('after', '\nExamples:\n  keys places list web\n  keys places add web --to .env#WEB_KEY');
  command.addCommand(
    new Command('list')
      .description('Lists the places of a key, or of every managed key, and which version each has.')
      .argument('[key]', 'id or exact name')
      .addHelpText('after', '\nExamples:\n  keys places list\n  keys places list web --json')
      .action((key) => list(key, context)),
  );
  command.addCommand(
    new Command('add')
      .description(
        'Remembers further places. They get the secret of the next roll; keys deliver brings the present one.',
      )
      .argument('<key>', 'id or exact name')
      .addOption(toOption())
      .addOption(replaceOption())
      .addOption(insecureStorageOption())
      .addHelpText('after', '\nExamples:\n  keys places add web --to .env#WEB_KEY')
      .action((key, flags) => add(key, flags, context)),
  );
  command.addCommand(
    new Command('remove')
      .description('Forgets a place of a key. The secret that is there stays.')
      .argument('<key>', 'id or exact name')
      .argument('<place>', 'as keys places list shows it')
      .addHelpText('after', '\nExamples:\n  keys places remove web keychain')
      .action((key, place) => remove(key, place, context)),
  );
  command.addCommand(
    new Command('kinds')
      .description('Lists the kinds of places, and how each is written.')
      .addHelpText('after', '\nExamples:\n  keys places kinds')
      .action(() => kinds(context)),
  );
  return command;
}

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

const COLUMNS = [
  text('name', 'key'),
  text('provider', 'provider'),
  { ...text('place', 'place'), whole: true },
  text('delivered', 'has version'),
  text('delivered_at', 'since'),
];

async function list(reference: string | undefined, context: Context): Promise<void> {
  const keys =
    reference === undefined
      ? await (await context.ledger()).managed.all()
      : [await managedKey(reference, context)];
  const rows = keys.flatMap(({ name, account, places }) =>
    places.map(
      ({ id, delivered }): Row => ({
        name,
        provider: account.provider,
        place: id,
        delivered: delivered?.id ?? null,
        delivered_at: delivered === null ? null : isoTime(delivered.at),
      }),
    ),
  );
  await context.output.list(
    (async function* () {
      yield* rows;
    })(),
    COLUMNS,
  );
}

/** The managed key of an exact name or id, wherever it is. Throws `not_found` or `ambiguous_key`. */
async function managedKey(reference: string, context: Context): Promise<ManagedKey> {
  const { findManaged } = await import('../../lifecycle/find-managed.js');
  return await findManaged(reference, context);
}

async function add(
  reference: string,
  flags: { readonly to?: string[]; readonly replace?: true; readonly insecureStorage?: true },
  context: Context,
): Promise<void> {
  const { openForPlaces } = await import('../../lifecycle/find-managed.js');
  const { addPlaces } = await import('../../lifecycle/deliver-key.js');
  if (flags.to === undefined)
    throw new KeysError('usage', 'no place is named', { hint: 'name one with --to' });
  const { managed, places, means } = await openForPlaces(reference, flags, context);
  await addPlaces(managed, places, means);
  for (const { place } of places) context.output.say(`${managed.name} remembers ${place.label}`);
}

async function remove(reference: string, place: string, context: Context): Promise<void> {
  const { removePlace } = await import('../../lifecycle/deliver-key.js');
  const { leaseMeans } = await import('../../lifecycle/find-managed.js');
  const managed = await managedKey(reference, context);
  const removed = await removePlace(managed, place, await leaseMeans(context));
  context.output.say(`${managed.name} no longer remembers ${removed.label}; the secret that is there stays`);
}

async function kinds(context: Context): Promise<void> {
  const { placeKinds } = await import('../../places/registry.js');
  const all = await placeKinds();
  const column = (id: 'id' | 'syntax' | 'title'): Column<(typeof all)[number]> => ({
    id,
    title: id,
    plain: (kind) => kind[id],
    human: (kind) => kind[id],
  });
  await context.output.list(
    (async function* () {
      yield* all;
    })(),
    [column('id'), { ...column('syntax'), whole: true }, column('title')],
  );
}
