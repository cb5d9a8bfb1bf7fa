import { isoTime } from '../../domain/clock.js';
import { compact } from '../../domain/compact.js';
import { ENVIRONMENTS } from '../../domain/key.js';
import type { KeyService } from '../../domain/key-service.js';
import { ROUTES } from '../../http/wire/routes.js';
import { countsAddresses } from '../activity.js';
import { keyRecord } from '../key-record.js';
import { LIMIT_REASONS } from '../limit-counter.js';
import { type Policy, refuseUnknownEnvironment } from '../policies/policy.js';
import { refuseOtherOwner, requireReach, requireScope } from '../principal.js';
import { readRequest } from '../read-request.js';
import { dayOf } from '../store/key-days.js';
import type { Caller } from './caller.js';

const DEFAULT_PAGE = 100;
const DEFAULT_DAYS = 30;

/** Management keys have their own environments under every policy. */
function listedEnvironments({ environments }: Pick<Policy, 'environments'>): Pick<Policy, 'environments'> {
  return { environments: [...new Set([...environments, ...ENVIRONMENTS])] };
}

/** Lists, shows and verifies keys, and says what happened to them. */
export function readKeys(
  caller: Caller,
): Required<Pick<KeyService, 'list' | 'get' | 'verify' | 'events' | 'usage' | 'whoami'>> {
  const { principal, store, clock, policy, check, find, limitCounter } = caller;
  return {
    async list(query) {
      const owner = requireReach(principal, ROUTES.list.scope);
      const { limit = DEFAULT_PAGE, ...filters } = await readRequest('listRequest', query);
      refuseOtherOwner(owner, filters.owner);
      refuseUnknownEnvironment(filters.environment, listedEnvironments(policy));
      const now = clock.now();
      const own = owner === null ? {} : { owner };
      const page = await store.page({ ...filters, ...own, limit }, now);
      return { keys: page.rows.map((row) => keyRecord(row, now)), next_cursor: page.next_cursor };
    },

    async get(id) {
      const owner = requireReach(principal, ROUTES.get.scope);
      return keyRecord(await find(id, owner), clock.now());
    },

    async verify(input) {
      requireScope(principal, ROUTES.verify.scope);
      const { key: secret, ...facts } = await readRequest('verifyRequest', input);
      refuseUnknownEnvironment(facts.environment, policy);
      const found = await check(secret, facts);
      const key = found.row && keyRecord(found.row, clock.now());
      if (found.valid) {
        const { refusedBy } = await limitCounter.take(found.row);
        if (refusedBy === undefined) return { valid: true, key: keyRecord(found.row, clock.now()) };
        return { valid: false, reason: LIMIT_REASONS[refusedBy.kind], ...compact({ key }) };
      }
      return { valid: false, reason: found.reason, ...(key ? { key } : {}) };
    },

    async events(query) {
      requireScope(principal, ROUTES.events.scope);
      const { limit = DEFAULT_PAGE, ...filters } = await readRequest('eventsRequest', query);
      const { rows, next_cursor } = await store.events({ ...filters, limit });
      return { events: rows.map((row) => ({ ...row, at: isoTime(row.at) })), next_cursor };
    },

    async usage(id, days = DEFAULT_DAYS) {
      const owner = requireReach(principal, ROUTES.usage.scope);
      const counted = countsAddresses(await find(id, owner));
      const rows = await store.usage(id, dayOf(clock.now()) - days + 1);
      return rows.map(({ day, new_addresses, ...counts }) => ({
        day: isoTime(day * 86_400_000).slice(0, 10),
        ...counts,
        ...(counted ? { new_addresses } : {}),
      }));
    },

    async whoami() {
      const row = await store.byId(principal.id);
      return row && keyRecord(row, clock.now());
    },
  };
}
