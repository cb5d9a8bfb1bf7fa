import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { isEnded } from '../../domain/ended-key.js';
import { type KeptPlace, type ManagedKey, stateAt } from '../../domain/managed-key.js';
import { shellWord } from '../../domain/shell-word.js';
import { shownTime } from '../../domain/whole-seconds.js';
import type { Context } from '../context.js';
import { managedReference, pickPlace, requireKey } from '../questions/pick-key.js';

export function placesRemoveCommand(context: Context) {
  return new Command('remove')
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
    });
}

async function remove(
  named: string | undefined,
  wanted: string | undefined,
  flags: { readonly erase?: true; readonly yes?: true },
  context: Context,
): Promise<void> {
  const [
    { isWithoutPlace, namedPlace, removePlace, withWaiting },
    { findManaged, leaseMeans },
    { eraseSecret },
  ] = await Promise.all([
    import('../../lifecycle/places/remove-place.js'),
    import('../../lifecycle/find/find-managed.js'),
    import('../../lifecycle/places/erase-place.js'),
  ]);
  const found = await findManaged(await managedReference('remove a place of', named, context), context);
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
  if (isEnded(state)) return ', and does not work any more';
  if (state !== 'retiring') return ', and works until the key is rolled and its grace is over';
  return version.ends_at === null ? ', and works on' : `, and works until ${shownTime(version.ends_at)}`;
}
