import { credentialDigests } from '../../domain/credential-digests.js';
import { isEnded } from '../../domain/ended-key.js';
import { KeysError } from '../../domain/errors.js';
import type { Credential } from '../../domain/key.js';
import {
  currentVersion,
  exactName,
  type KeyVersion,
  type ManagedKey,
  stateAt,
  type VersionState,
} from '../../domain/managed-key.js';
import type { Ledger } from '../../storage/ledger/ledger.js';
import { openSavedSecrets } from '../../storage/ledger/saved-secrets.js';
import {
  type AccountContext,
  hintOfNear,
  hintOfOthers,
  managedHere,
  namedExactly,
} from '../find/managed-here.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import { itemOf } from './saved-keys-place.js';

/** A managed key with the secret that is saved of it: that of a version which works. */
export interface SavedSecret {
  readonly managed: ManagedKey;
  readonly version: KeyVersion;
  readonly credential: Credential;
}

interface Candidate {
  readonly managed: ManagedKey;
  readonly version: KeyVersion;
  readonly item: string;
}

const WORKING: ReadonlySet<VersionState> = new Set(['active', 'pending', 'retiring']);

/**
 * Returns the saved secret of the key that a reference names: an exact id, an exact name in the account of
 * this call, or, on a terminal and where no key has exactly this id or name, the beginning of one. Throws
 * `not_found`, `ambiguous_key`, and `refused` for a key that was revoked or whose saved secret is another
 * version's. `choose` asks a person which of several keys is meant that begin with the reference; it returns
 * the id of a version.
 */
export async function findSavedSecret(
  reference: string,
  context: AccountContext,
  choose?: (keys: readonly ManagedKey[]) => Promise<string>,
): Promise<SavedSecret> {
  const ledger = await context.ledger();
  const now = context.clock.now();
  const named = await namedExactly(reference, context);
  const mayBegin = named.length === 0 && context.process.isAttended && context.flags.input !== false;
  const all = await candidates(mayBegin ? await managedHere(context) : named, ledger);
  const works = ({ version }: Candidate) => WORKING.has(stateAt(version, now));
  const wanted = exactName(reference);
  const begins = ({ managed, version }: Candidate) =>
    managed.name.startsWith(wanted) || version.id.startsWith(reference);
  const [found, ...others] =
    [
      all.filter(({ version }) => version.id === reference),
      all.filter((one) => one.managed.name === wanted && works(one)),
      all.filter((one) => one.managed.name === wanted),
      all.filter((one) => mayBegin && works(one) && begins(one)),
    ].find(({ length }) => length > 0) ?? [];
  if (found === undefined) {
    const kept = atPlaces(named);
    if (kept !== null) {
      throw new KeysError('not_found', `no secret is saved for ${reference}`, {
        hint: kept.hint,
        next: 'save_delivered',
        details: { name: kept.name },
      });
    }
    throw await notSaved(reference, named, context);
  }
  const same = others.filter(({ managed }) => managed.id !== found.managed.id);
  if (same.length > 0 && mayBegin && choose !== undefined && !isExact(found, reference))
    return await findSavedSecret(await choose([found, ...same].map(({ managed }) => managed)), context);
  if (same.length > 0) throw ambiguous(reference, [found, ...same]);
  const saved = await read(found, ledger, context);
  if (saved.version.id !== reference) await warnOfNewer(saved, ledger, context);
  return saved;
}

/** Whether the reference is the whole id or name. */
function isExact({ managed, version }: Candidate, reference: string): boolean {
  return version.id === reference || managed.name === exactName(reference);
}

async function notSaved(
  reference: string,
  named: readonly ManagedKey[],
  context: AccountContext,
): Promise<KeysError> {
  const elsewhere = named.length > 0 ? null : await hintOfOthers(reference, context);
  const near = named.length > 0 || elsewhere !== null ? null : await hintOfNear(reference, context);
  const hint = elsewhere ?? near;
  return new KeysError('not_found', `no secret is saved for ${reference}`, {
    ...(hint === null ? {} : { hint }),
    ...(elsewhere === null ? { next: 'save_key' } : {}),
    details: { reference },
  });
}

