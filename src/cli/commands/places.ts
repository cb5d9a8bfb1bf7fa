import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { KeysError } from '../../domain/errors.js';
import { shellWord } from '../../domain/shell-word.js';
import type { Context } from '../context.js';
import { insecureStorageOption, replaceOption, toOption } from '../options/place-options.js';
import { managedReference, requireKey } from '../questions/pick-key.js';
import { placeKindsCommand } from './place-kinds.js';
import { placesRemoveCommand } from './places-remove.js';

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
        'Remembers further places. They get the secret of the next roll; keys deliver delivers the current one.',
      )
      .argument('[key]', 'id or exact name; on a terminal, a list to pick from')
      .addOption(toOption())
      .addOption(replaceOption())
      .addOption(insecureStorageOption())
      .addHelpText('after', '\nExamples:\n  keys places add web --to .env#WEB_KEY')
      .action((key, flags, command) => {
        requireKey(key, command as CommandUnknownOpts, context);
        return add(key, flags, context);
      }),
  );
  command.addCommand(placesRemoveCommand(context));
  command.addCommand(
    new Command('test')
      .description('Checks that a secret could be delivered to a place. Delivers nothing.')
      .argument('<place>', 'as --to takes it')
      .addHelpText('after', '\nExamples:\n  keys places test .env#WEB_KEY\n  keys places test keychain')
      .action((place) => test(place, context)),
  );
  command.addCommand(placeKindsCommand(context));
  return command;
}

async function list(reference: string | undefined, context: Context): Promise<void> {
  const { listPlaces } = await import('../show/list-places.js');
  if (reference === undefined) return await listPlaces(await (await context.ledger()).managed.all(), context);
  const { findManaged } = await import('../../lifecycle/find/find-managed.js');
  const named = await managedReference('list the places of', reference, context);
  await listPlaces([await findManaged(named, context)], context);
}

async function add(
  named: string | undefined,
  flags: { readonly to?: string[]; readonly replace?: true; readonly insecureStorage?: true },
  context: Context,
): Promise<void> {
  const { openForPlaces } = await import('../../lifecycle/find/find-managed.js');
  const { addPlaces } = await import('../../lifecycle/places/deliver-key.js');
  if (flags.to === undefined)
    throw new KeysError('usage', 'no place is named', { hint: 'such as --to .env' });
  const reference = await managedReference('add a place to', named, context);
  const { managed, places, means } = await openForPlaces(reference, flags, context);
  await addPlaces(managed, places, means);
  for (const { place } of places) context.output.say(`${managed.name} remembers ${place.label}`);
  const shellName = shellWord(managed.name);
  context.output.hint(
    `nothing was written there; keys deliver ${shellName} --to PLACE writes a saved secret, keys roll ${shellName} a new one`,
  );
}

async function test(place: string, context: Context): Promise<void> {
  const [{ testPlace }, { targetedProvider }] = await Promise.all([
    import('../../lifecycle/places/test-place.js'),
    import('../../connect/targeted-provider.js'),
  ]);
  const { provider } = await targetedProvider(context);
  const tested = await testPlace(place, provider, context);
  for (const warning of tested.warnings) context.output.warn(warning);
  await context.output.record(tested, [
    ['place', tested.place],
    ['kind', tested.kind],
    ['has a value', tested.holds === null ? 'cannot be read' : tested.holds.join(', ') || 'no'],
    ['a secret', 'can be delivered'],
  ]);
}
