import type { Connection } from '../../connect/connection.js';
import { refuseOtherThanServed } from '../../connect/followed-policy.js';
import { openConnection } from '../../connect/open-connection.js';
import { type TargetedProvider, targetedProvider } from '../../connect/targeted-provider.js';
import { checkCredential } from '../../domain/check-credential.js';
import { compact } from '../../domain/compact.js';
import { credentialDigests } from '../../domain/credential-digests.js';
import { KeysError } from '../../domain/errors.js';
import type { Credential, Key } from '../../domain/key.js';
import type { ManagedKey } from '../../domain/managed-key.js';
import type { Provider } from '../../domain/provider.js';
import { titleInSentence } from '../../domain/systems.js';
import { identifyImported } from '../../lifecycle/create/identify-imported.js';
import { reserveSavedSecret } from '../../lifecycle/create/import-key.js';
import type { ImportOrder } from '../../lifecycle/create/imported-key.js';
import {
  activeNamesake,
  knownRecord,
  refuseOtherManaged,
  refuseOtherSlot,
  refuseSaved,
  unidentifiedRecord,
} from '../../lifecycle/create/known-imported.js';
import { namedExactly } from '../../lifecycle/find/managed-here.js';
import { refuseKnownElsewhere, refuseOtherAddress } from '../../lifecycle/find/one-address.js';
import { storedName } from '../../lifecycle/find/stored-name.js';
import { isUnidentified } from '../../lifecycle/find/unidentified.js';
import type { PlaceFlags } from '../../lifecycle/places/delivery-plan.js';
import { findSavedSecret } from '../../lifecycle/places/find-saved-secret.js';
import { loadAllProviders } from '../../providers/registry.js';
import type { Context } from '../context.js';
import { credentialInFile } from '../credential-in-file.js';
import { readPastedCredential, readPipedCredential } from '../find-credential.js';
import { askMissing } from '../questions/ask-for-key.js';
import { canAsk, choosingImported } from '../questions/pick-key.js';
import {
  type RecordFlags,
  recordFromFlags,
  refuseOtherRecord,
  refuseSecretsIn,
  serviceRecord,
} from './imported-record.js';
import { readExpiry } from './key-options.js';

export interface ImportFlags extends RecordFlags, Pick<PlaceFlags, 'insecureStorage' | 'replace' | 'to'> {
  readonly from?: string;
  readonly successor?: true;
  /** The vendor's id of the key. */
  readonly id?: string;
}

/** Where the ledger says that keys of a dashboard are. */
const DASHBOARD = 'dashboard';

/**
 * Reads the key that is imported, and its record: from its service, else from the flags. Asks for what is
 * missing. Throws for all that can be refused before the ledger is written.
 */
export async function readImportOrder(flags: ImportFlags, context: Context): Promise<ImportOrder> {
  refuseSecretsIn(flags);
  const target = await targetedProvider(context);
  const { provider, managedByHand, baseUrl } = target;
  if (flags.to === undefined && context.input.isTerminal) {
    await reserveSavedSecret(flags, context);
  }
  const asked = managedByHand ? await completed(flags, target, context) : flags;
  const credential =
    flags.from === undefined
      ? ((await savedUnidentified(flags, provider, context)) ??
        (await readPastedCredential(provider, context)))
      : await credentialInFile(flags.from, provider, context);
  checkCredential(provider, credential, await loadAllProviders(context), {
    anyForm: Boolean(context.env['KEYS_ANY_CREDENTIAL']),
  });
  const unidentified = await unidentifiedRecord(credential, context);
  if (unidentified === null) await refuseSaved(credential, context);
  const connection = managedByHand ? null : await openConnection(context);
  refuseUnfitting(flags, connection, provider);
  if (connection !== null) {
    await refuseOtherThanServed(connection);
    await refuseOtherAddress(connection, await context.ledger());
  }
  const served = connection === null ? null : await serviceRecord(credential, connection);
  const now = context.clock.now();
  if (served !== null) refuseOtherRecord(flags, served);
  if (served !== null && flags.id !== undefined) requireId(flags.id, served.id);
  const address = connection?.address ?? DASHBOARD;
  const told =
    served ?? (connection === null ? null : await toldRecord(flags, credential, connection, context));
  if (told === null && unidentified !== null) await refuseSaved(credential, context);
  if (told !== null)
    await refuseOtherManaged(told, { provider: provider.id, address }, unidentified, context);
  const known = told ?? (await knownRecord(credential, { name: asked.name, provider, address }, context));
  const said = known ?? recordFromFlags(asked, provider, credential, now);
  // What a vendor with an API does not say of a key is not known: a key without a said end may have one.
  const isUntold = known === null && connection !== null && flags.expires === undefined;
  const { expires_at: _, ...untold } = said;
  const record = isUntold ? untold : said;
  // One key has one name, as in a create: the vendor may store it in lower case.
  const found = { ...record, name: storedName(record.name, provider) };
  if (connection !== null) await refuseKnownElsewhere(found.id, connection, await context.ledger());
  const namesake = await activeNamesake({ name: found.name, provider, address }, context);
  const same = [found.id, unidentified?.key.id];
  const previous = same.includes(namesake?.active.id) ? null : namesake;
  if (previous !== null && provider.supersedes) refuseOtherSlot(found, previous.active.record);
  if (previous !== null && !flags.successor) await confirmSuccessor(found, previous.active.id, context);
  // A service reports which key succeeds which; of a dashboard only the ledger knows it.
  const key = previous === null || served !== null ? found : { ...found, rolled_from: previous.active.id };
  return {
    ...{ key, credential, provider, address, flags },
    baseUrl: managedByHand ? null : baseUrl,
    previous: previous?.active.record ?? null,
    unidentified: told === null ? null : unidentified,
  };
}

