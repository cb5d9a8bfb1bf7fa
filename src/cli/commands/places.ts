import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { KeysError } from '../../domain/errors.js';
import { type KeptPlace, type ManagedKey, stateAt } from '../../domain/managed-key.js';
import { shellWord } from '../../domain/shell-word.js';
import { shownTime } from '../../domain/whole-seconds.js';
import type { Context } from '../context.js';
import { insecureStorageOption, replaceOption, toOption } from '../options/place-options.js';
import { managedReference, pickPlace, requireKey } from '../questions/pick-key.js';
import { placeKindsCommand } from './place-kinds.js';

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
  command.addCommand(
    new Command('remove')
      .description('Forgets a place of a key. The secret there stays, unless you add --erase.')
      .argument('[key]', 'id or exact name; on a terminal, a list to pick from')
      .argument(
        '[place]',
        'as keys places list shows it, or as --to takes it; on a terminal, a list to pick from',
      )
      .option('--erase', 'also remove the secret from the place')
      .option('-y, --yes', 'do not ask')
      .addHelpText(
        'after',
        '\nExamples:\n  keys places remove web keychain\n  keys places remove web /srv/app/.env#WEB_KEY --erase --yes',
      )
      .action((key, place, flags, command) => {
        requireKey(key, command as CommandUnknownOpts, context);
        requireKey(place, command as CommandUnknownOpts, context, 1);
        return remove(key, place, flags, context);
      }),
  );
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

/** The managed key of an exact name or id, wherever it is. Throws `not_found` or `ambiguous_key`. */
async function managedKey(reference: string, context: Context): Promise<ManagedKey> {
  const { findManaged } = await import('../../lifecycle/find/find-managed.js');
  return await findManaged(reference, context);
}

async function list(reference: string | undefined, context: Context): Promise<void> {
  const { listPlaces } = await import('../show/list-places.js');
  const keys =
    reference === undefined
      ? await (await context.ledger()).managed.all()
      : [await managedKey(await managedReference('list the places of', reference, context), context)];
  await listPlaces(keys, context);
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

async function remove(
  named: string | undefined,
  wanted: string | undefined,
  flags: { readonly erase?: true; readonly yes?: true },
  context: Context,
): Promise<void> {
  const [{ isWithoutPlace, namedPlace, removePlace, withWaiting }, { leaseMeans }, { eraseSecret }] =
    await Promise.all([
      import('../../lifecycle/places/remove-place.js'),
      import('../../lifecycle/find/find-managed.js'),
      import('../../lifecycle/places/erase-place.js'),
    ]);
  const found = await managedKey(await managedReference('remove a place of', named, context), context);
  const ledger = await context.ledger();
  const managed = await withWaiting(found, ledger);
  const { name } = managed;
  const reference = wanted ?? (await pickPlace(managed, context));
  const { id, label } = await namedPlace(managed, reference, {
    env: context.env,
    directory: context.process.directory,
  });
  const means = await leaseMeans(context);
  if (!flags.erase) {
    const place = await removePlace(managed, id, means);
    const rest =
      place.delivered === null
        ? 'it had no secret yet'
        : `the secret there stays${worksThere(managed, place, context.clock.now())}`;
    context.output.say(`${name} no longer remembers ${label}; ${rest}`);
    return await hintOfPlace();
  }
  if (!flags.yes) {
    const message = `Remove the secret of ${name} from ${label}?`;
    await (await context.prompts()).confirm({ message, flag: '--yes' });
  }
  let left: readonly string[] = [];
  await removePlace(managed, id, means, async (place) => {
    left = await eraseSecret(place, managed, means.ledger, context);
  });
  context.output.say(`${name} no longer remembers ${label}; the secret there is removed`);
  for (const warning of left) context.output.warn(warning);
  await hintOfPlace();

  /** Says what a pending operation needs whose last place is removed. */
  async function hintOfPlace(): Promise<void> {
    if (await isWithoutPlace(managed, ledger))
      context.output.hint(
        `no place is left for its pending secret: keys deliver ${shellWord(name)} --to PLACE`,
      );
  }
}

/** Until when the secret works that a removed place keeps: no roll replaces it there any more. */
function worksThere({ versions }: ManagedKey, { delivered }: KeptPlace, now: number): string {
  const version = versions.find(({ id }) => id === delivered?.id);
  if (version === undefined) return '';
  const state = stateAt(version, now);
  if (state === 'revoked' || state === 'expired') return ', and does not work any more';
  if (state !== 'retiring') return ', and works until the key is rolled and its grace is over';
  return version.ends_at === null ? ', and works on' : `, and works until ${shownTime(version.ends_at)}`;
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
