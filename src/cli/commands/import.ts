import { Command, Option } from '@commander-js/extra-typings';
import { KEY_TYPES, type Key } from '../../domain/key.js';
import { shellWord } from '../../domain/shell-word.js';
import { titleInSentence } from '../../domain/systems.js';
import { absoluteTime } from '../../terminal/absolute-time.js';
import { keyFields } from '../../terminal/key-columns.js';
import type { Context } from '../context.js';
import { withName } from '../options/create-flags.js';
import type { ImportFlags } from '../options/import-order.js';
import { insecureStorageOption, replaceOption, toOption } from '../options/place-options.js';
import { targetWords } from '../show/target-words.js';

export function importCommand(context: Context) {
  return new Command('import')
    .description(
      'Takes in a key that exists already: its secret into the keychain or to the places that --to names, its record into the ledger. The key comes from stdin, a masked prompt or an env file, never from the command line.',
    )
    .argument('[name]', 'what the key is for (default: as the service names it)')
    .option('--name <name>', 'the same, as an option')
    .addOption(new Option('--type <type>', 'secret or public').choices(KEY_TYPES))
    .option('--environment <name>', "one of the provider's")
    .option('--service <name>', 'the service that it belongs to')
    .option('--expires <time>', 'when it expires: 30d, 2027-01-31 (the end of that day in local time), never')
    .option('--from <place>', "read it from a variable in an env file: PATH#NAME (default: the provider's)")
    .option('--id <id>', "the vendor's id of the key, if the vendor does not say which key a secret is of")
    .option('--successor', 'it replaces the key of this name, which you rolled by hand')
    .option('--dashboard-name <name>', "its name in the vendor's dashboard, if that is another one")
    .addOption(toOption())
    .addOption(replaceOption())
    .addOption(insecureStorageOption())
    .addHelpText(
      'after',
      `
Examples:
  keys import --provider jahuty --name "Web" < key.txt
  keys import --provider tylt --name shop --service shop --environment production --from .env
  keys import --provider resend --name billing --from config/prod.env#BILLING_API_KEY
  keys import --name web --from .env#WEB_API_KEY --to .env#WEB_API_KEY --to keychain`,
    )
    .action((name, flags) => importKey(withName(name, flags), context));
}

async function importKey(flags: ImportFlags, context: Context): Promise<void> {
  const [{ readImportOrder }, { isUnidentified }, lifecycle, { outdatedPlaces }] = await Promise.all([
    import('../options/import-order.js'),
    import('../../lifecycle/find/unidentified.js'),
    import('../../lifecycle/create/import-key.js'),
    import('../../lifecycle/create/places-of-import.js'),
  ]);
  const order = await readImportOrder(flags, context);
  const imported = await lifecycle.importKey(order, context);
  await showImported(order.key, imported, context);
  const { key, address, provider } = order;
  if (isUnidentified(key, { address })) {
    context.output.warn(
      `${titleInSentence(provider)} does not say which of its keys this is, nor when it expires: run and env can use it, and roll and revoke cannot find it until keys import --name ${shellWord(key.name)} --id ID names it (keys list shows the ids)`,
    );
  }
  for (const label of await outdatedPlaces(order, context)) {
    context.output.warn(
      `${label} still has the old secret: keys deliver ${shellWord(order.key.name)} --to PLACE replaces it`,
    );
  }
}

/** Shows the record, where its secret is, and until when the key that it succeeds works. */
async function showImported(
  key: Key,
  { storedIn, old }: { readonly storedIn: readonly string[]; readonly old: Key | null },
  { clock, flags, output }: Context,
): Promise<void> {
  const where = storedIn.join(', ');
  await output.record({ ...key, stored_in: where }, [
    ...keyFields(key, clock.now(), output.human),
    ['stored in', where],
  ]);
  if (old !== null) output.say(endOfOld(old, clock.now(), targetWords(flags), output.human));
}

/**
 * One line that says until when the old key works. Its end is not later than this, because it was rolled
 * before now.
 */
function endOfOld({ id, expires_at }: Key, now: number, target: string, human: boolean): string {
  if (!expires_at)
    return `the old key ${id} works on; when nothing uses it any more: keys revoke ${shellWord(id)}${target}`;
  const end = Date.parse(expires_at);
  if (end <= now) return `the old key ${id} has ended`;
  return `the old key ${id} works until ${absoluteTime(end, human)} at the latest`;
}