/** Throws `usage` for what only keys of a dashboard have, and for what those do not have. */
function refuseUnfitting(flags: ImportFlags, connection: Connection | null, provider: Provider): void {
  if (connection !== null && flags.dashboardName !== undefined) {
    throw new KeysError(
      'usage',
      `--dashboard-name is for keys of a dashboard: ${titleInSentence(provider)} tells the name`,
    );
  }
  if (connection === null && flags.id !== undefined) {
    throw new KeysError(
      'usage',
      '--id is for vendors with an API: a dashboard knows its keys by their names',
    );
  }
}

/** Throws `conflict` for a secret that is another key's, as its service says. */
function requireId(id: string, served: string): void {
  if (id === served) return;
  throw new KeysError('conflict', `this is not the secret of ${id}: it is that of ${served}`, {
    hint: 'nothing was changed',
    details: { key_id: served },
  });
}

/**
 * The saved secret of the key that an earlier import of this name took in without its vendor's id, which --id
 * gives now. Null: none is saved. Throws `conflict` for a key that has the id already, as after the second
 * run of a line.
 */
async function savedUnidentified(
  { name, id }: ImportFlags,
  provider: Provider,
  context: Context,
): Promise<Credential | null> {
  if (name === undefined || id === undefined) return null;
  const ledger = await context.ledger();
  const isSaved = async ({ account, versions }: ManagedKey) =>
    versions.some((version) => version.id === id) &&
    ((await ledger.find(account, id))?.secret_item ?? null) !== null;
  const isMeant = async ({ account, versions }: ManagedKey) => {
    const [version] = versions;
    if (version === undefined || !isUnidentified(version.record, account)) return false;
    return ((await ledger.find(account, version.id))?.secret_item ?? null) !== null;
  };
  for (const managed of await namedExactly(name, context)) {
    if (await isMeant(managed)) {
      const { credential } = await findSavedSecret(name, context);
      await refuseOtherSecret(name, credential, provider, context);
      return credential;
    }
    if (!(await isSaved(managed))) continue;
    throw new KeysError('conflict', `this key is known already: ${managed.name} (${id})`, {
      next: 'print_saved',
      details: { key_id: id },
    });
  }
  return null;
}

/**
 * Throws `conflict` for another secret on stdin than the saved one: it would be lost, and the id is that of
 * one of the two.
 */
async function refuseOtherSecret(
  name: string,
  saved: Credential,
  provider: Provider,
  context: Context,
): Promise<void> {
  const piped = await readPipedCredential(provider, context);
  if (piped === null || credentialDigests(piped).join() === credentialDigests(saved).join()) return;
  throw new KeysError('conflict', `the secret on stdin is not that of ${name}, which was imported before`, {
    hint: 'without a secret, the id is given to the key that is saved; import the other one with another --name; nothing was changed',
  });
}

/**
 * The vendor's record of the key, with what the flags add to it. Null: which of the account's keys it is,
 * is not known. Throws what `identifyImported` throws, and `conflict` where the flags say something else.
 */
async function toldRecord(
  flags: ImportFlags,
  credential: Credential,
  connection: Connection,
  context: Context,
): Promise<Key | null> {
  const asks = flags.id === undefined && canAsk(context) && context.input.isTerminal;
  const choose = asks ? choosingImported(context) : undefined;
  const key = await identifyImported({ ...flags, ...compact({ choose }) }, credential, connection, context);
  if (key === null) return null;
  const { name, expires, ...others } = flags;
  refuseOtherRecord(others, key);
  return {
    ...key,
    // Such a vendor keeps no names.
    ...(connection.provider.names.rule === 'none' && name !== undefined ? { name } : {}),
    ...(key.expires_at === undefined && expires !== undefined
      ? { expires_at: readExpiry(expires, context.clock.now()) }
      : {}),
  };
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
    hint: 'if you rolled it by hand and this is its successor, add --successor; else import this key with another --name',
    details: { key_id: active },
  });
}
