import { compact } from '../../domain/compact.js';
import { credentialDigests } from '../../domain/credential-digests.js';
import { isEnded } from '../../domain/ended-key.js';
import { KeysError } from '../../domain/errors.js';
import { requireChangeable } from '../../domain/expressible.js';
import { passesFilters } from '../../domain/filter-keys.js';
import type { Key } from '../../domain/key.js';
import type { KeyService, UpdateKey, Verdict, VerifyKey } from '../../domain/key-service.js';
import { shownTime } from '../../domain/whole-seconds.js';
import type { LedgerKey } from '../../storage/ledger/ledger.js';
import { createInDashboard } from './create-in-dashboard.js';
import { hasNames, nameInDashboard } from './dashboard-names.js';
import { withLedger } from './expressible-by-hand.js';
import { current, entry, type Guide } from './guide.js';
import { revokeInDashboard } from './revoke-in-dashboard.js';
import { rollInDashboard } from './roll-in-dashboard.js';
import { DASHBOARD_NAME, dashboardOf, type GuidedOptions, IMPORTED_AT } from './take-in-key.js';

/**
 * The contract where a vendor has only a dashboard: a person does what the steps say, the secret goes into
 * the keychain and the record into the ledger. Everything else works on that record. Errors: `declined`,
 * `missing_answer`, `invalid_request` for a pasted key that cannot be one, `unsupported`.
 */
export function createGuidedService(options: GuidedOptions): KeyService {
  const { provider, ledger, clock } = options;
  const { dashboard } = provider;
  if (dashboard === null) throw new TypeError(`${provider.id} has no dashboard`);
  const guide = { ...options, dashboard };
  return {
    create: (request) => createInDashboard(guide, request),
    async list(query) {
      const keys = (await ledger.keys(dashboardOf(provider))).map((known) => shown(guide, known));
      // The ledger has what it learned last first; a list has the newest key first.
      keys.sort((one, other) => createdAt(other) - createdAt(one));
      return { keys: keys.filter((key) => passesFilters(key, query)), next_cursor: null };
    },
    get: async (id) => shown(guide, await entry(guide, id)),
    async update(id, changes: UpdateKey) {
      const before = await entry(guide, id);
      requireChangeable(withLedger(provider), changes);
      const key = changed(guide, before.key, changes);
      await ledger.put({ ...before, key }, clock.now());
      sayWhatStays(guide, key, changes);
      return shown(guide, { ...before, key });
    },
    roll: (id, request, creation) => rollInDashboard(guide, id, request, creation),
    revoke: (id) => revokeInDashboard(guide, id),
    verify: (request) => verifyKey(guide, request),
    async events() {
      throw new KeysError('unsupported', `${provider.title} has no API for who did what to its keys`, {
        hint: "is there an audit trail in the vendor's dashboard? the ledger keeps none",
      });
    },
    whoami: async () => null,
    acknowledge: async () => undefined,
  };
}

/** A key as others see it: with its last use by this program, which the ledger keeps beside the record. */
function shown(guide: Guide, { key, used_here }: LedgerKey): Key {
  return { ...current(guide, key), last_used_here: used_here ? shownTime(used_here) : null };
}

function createdAt({ created_at }: Key): number {
  return created_at ? Date.parse(created_at) : 0;
}

/**
 * The key after changes to its record. The dashboard calls it what it did, unless `changes` say otherwise.
 */
function changed(guide: Guide, before: Key, changes: UpdateKey): Key {
  const key = { ...before, ...changes } as Key;
  const { [DASHBOARD_NAME]: said, ...notes } = changes.metadata ?? {};
  const { [DASHBOARD_NAME]: _, [IMPORTED_AT]: imported_at, ...kept } = before.metadata ?? {};
  const label = said ?? nameInDashboard(before);
  const metadata = {
    ...(changes.metadata === undefined ? kept : notes),
    ...(label === key.name || !hasNames(guide) ? {} : { [DASHBOARD_NAME]: label }),
    ...compact({ [IMPORTED_AT]: imported_at }),
  };
  return { ...key, metadata };
}

/** The vendor learns nothing of a change to a record. */
function sayWhatStays({ conversation, provider }: Guide, key: Key, changes: UpdateKey): void {
  const label = nameInDashboard(key);
  if (changes.name !== undefined && label !== key.name)
    conversation.say(`the dashboard of ${provider.title} still names this key ${label}`);
  const others = [
    ...(changes.expires_at === undefined ? [] : ['expiry']),
    ...(changes.service === undefined ? [] : ['service']),
  ];
  if (others.length > 0) {
    conversation.say(
      `only the record here has the new ${others.join(' and ')}: ${provider.title} has what its dashboard says`,
    );
  }
}

/** The verdict on a key that the ledger knows as revoked or expired. Throws `unsupported` for any other. */
async function verifyKey(guide: Guide, { key: secret }: VerifyKey): Promise<Verdict> {
  const [digest = ''] = credentialDigests({ secret });
  const known = await guide.ledger.byDigest(digest);
  const key = known && current(guide, known.key);
  if (isEnded(key?.status)) {
    return { valid: false, reason: key.status, key };
  }
  throw new KeysError('unsupported', `${guide.provider.title} has no endpoint that judges keys`, {
    next: 'verify_key',
  });
}
