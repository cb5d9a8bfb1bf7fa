import type { Key } from '../../domain/key.js';
import type { CreateKey, UpdateKey } from '../../domain/key-service.js';
import type { Provider } from '../../domain/provider.js';
import { storedName } from '../find/stored-name.js';
import { isSameRight } from './same-rights.js';

/** How far from what was asked a key may end, in milliseconds: vendors round to whole days. */
export const ROUNDED_MS = 24 * 3_600_000;

/** What a record does not have: in words, and the member of a provider's file that says where it is sent. */
interface NotAsked {
  readonly said: string;
  readonly member: string;
}

/** What a vendor was asked for, the record that it has made of it, and how that is compared. */
interface Asked {
  readonly asked: CreateKey | UpdateKey;
  readonly key: Key;
  readonly provider: Pick<Provider, 'shows' | 'names'>;
  /**
   * Whether a list must be what was asked, and no more: after an update, what it had before may be there
   * still. A new key that has more is `warnOfWider`'s.
   */
  readonly exact: boolean;
}

/**
 * What was asked for, is shown by this provider, and is not so in the record: each in words, with what the
 * record has in its place.
 */
export function notAsAsked({ asked, key, provider, exact }: Asked): NotAsked[] {
  const shown = new Set<string>([...provider.shows.list, ...provider.shows.get]);
  const other = (
    name: string,
    wanted: unknown,
    has: unknown,
    isSame: boolean,
    member = `keys.fields.${name}`,
  ): NotAsked[] =>
    wanted === undefined || isSame ? [] : [{ said: `${name} ${textOf(wanted)}${hasOf(has)}`, member }];
  const listed = [
    ['scopes', asked.scopes, key.scopes] as const,
    ...(['ips', 'referrers', 'endpoints'] as const).map(
      (name) => [name, asked.restrictions?.[name], key.restrictions?.[name]] as const,
    ),
  ];
  const values = (['service', 'limits', 'owner', 'metadata'] as const).filter((name) => shown.has(name));
  const options = Object.entries(asked.options ?? {}).filter(([name]) => shown.has(`options.${name}`));
  return [
    ...(shown.has('name') && asked.name !== undefined
      ? other('name', asked.name, key.name, key.name === storedName(asked.name, provider))
      : []),
    ...listed.flatMap(([name, wanted, has = []]) =>
      shown.has(name === 'scopes' ? name : 'restrictions')
        ? other(name, wanted, has, isListAsAsked(wanted ?? [], has, exact))
        : [],
    ),
    ...(shown.has('expires_at')
      ? other(
          'the end',
          asked.expires_at,
          key.expires_at,
          isEndAsAsked(asked.expires_at, key.expires_at),
          'keys.fields.expires_at',
        )
      : []),
    ...values.flatMap((name) => other(name, asked[name], key[name], hasAll(asked[name], key[name]))),
    ...options.flatMap(([name, wanted]) =>
      other(name, wanted, key.options?.[name], isSameRight(wanted, key.options?.[name]), `options.${name}`),
    ),
  ];
}

function isListAsAsked(wanted: readonly string[], has: readonly string[], exact: boolean): boolean {
  if (exact) return isSameRight(wanted, has);
  return has.includes('*') || wanted.every((one) => has.includes(one));
}

function isEndAsAsked(wanted: string | null | undefined, has: string | null | undefined): boolean {
  if (!wanted) return !has;
  return Boolean(has) && Math.abs(Date.parse(has ?? '') - Date.parse(wanted)) <= ROUNDED_MS;
}

/** Whether a value has every member of the wanted one: a vendor may add members of its own. */
function hasAll(wanted: unknown, has: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return isSameRight(wanted, has);
  const members = new Map(Object.entries(has ?? {}));
  return Object.entries(wanted).every(([name, value]) => isSameRight(value, members.get(name)));
}

function textOf(value: unknown): string {
  if (value === null) return 'none';
  if (Array.isArray(value)) return value.length > 0 ? value.join(', ') : 'none';
  return typeof value === 'string' && value !== '' ? value : JSON.stringify(value);
}

/** What a record has in the place of what was asked; nothing where it shows nothing. */
function hasOf(value: unknown): string {
  const isEmpty = value === undefined || value === null || (Array.isArray(value) && value.length === 0);
  return isEmpty ? '' : ` (it has ${textOf(value)})`;
}
