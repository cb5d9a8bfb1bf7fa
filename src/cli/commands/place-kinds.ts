import { Command } from '@commander-js/extra-typings';
import { KeysError } from '../../domain/errors.js';
import type { Context } from '../context.js';
import { ownModulePath } from '../own-module-path.js';

/** `keys places kinds`: the kinds of places, and those of one's own. */
export function placeKindsCommand(context: Context) {
  const command = new Command('kinds')
    .description('Lists the kinds of places and how each is written, or shows one kind.')
    .argument('[kind]', 'show this kind, such as file')
    .addHelpText('after', '\nExamples:\n  keys places kinds\n  keys places kinds file')
    .action((kind) => show(kind, context));
  command
    .command('add')
    .summary('add a kind of your own')
    .description(
      'Adds a kind of place from a JavaScript module of your own. It runs as part of keys: add only what you have read. Nobody else may be able to write to the file.',
    )
    .argument('<path>', 'such as ./fly.mjs')
    .addHelpText('after', '\nExamples:\n  keys places kinds add ./fly.mjs')
    .action((path) => add(path, context));
  command
    .command('remove')
    .summary('forget a kind of your own')
    .description('Forgets a kind of place of your own. Its file stays.')
    .argument('<kind>', 'its id')
    .addHelpText('after', '\nExamples:\n  keys places kinds remove fly')
    .action((kind) => remove(kind, context));
  return command;
}

async function show(kind: string | undefined, context: Context): Promise<void> {
  const { listPlaceKinds, showPlaceKind } = await import('../show/list-places.js');
  await (kind === undefined ? listPlaceKinds(context) : showPlaceKind(kind, context));
}

async function add(path: string, context: Context): Promise<void> {
  const absolute = ownModulePath(path, 'a kind of place', context.process.directory);
  const { ownKind } = await import('../../places/registry.js');
  const { id, title, syntax } = await ownKind(absolute, context);
  await context.settings().savePlaceKind(id, absolute);
  context.output.say(`added ${title} (${id}): --to ${syntax}`);
}

async function remove(id: string, context: Context): Promise<void> {
  if (!Object.hasOwn(context.settings().placeKinds(), id)) {
    throw new KeysError('not_found', `no kind of place of your own: ${id}`, {
      hint: 'keys places kinds lists all',
    });
  }
  const keys = (await (await context.ledger()).managed.all()).filter(({ places }) =>
    places.some(({ spec }) => spec['kind'] === id),
  );
  if (keys.length > 0) {
    throw new KeysError(
      'conflict',
      `keys have places of this kind: ${keys.map(({ name }) => name).join(', ')}`,
      {
        hint: 'remove these places first: keys places remove',
      },
    );
  }
  await context.settings().savePlaceKind(id, null);
  context.output.say(`removed ${id}`);
}
