import { type Clock, isoTime } from '../../domain/clock.js';
import { compact } from '../../domain/compact.js';
import { credentialDigests } from '../../domain/credential-digests.js';
import { KeysError } from '../../domain/errors.js';
import { passesFilters, statusAt } from '../../domain/filter-keys.js';
import { type Credential, credentialParts, type Key } from '../../domain/key.js';
import type { CreateKey, KeyService } from '../../domain/key-service.js';
import type { LiveAnswer } from '../../domain/live-answer.js';
import type { Provider } from '../../domain/provider.js';
import { checkCredential } from '../../domain/recognise.js';
import { randomBase62 } from '../../domain/secret-format.js';
import type { Ledger, LedgerKey } from '../../storage/ledger/ledger.js';
import { type SavedSecrets, secretItem } from '../../storage/ledger/saved-secrets.js';
import type { Conversation } from './conversation.js';

/** The documents all say it: every 90 days. */
const ROLL_AFTER_MS = 90 * 24 * 3_600_000;
/** Where a key is that is managed in its vendor's dashboard. */
const DASHBOARD = 'dashboard';

export interface GuidedOptions {
  readonly provider: Provider;
  readonly providers: () => Promise<readonly Provider[]>;
  readonly conversation: Conversation;
  readonly ledger: Ledger;
  readonly secrets: SavedSecrets;
  readonly clock: Clock;
  /** The address that was said, for the record; null: the provider's own. */
  readonly baseUrl: string | null;
  /** Tries a key at the vendor; only called where the provider has a request for that. */
  readonly check: (credential: Credential, environment: string | null) => Promise<LiveAnswer>;
}

/**
 * The contract where a vendor has only a dashboard: a person does what the steps say, the secret goes into the keychain and
 * the record into the ledger. Everything else works on that record. Errors: `declined`, `missing_answer`,
 * `invalid_request` for a pasted key that cannot be one, `unsupported`.
 */