/** Where the secret is, if places have it and it is not saved here; null: no place has it. */
function atPlaces(named: readonly ManagedKey[]): { readonly name: string; readonly hint: string } | null {
  const [key] = named.filter(({ places }) => places.some(({ delivered }) => delivered !== null));
  if (key === undefined) return null;
  const labels = key.places.filter(({ delivered }) => delivered !== null).map(({ label }) => label);
  return {
    name: key.name,
    hint: `its secret is at ${labels.join(' and ')}, and only saved keys are used here`,
  };
}

/**
 * Warns where the name means a version that was rolled elsewhere: the newest version's secret was never on
 * this machine.
 */
async function warnOfNewer(
  { managed, version }: SavedSecret,
  ledger: Ledger,
  { output }: Pick<LifecycleContext, 'output'>,
): Promise<void> {
  const newest = currentVersion(managed);
  if (newest === null || newest.id === version.id || version.state !== 'retiring') return;
  const { provider, address } = managed.account;
  const known = await ledger.find({ provider, address }, newest.id);
  if (known === null || known.digests.length > 0) return;
  output.warn(
    `${managed.name} was rolled elsewhere: this is the secret of ${version.id}, which retires; that of ${newest.id} is not saved here`,
  );
}

/** Whether a secret of the key is saved on this machine. */
export async function hasSavedSecret(key: ManagedKey, ledger: Ledger): Promise<boolean> {
  return (await candidates([key], ledger)).length > 0;
}

/** Versions whose secret may be saved, newest first. */
async function candidates(keys: readonly ManagedKey[], ledger: Ledger): Promise<Candidate[]> {
  const found: Candidate[] = [];
  for (const managed of keys) {
    const { provider, address } = managed.account;
    const kept = managed.places.find(({ id }) => id === 'keychain');
    for (const version of managed.versions) {
      const own = (await ledger.find({ provider, address }, version.id))?.secret_item ?? null;
      const item = own ?? (kept?.delivered?.id === version.id ? itemOf(kept) : null);
      if (item !== null) found.push({ managed, version, item });
    }
  }
  return found;
}

async function read(
  { managed, version, item }: Candidate,
  ledger: Ledger,
  context: LifecycleContext,
): Promise<SavedSecret> {
  const state = stateAt(version, context.clock.now());
  const { name } = managed;
  if (!WORKING.has(state)) {
    throw new KeysError('refused', `${name} (${version.id}) is ${state}: its saved secret is not used`, {
      hint: 'create another key, or name another one',
    });
  }
  const { status } = version.record;
  if (isEnded(status)) {
    throw new KeysError(
      'refused',
      `${name} (${version.id}) is ${status} at its vendor: its saved secret is not used`,
      {
        next: 'look_again',
        details: { name },
      },
    );
  }
  const credential = await openSavedSecrets(context).read(item);
  const digests = credentialDigests(credential);
  const { provider, address } = managed.account;
  const own = (await ledger.find({ provider, address }, version.id))?.digests ?? [];
  if (own.length === 0 || digests.every((digest) => own.includes(digest)))
    return { managed, version, credential };
  // The place has the secret of a newer version already.
  for (const other of managed.versions) {
    const known = (await ledger.find({ provider, address }, other.id))?.digests ?? [];
    const fits = known.length > 0 && digests.every((digest) => known.includes(digest));
    if (fits && WORKING.has(stateAt(other, context.clock.now())))
      return { managed, version: other, credential };
  }
  throw new KeysError('refused', `the saved secret of ${name} is not that of ${version.id}`, {
    next: 'replace_secret',
    details: { name },
  });
}

function ambiguous(reference: string, found: readonly Candidate[]): KeysError {
  const candidates = found.map(({ managed: { name, account }, version }) => ({
    id: version.id,
    name,
    provider: account.provider,
  }));
  const how = found.every((one) => isExact(one, reference)) ? 'are named' : 'begin with';
  return new KeysError('ambiguous_key', `${found.length} saved keys ${how} ${reference}`, {
    hint: `use an id: ${candidates.map(({ id, name, provider }) => `${id} (${name}, ${provider})`).join(', ')}`,
    details: { candidates },
  });
}
