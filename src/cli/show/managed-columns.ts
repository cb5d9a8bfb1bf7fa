import type { DescribedKey, NextEvent } from '../../lifecycle/describe-key.js';
import { localTime } from '../../terminal/absolute-time.js';
import type { Column } from '../../terminal/output.js';

/** What the ledger adds to a list of keys. Cells are empty for a key that the ledger does not know. */
export const MANAGED_COLUMNS: ReadonlyArray<Column<DescribedKey>> = [
  { ...column('delivered_to', 'delivered to', ({ delivered_to = [] }) => delivered_to.join(', ')), spare: 7 },
  { ...column('pending', 'pending for', ({ pending = [] }) => pending.join(', ')), spare: 6 },
];

/** The key, marked if this program is logged in with it. */
export function markOwn<Described extends DescribedKey>(
  key: Described,
  ownIds: readonly string[],
): Described {
  return ownIds.includes(key.id) ? { ...key, logged_in_with: true } : key;
}

/** What `show` adds: also what happens next. */
export function managedFields(key: DescribedKey): Array<readonly [string, string]> {
  const columns = key.next === undefined ? [] : [['next', nextText(key.next, key.status)] as const];
  const cells = MANAGED_COLUMNS.map((one) => [one.title, one.plain(key)] as const);
  const own = key.logged_in_with ? [['login', 'keys is logged in with this key'] as const] : [];
  const named = key.managed_name === undefined ? [] : [['commands call it', key.managed_name] as const];
  return [...named, ...cells.filter(([, value]) => value !== ''), ...columns, ...own];
}

function column(id: string, title: string, of: (key: DescribedKey) => string): Column<DescribedKey> {
  return { id, title, plain: of, human: (key) => of(key) || '-' };
}

function nextText({ event, at }: NextEvent, status: DescribedKey['status']): string {
  const time = at === null ? null : localTime(Date.parse(at));
  switch (event) {
    case 'deliver':
      return status === 'retiring' ? 'keys resume delivers its successor' : 'keys resume delivers it';
    case 'expire':
      return `expires at ${time}`;
    case 'revoke':
      return time === null ? 'revoke it once nothing uses it' : `keys resume revokes it after ${time}`;
    case 'roll':
      return `keys roll --due rolls it after ${time}`;
  }
}