export function createGuidedService(options: GuidedOptions): KeyService {
  const { provider, conversation, ledger, secrets, clock } = options;
  const place = { provider: provider.id, place: DASHBOARD };
  const { dashboard } = provider;
  if (dashboard === null) throw new TypeError(`${provider.id} has no dashboard`);

  async function entry(id: string): Promise<LedgerKey> {
    const found = await ledger.find(place, id);
    if (found !== null) return found;
    throw new KeysError('not_found', `no such key: ${id}`, {
      next: 'list_or_import_keys',
      details: { key_id: id },
    });
  }

  const current = (key: Key): Key => ({ ...key, status: statusAt(key, clock.now()) });

  /** Takes the pasted key, tries it where that changes nothing, keeps it. */
  async function takeIn(
    request: CreateKey,
    more: Partial<Key>,
  ): Promise<{ key: Key; credential: Credential }> {
    const providers = await options.providers();
    const credential = await conversation.paste(provider.format, (pasted) =>
      checkCredential(provider, pasted, providers),
    );
    await refuseKnown(credential);
    await tryOut(credential, request.environment ?? provider.environments[0] ?? null);
    return await keep(request, credential, more);
  }

  async function refuseKnown(credential: Credential): Promise<void> {
    for (const digest of credentialDigests(credential)) {
      const known = await ledger.byDigest(digest);
      if (known !== null) {
        throw new KeysError('conflict', `this key is known already: ${known.key.name} (${known.key.id})`, {
          hint: 'was an older key pasted? copy the new one',
        });
      }
    }
  }

  async function tryOut(credential: Credential, environment: string | null): Promise<void> {
    if (provider.check === null) return;
    const answer = await options.check(credential, environment);
    if (answer.outcome === 'accepted') conversation.say(`${provider.title} accepts the key`);
    else if (answer.outcome !== 'refused') conversation.warn(`the key was not tried: ${answer.message}`);
    else {
      const swapped = 'secret' in credential ? '' : '; are the halves swapped?';
      conversation.warn(`${provider.title} does not accept the key: ${answer.message}${swapped}`);
      await conversation.confirm('Keep it all the same?');
    }
  }

  async function keep(
    request: CreateKey,
    credential: Credential,
    more: Partial<Key>,
  ): Promise<{ key: Key; credential: Credential }> {
    const now = clock.now();
    const [identifying = ''] = credentialParts(credential);
    const prefix = provider.format.prefixes.find((known) => identifying.startsWith(known.prefix));
    const key: Key = {
      id: `key_${randomBase62(20)}`,
      name: request.name,
      type: request.type ?? 'secret',
      environment: request.environment ?? provider.environments[0] ?? null,
      service: request.service ?? null,
      prefix: prefix?.prefix ?? '',
      hint: identifying.slice(-4),
      status: 'active',
      created_at: isoTime(now),
      expires_at: request.expires_at ?? null,
      rolled_from: null,
      rolled_to: null,
      metadata: request.metadata ?? {},
      ...more,
    };
    const item = secretItem(place, key.id);
    // The keychain first: a record whose secret is nowhere would promise what it does not have.
    await secrets.save(item, credential);
    await ledger.put(
      {
        ...place,
        key,
        digests: credentialDigests(credential),
        secret_item: item,
        base_url: options.baseUrl,
        roll_by: now + ROLL_AFTER_MS,
      },
      now,
    );
    return { key, credential };
  }

  function guide(title: string, lines: readonly string[], facts: Partial<CreateKey>): void {
    const filled: Record<string, string> = {
      name: facts.name ?? '',
      type: facts.type ?? 'secret',
      service: facts.service ?? 'the one that the key is for',
      expires: facts.expires_at ?? 'none was asked for',
    };
    conversation.steps(
      title,
      lines.map((line) => line.replace(/\{(\w+)\}/g, (whole, name: string) => filled[name] ?? whole)),
    );
  }

  async function warnOfSuperseding(request: {
    service?: string | null;
    environment?: string | null;
  }): Promise<void> {
    const warning = dashboard?.roll?.warning;
    if (warning === undefined || !provider.supersedes) return;
    const { environment = provider.environments[0] ?? null } = request;
    const same = (await ledger.keys(place)).find(
      ({ key }) =>
        current(key).status === 'active' &&
        key.service === (request.service ?? null) &&
        key.environment === environment,
    );
    conversation.warn(same === undefined ? warning : `${warning}: ${same.key.name} (${same.key.id})`);
    await conversation.confirm('Go on?');
  }

  return {
    async create(request) {
      refuseWhatCannotBeSaid(provider, request);
      await secrets.reserve();
      await warnOfSuperseding(request);
      guide(`A new key of ${provider.title}`, dashboard.create, request);
      await conversation.open(dashboard.url);
      return await takeIn(request, {});
    },

    async list(query) {
      const keys = (await ledger.keys(place)).map(({ key }) => current(key));
      return { keys: keys.filter((key) => passesFilters(key, query)), next_cursor: null };
    },

    get: async (id) => current((await entry(id)).key),

    async update(id, changes) {
      const before = await entry(id);
      if (changes.scopes !== undefined || changes.restrictions !== undefined) {
        throw new KeysError(
          'unsupported',
          `${provider.title} keys have no scopes or restrictions to change`,
          {
            hint: 'name, service, expiry and metadata are kept in the ledger and can be changed',
          },
        );
      }
      const key = { ...before.key, ...changes } as Key;
      await ledger.put({ ...before, key }, clock.now());
      return current(key);
    },

    async roll(id, { grace_seconds }) {
      const before = await entry(id);
      const old = current(before.key);
      const way = dashboard.roll;
      if (way === undefined) {
        throw new KeysError('unsupported', `${provider.title} has no roll`, {
          hint: 'create a key, update the integration, then revoke the old one',
          next: 'roll_key',
        });
      }
      const seconds = way.grace.kind === 'fixed' ? way.grace.seconds : 0;
      if (grace_seconds !== undefined && grace_seconds !== seconds) {
        throw new KeysError(
          'unsupported',
          way.grace.kind === 'fixed'
            ? `after a roll ${provider.title} lets the old key work for ${seconds / 3600} hours, no more and no less`
            : `${provider.title} has no grace: the old key may end at once`,
          {
            hint: `leave out --grace${way.grace.kind === 'fixed' ? '; or revoke the old key afterwards' : ''}`,
          },
        );
      }
      if (old.status !== 'active') {
        throw new KeysError('conflict', `this key is ${old.status}: ${id}`, { hint: 'create a new one' });
      }
      await secrets.reserve();
      if (way.warning !== undefined) {
        conversation.warn(`${way.warning}: ${old.name} (${old.id})`);
        await conversation.confirm('Go on?');
      }
      const facts = requestOf(old);
      guide(`A successor of ${old.name} at ${provider.title}`, way.steps, facts);
      await conversation.open(dashboard.url);
      const issued = await takeIn(facts, { rolled_from: old.id });
      const end = Math.min(
        clock.now() + seconds * 1000,
        old.expires_at ? Date.parse(old.expires_at) : Number.POSITIVE_INFINITY,
      );
      const previous: Key = { ...old, rolled_to: issued.key.id, expires_at: isoTime(end) };
      await ledger.put({ ...before, key: previous, roll_by: null }, clock.now());
      return { ...issued, previous: current(previous) };
    },

    async revoke(id) {
      const before = await entry(id);
      if (current(before.key).status === 'revoked') return;
      guide(`The end of ${before.key.name} at ${provider.title}`, dashboard.revoke, requestOf(before.key));
      await conversation.open(dashboard.url);
      await conversation.confirm('Done?');
      await ledger.put(
        { ...before, key: { ...before.key, status: 'revoked' }, secret_item: null, roll_by: null },
        clock.now(),
      );
      if (before.secret_item !== null) await secrets.remove(before.secret_item);
    },

    async verify({ key: secret }) {
      const [digest = ''] = credentialDigests({ secret });
      const known = await ledger.byDigest(digest);
      const key = known && current(known.key);
      if (key?.status === 'revoked' || key?.status === 'expired') {
        return { valid: false, reason: key.status, key };
      }
      throw new KeysError('unsupported', `${provider.title} has no endpoint that judges keys`, {
        next: 'verify_key',
      });
    },

    async events() {
      throw new KeysError('unsupported', `${provider.title} tells nobody who did what to its keys`, {
        hint: "is there an audit trail in the vendor's dashboard? the ledger keeps none",
      });
    },

    whoami: async () => null,
    acknowledge: async () => undefined,
  };
}

function requestOf(key: Key): CreateKey {
  return {
    name: key.name,
    ...compact({ type: key.type }),
    ...(key.environment ? { environment: key.environment } : {}),
    service: key.service ?? null,
    metadata: key.metadata ?? {},
  };
}

/** Throws `invalid_request` or `unsupported` for what this vendor's keys do not have. */
function refuseWhatCannotBeSaid(provider: Provider, request: CreateKey): void {
  const { environment, type, scopes, restrictions } = request;
  if (environment !== undefined && !provider.environments.includes(environment)) {
    throw new KeysError('invalid_request', `${provider.title} has no environment ${environment}`, {
      hint: `one of ${provider.environments.join(', ')}`,
    });
  }
  if (type !== undefined && !provider.types.includes(type)) {
    throw new KeysError('invalid_request', `${provider.title} has no ${type} keys`, {
      hint: `one of ${provider.types.join(', ')}`,
    });
  }
  if (scopes?.length || restrictions) {
    throw new KeysError('unsupported', `keys of ${provider.title} take no scopes or restrictions`, {
      hint: 'leave them out',
    });
  }
}
