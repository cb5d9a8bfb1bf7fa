import type { Clock } from '../domain/clock.js';
import type { InvalidReason } from '../domain/key-service.js';
import { sha256 } from '../domain/sha256.js';
import { networkName, networkOf } from './failed-attempts.js';
import { type ActivityMetrics, Gathering } from './gathering.js';
import type { AuditRow } from './store/audit-trail.js';
import type { CheckedKey, DayCounts, KeyStore } from './store/key-store.js';

/** Most pairs of key and fact that are remembered. */
const MOST = 10_000;
/** Most events of new addresses of one key and day. More would fill the audit trail and tell nothing new. */
const MOST_ADDRESSES = 50;

const ONE_USE: DayCounts = { uses: 1, refusals: 0 };
const ONE_REFUSAL: DayCounts = { uses: 0, refusals: 1 };

/**
 * Counts uses and refusals by key and day, and notices what an operator wants to know of live keys, off the
 * path of requests.
 */
export interface KeyActivity {
  used(key: CheckedKey, address: string | undefined): void;
  refused(key: CheckedKey, reason: InvalidReason): void;
  /** Writes what was gathered. What cannot be written now is kept for the next time. */
  flush(): Promise<void>;
}

export function createKeyActivity(
  store: Pick<KeyStore, 'recordActivity'>,
  clock: Clock,
  metrics: ActivityMetrics,
): KeyActivity {
  const gathering = new Gathering(store, clock, metrics);
  const known = new Set<string>();
  const addressesOf = new Map<string, number>();
  /** The address of each key's last use: most uses come from where the one before came from. */
  const lastAddress = new Map<string, string>();

  function note(
    key: CheckedKey,
    action: AuditRow['action'],
    mark: string,
    details: AuditRow['details'],
  ): void {
    const fact = `${action} ${key.id} ${mark}`;
    if (known.has(fact)) return;
    if (known.size >= MOST) known.delete(known.values().next().value ?? '');
    known.add(fact);
    const id = `evt_${sha256(fact).slice(0, 32)}`;
    gathering.add({ id, at: clock.now(), actor: key.id, action, key_id: key.id, details }, key.environment);
  }

  function startDay(): void {
    addressesOf.clear();
    lastAddress.clear();
  }

  return {
    used(key, address) {
      if (gathering.turnDay()) startDay();
      gathering.count(key.id, ONE_USE);
      if (address === undefined || lastAddress.get(key.id) === address || !countsAddresses(key)) return;
      if (lastAddress.size >= MOST) lastAddress.clear();
      lastAddress.set(key.id, address);
      const network = networkOf(address);
      if (known.has(`new_address ${key.id} ${network}`)) return;
      const seen = addressesOf.get(key.id) ?? 0;
      if (seen >= MOST_ADDRESSES) return;
      addressesOf.set(key.id, seen + 1);
      note(key, 'new_address', network, { address: networkName(network) });
    },
    refused(key, reason) {
      if (gathering.turnDay()) startDay();
      gathering.count(key.id, ONE_REFUSAL);
      metrics.keyRefused(key.environment);
      // A test key where live ones are meant is what an operator wants to see.
      if (isWatched(key) || reason === 'wrong_environment')
        note(key, 'refused', `${gathering.day} ${reason}`, { reason });
    },
    flush: () => gathering.flush(),
  };
}

/**
 * Whether the addresses that use a key are counted. A public key is used by everybody: its addresses say
 * nothing.
 */
export function countsAddresses(key: Pick<CheckedKey, 'environment' | 'type'>): boolean {
  return isWatched(key) && key.type !== 'public';
}

/** Keys of the environment in which mistakes cost most, whatever the policy calls it. */
function isWatched({ environment }: Pick<CheckedKey, 'environment'>): boolean {
  return environment === 'live' || environment === 'production';
}
