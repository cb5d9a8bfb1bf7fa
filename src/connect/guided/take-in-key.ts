import { checkCredential } from '../../domain/check-credential.js';
import { type Clock, isoTime } from '../../domain/clock.js';
import { compact } from '../../domain/compact.js';
import { credentialDigests } from '../../domain/credential-digests.js';
import { dashboardRecord } from '../../domain/dashboard-record.js';
import { changed, KeysError } from '../../domain/errors.js';
import type { Credential, Key } from '../../domain/key.js';
import type { CreateKey } from '../../domain/key-service.js';
import type { LiveCheckResult } from '../../domain/live-check-result.js';
import { ROLL_AFTER_MS } from '../../domain/managed-key.js';
import type { Provider } from '../../domain/provider.js';
import { wholeSecond } from '../../domain/whole-seconds.js';
import type { KeyAddress, Ledger } from '../../storage/ledger/ledger.js';
import { type SavedSecrets, secretItem } from '../../storage/ledger/saved-secrets.js';
import type { ConnectChoices, TargetFlags } from '../connection.js';
import type { Conversation } from './conversation.js';

export interface GuidedOptions {
  readonly provider: Provider;
  readonly providers: () => Promise<readonly Provider[]>;
  readonly conversation: Conversation;
  readonly ledger: Ledger;
  readonly secrets: SavedSecrets;
  readonly clock: Clock;
  /** Whether the secret is saved in the keychain. False: it is returned alone. */
  readonly saves: boolean;
  /** Take a key of an unusual form, too. */
  readonly anyForm: boolean;
  /** What the command was given that `keys import` takes too. */
  readonly asked: Pick<ConnectChoices, 'insecureStorage'> & Pick<TargetFlags, 'set' | 'profile'>;
  /** The address that was said for keys of an environment, for the record; null: the provider's own. */
  readonly addressOf: (environment: string | null) => string | null;
  /** Tries a key at the vendor; only called where the provider has a request for that. */
  readonly check: (credential: Credential, environment: string | null) => Promise<LiveCheckResult>;
}

/**
 * The name of a key in its dashboard, where it differs from its name here. Kept with the record in the
 * ledger.
 */
export const DASHBOARD_NAME = 'dashboard_name';

/** When `keys import` took the key in, in its metadata: when it was created is not known. */
export const IMPORTED_AT = 'imported_at';

/** Where the ledger has the keys that are managed in their vendor's dashboard. */
export function dashboardOf({ id }: Pick<Provider, 'id'>): KeyAddress {
  return { provider: id, address: 'dashboard' };
}

/**
 * Takes the pasted key, tries it where that changes nothing, and keeps it: the secret in the keychain, unless
 * `saves` is false, and the record in the ledger.
 */
export async function takeInKey(
  options: GuidedOptions,
  request: CreateKey,
  more: Partial<Key>,
): Promise<{ key: Key; credential: Credential }> {
  const { provider } = options;
  const providers = await options.providers();
  const credential = await pasted(options, request, providers);
  await tryOut(options, credential, request.environment ?? provider.environments[0] ?? null);
  return await keep(options, request, credential, more);
}

/** The pasted key. The vendor shows it once, so an error names the command that takes it in later. */
async function pasted(
  { provider, conversation, ledger, asked, anyForm }: GuidedOptions,
  request: CreateKey,
  providers: readonly Provider[],
): Promise<Credential> {
  try {
    return await conversation.paste(provider.format, async (credential) => {
      checkCredential(provider, credential, providers, { anyForm });
      await refuseKnown(ledger, credential);
    });
  } catch (error) {
    if (!(error instanceof KeysError) || !NOT_TAKEN.has(error.code)) throw error;
    const { name, environment, service, type, expires_at, metadata } = request;
    const known = await ledger.keys(dashboardOf(provider));
    const successor = known.some(({ key }) => key.name === name && key.status === 'active' && !key.rolled_to);
    throw changed(error, {
      next: 'import_pasted',
      details: {
        ...error.details,
        ...{ provider: provider.id, name, ...(successor ? { successor } : {}) },
        ...compact({
          environment,
          service: service ?? undefined,
          type,
          expires: wholeSecond(expires_at ?? undefined),
        }),
        ...compact({ dashboardName: metadata?.[DASHBOARD_NAME] }),
        ...asked,
      },
      cause: error,
    });
  }
}

const NOT_TAKEN: ReadonlySet<string> = new Set(['conflict', 'invalid_request', 'usage']);

async function refuseKnown(ledger: Ledger, credential: Credential): Promise<void> {
  for (const digest of credentialDigests(credential)) {
    const known = await ledger.byDigest(digest);
    if (known !== null) {
      throw new KeysError('conflict', `this key is known already: ${known.key.name} (${known.key.id})`, {
        hint: 'was an older key pasted? copy the new one',
      });
    }
  }
}

async function tryOut(
  { provider, conversation, check }: GuidedOptions,
  credential: Credential,
  environment: string | null,
): Promise<void> {
  if (provider.check === null) return;
  const tried = await check(credential, environment);
  if (tried.outcome === 'accepted') conversation.say(`${provider.title} accepts the key`);
  else if (tried.outcome !== 'refused') conversation.warn(`the key was not tried: ${tried.message}`);
  else {
    const swapped = 'secret' in credential ? '' : '; are the halves swapped?';
    conversation.warn(`${provider.title} does not accept the key: ${tried.message}${swapped}`);
    await conversation.confirm('Keep it all the same?');
  }
}

async function keep(
  { provider, ledger, secrets, saves, clock, addressOf }: GuidedOptions,
  request: CreateKey,
  credential: Credential,
  more: Partial<Key>,
): Promise<{ key: Key; credential: Credential }> {
  const now = clock.now();
  const at = dashboardOf(provider);
  const environment = request.environment ?? provider.environments[0] ?? null;
  const key: Key = {
    ...dashboardRecord({ ...request, environment, created_at: isoTime(now) }, provider, credential),
    metadata: request.metadata ?? {},
    ...more,
  };
  const item = saves ? secretItem(at, key.id) : null;
  // The keychain first: a record that names an item promises that it is there.
  if (item !== null) await secrets.save(item, credential);
  await ledger.put(
    {
      ...at,
      key,
      digests: credentialDigests(credential),
      secret_item: item,
      base_url: addressOf(key.environment ?? null),
      roll_by: now + ROLL_AFTER_MS,
    },
    now,
  );
  return { key, credential };
}
