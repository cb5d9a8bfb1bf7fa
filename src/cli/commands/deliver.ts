import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { KeysError } from '../../domain/errors.js';
import type { PlaceFlags } from '../../lifecycle/places/delivery-plan.js';
import type { Context } from '../context.js';
import { insecureStorageOption, replaceOption, toOption } from '../options/place-options.js';
import { managedReference, requireKey } from '../questions/pick-key.js';

export function deliverCommand(context: Context) {
  return new Command('deliver')
    .description(
      "Delivers a key's secret to further places: one that is pending, else that of the active version if one of its places can be read back.",
    )
    .argument('[key]', 'id or exact name; on a terminal, a list to pick from')
    .addOption(toOption())
    .addOption(replaceOption())
    .addOption(insecureStorageOption())
    .addHelpText(
      'after',
      '\nExamples:\n  keys deliver web --to .env#WEB_KEY\n  keys deliver web --to "exec:gh secret set WEB_KEY"',
    )
    .action((key, flags, command) => {
      requireKey(key, command as CommandUnknownOpts, context);
      return deliver(key, flags, context);
    });
}

async function deliver(named: string | undefined, flags: PlaceFlags, context: Context): Promise<void> {
  const [{ openForPlaces }, { deliverKey }] = await Promise.all([
    import('../../lifecycle/find/find-managed.js'),
    import('../../lifecycle/places/deliver-key.js'),
  ]);
  if (flags.to === undefined)
    throw new KeysError('usage', 'no place is named', { hint: 'such as --to .env' });
  const reference = await managedReference('deliver', named, context);
  const { managed, places, means } = await openForPlaces(reference, flags, context);
  await deliverKey(managed, places, means);
  for (const { place } of places) context.output.say(`delivered ${managed.name} to ${place.label}`);
}
