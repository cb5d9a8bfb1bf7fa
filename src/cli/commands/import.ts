import { Command, Option } from '@commander-js/extra-typings';
import type { TargetedProvider } from '../../connect/targeted-provider.js';
import { checkCredential } from '../../domain/check-credential.js';
import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import { KEY_TYPES, type Key } from '../../domain/key.js';
import { shellWord } from '../../domain/shell-word.js';
import type { PlaceFlags } from '../../lifecycle/plan-places.js';
import { absoluteTime } from '../../terminal/absolute-time.js';
import { keyFields } from '../../terminal/key-columns.js';
import { askMissing } from '../ask-for-key.js';
import type { Context } from '../context.js';
import { credentialInFile } from '../credential-in-file.js';
import { readPastedCredential } from '../find-credential.js';
import {
  type RecordFlags,
  recordFromFlags,
  refuseOtherRecord,
  refuseSecretsIn,
  serviceRecord,
} from '../imported-record.js';
import { insecureStorageOption, replaceOption, toOption } from '../place-options.js';
import { targetWords } from '../target-words.js';

interface ImportFlags extends RecordFlags, Pick<PlaceFlags, 'insecureStorage' | 'replace' | 'to'> {
  readonly from?: string;
  readonly successor?: true;
}

/** Where the ledger says that keys of a dashboard are. */
const DASHBOARD = 'dashboard';

export function importCommand(context: Context) {
  return new Command('import')
    .description(
      'Takes in a key that exists already: its secret into the keychain or to the places that --to names, its record into the ledger. The key comes from stdin, a masked prompt or an env file, never from the command line.',
    )
    .option('--name <name>', 'what the key is for (default: as the service names it)')
    .addOption(new Option('--type <type>', 'secret or public').choices(KEY_TYPES))
    .option('--environment <name>', "one of the provider's")
    .option('--service <name>', 'the service that it belongs to')
    .option('--expires <time>', 'when it expires: 30d, 2027-01-31 (the end of that day in local time), never')
    .option('--from <place>', "read it from a variable in an env file: PATH#NAME (default: the provider's)")
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
    .action((flags) => importKey(flags, context));
}

async function importKey(flags: ImportFlags, context: Context): Promise<void> {
  refuseSecretsIn(flags);
  const [{ openConnection }, { targetedProvider }, { loadAllProviders }, oneAddress, lifecycle] =
    await Promise.all([
      import('../../connect/open-connection.js'),
      import('../../connect/targeted-provider.js'),
      import('../../providers/registry.js'),
      import('../../lifecycle/one-address.js'),
      import('../../lifecycle/import-key.js'),
    ]);
  const target = await targetedProvider(context);
  const { provider, managedByHand, baseUrl } = target;
  if (flags.to === undefined && context.input.isTerminal) {
    await lifecycle.reserveSavedSecret(flags, context);
  }
  const asked = managedByHand ? await completed(flags, target, context) : flags;
  const credential =
    flags.from === undefined
      ? await readPastedCredential(provider, context)
      : await credentialInFile(flags.from, provider, context);
  checkCredential(provider, credential, await loadAllProviders(context), {
    anyForm: Boolean(context.env['KEYS_ANY_CREDENTIAL']),
  });
  await lifecycle.refuseSaved(credential, context);
  const connection = managedByHand ? null : await openConnection(context);
  if (connection !== null && flags.dashboardName !== undefined) {
    throw new KeysError(
      'usage',
      `--dashboard-name is for keys of a dashboard: ${provider.title} tells the name`,
    );
  }
  if (connection !== null) await oneAddress.refuseOtherAddress(connection, await context.ledger());
  const served = connection === null ? null : await serviceRecord(credential, connection);
  const now = context.clock.now();
  if (served !== null) refuseOtherRecord(flags, served);
  const found = served ?? recordFromFlags(asked, provider, credential, now);
  const address = connection?.address ?? DASHBOARD;
  if (connection !== null)
    await oneAddress.refuseKnownElsewhere(found.id, connection, await context.ledger());
  const namesake = await lifecycle.activeNamesake({ name: found.name, provider, address }, context);
  const previous = namesake?.active.id === found.id ? null : namesake;
  if (previous !== null && provider.supersedes) lifecycle.refuseOtherSlot(found, previous.active.record);
  if (previous !== null && !flags.successor) await confirmSuccessor(found, previous.active.id, context);
  // A service reports which key succeeds which; of a dashboard only the ledger knows it.
  const key = previous === null || served !== null ? found : { ...found, rolled_from: previous.active.id };
  const order = {
    ...{ key, credential, provider, address, flags },
    baseUrl: managedByHand ? null : baseUrl,
    previous: previous?.active.record ?? null,
  };
  const imported = await lifecycle.importKey(order, context);
  await showImported(key, imported, context);
  for (const label of await lifecycle.outdatedPlaces(order, context)) {
    context.output.warn(
      `${label} still has the old secret: keys deliver ${shellWord(key.name)} --to PLACE replaces it`,
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
  if (old !== null) output.say(endOfOld(old, clock.now(), targetWords(flags)));
}

/**
 * One line that says until when the old key works. Its end is not later than this, because it was rolled
 * before now.
 */
function endOfOld({ id, expires_at }: Key, now: number, target: string): string {
  if (!expires_at)
    return `the old key ${id} works on; when nothing uses it any more: keys revoke ${shellWord(id)}${target}`;
  const end = Date.parse(expires_at);
  if (end <= now) return `the old key ${id} has ended`;
  return `the old key ${id} works until ${absoluteTime(end)} at the latest`;
}

/**
 * The flags for a key of a dashboard, before it is pasted. What they leave open is the same as that of the
 * active key of this name, else the profile's, else asked for as `create` does. Throws `missing_answer`
 * without a terminal.
 */
async function completed(
  flags: ImportFlags,
  { provider, environment }: TargetedProvider,
  context: Context,
): Promise<ImportFlags> {
  const { activeNamesake } = await import('../../lifecycle/import-key.js');
  const { name } = flags;
  // A namesake of another service or environment is not replaced: only --successor says that the key is of
  // the same.
  const inherits = name !== undefined && (flags.successor || !provider.supersedes);
  const named = inherits ? await activeNamesake({ name, provider, address: DASHBOARD }, context) : null;
  const { type, environment: before, service } = named?.active.record ?? {};
  const known = environment !== undefined && provider.environments.includes(environment);
  const same = compact({
    type,
    environment: before ?? (known ? environment : undefined),
    service: service ?? undefined,
  });
  return await askMissing({ ...same, ...flags }, context);
}

/**
 * Asks whether the imported key replaces the active key of its name. Throws `conflict` without a terminal,
 * and `declined` on no.
 */
async function confirmSuccessor({ name }: Key, active: string, context: Context): Promise<void> {
  const prompts = await context.prompts();
  if (prompts.available) {
    return await prompts.confirm({
      message: `${name} is ${active} now. Does this key replace it?`,
      flag: '--successor',
    });
  }
  throw new KeysError('conflict', `another key is named ${name} and is active: ${active}`, {
    hint: 'if you rolled it by hand and this is its successor, say --successor; else import this key with another --name',
    details: { key_id: active },
  });
}
