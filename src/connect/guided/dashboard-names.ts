import { isoTime } from '../../domain/clock.js';
import { compact } from '../../domain/compact.js';
import type { Key } from '../../domain/key.js';
import type { CreateKey } from '../../domain/key-service.js';
import { current, type Guide } from './guide.js';
import { DASHBOARD_NAME, dashboardOf, IMPORTED_AT } from './take-in-key.js';

/** The name that the dashboard shows for a key. */
export function nameInDashboard({ name, metadata }: Pick<Key, 'name' | 'metadata'>): string {
  return metadata?.[DASHBOARD_NAME] ?? name;
}

/** Whether the keys have names in the dashboard: its steps have them. */
export function hasNames({ dashboard: { create, revoke, roll } }: Guide): boolean {
  return [...create, ...revoke, ...(roll?.steps ?? [])].some((line) => line.includes('{name}'));
}

/** The keys that the dashboard shows: those that this machine knows and that are not revoked. */
export async function shownKeys(guide: Guide): Promise<Key[]> {
  const known = await guide.ledger.keys(dashboardOf(guide.provider));
  return known.map(({ key }) => current(guide, key)).filter(({ status }) => status !== 'revoked');
}

/** The end of a name that `ownName` has proposed: a day, and a number after the first of that day. */
const DATED = / \d{4}-\d\d-\d\d(?: \d+)?$/;

/**
 * A name that no other key in the dashboard has, so that a person can tell a successor from the key that it
 * replaces.
 */
export async function ownName(guide: Guide, name: string): Promise<string> {
  const taken = new Set((await shownKeys(guide)).map(nameInDashboard));
  const day = isoTime(guide.clock.now()).slice(0, 10);
  const undated = name.replace(DATED, '');
  let proposed = name;
  for (let turn = 1; taken.has(proposed); turn++) {
    proposed = `${undated} ${day}${turn === 1 ? '' : ` ${turn}`}`;
  }
  return proposed;
}

/** The request of a key, with its name in the dashboard if that differs. */
export function labelled(request: CreateKey, label: string): CreateKey {
  const metadata = withoutLabel(request.metadata ?? {});
  return {
    ...request,
    metadata: label === request.name ? metadata : { ...metadata, [DASHBOARD_NAME]: label },
  };
}

/** The request for a key like this one. */
export function requestOf(key: Key): CreateKey {
  return {
    name: key.name,
    ...compact({ type: key.type }),
    ...(key.environment ? { environment: key.environment } : {}),
    service: key.service ?? null,
    metadata: withoutLabel(key.metadata ?? {}),
  };
}

/** The successor has a name of its own in the dashboard, and was not imported. */
function withoutLabel({
  [DASHBOARD_NAME]: _,
  [IMPORTED_AT]: __,
  ...metadata
}: Readonly<Record<string, string>>) {
  return metadata;
}
