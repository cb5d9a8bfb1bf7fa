import type { Edit } from './steps.js';

/** One key of the file of a walk. */
export interface Entry {
  readonly account: string;
  readonly name: string;
  readonly renamedFrom: string | null;
  readonly scopes: readonly string[];
  readonly to: readonly string[];
  readonly rotate: string;
  readonly revoked: boolean;
}

/** The file of a walk: an entry for each number that has one. */
export type Entries = ReadonlyMap<number, Entry>;

/**
 * The file after an edit. `places`: those that the entry may have. Returns the same file where the edit says
 * nothing.
 */
export function edited(
  entries: Entries,
  number: number,
  change: Edit,
  { accounts, places }: { readonly accounts: readonly string[]; readonly places: readonly string[] },
): Entries {
  const next = new Map(entries);
  const entry = entries.get(number);
  const put = (changes: Partial<Entry>) => {
    if (entry !== undefined) next.set(number, { ...entry, ...changes });
    return next;
  };
  if (change === 'add') {
    if (entry !== undefined) return entries;
    return next.set(number, {
      account: accounts[number % accounts.length] ?? '',
      name: `app ${number}`,
      renamedFrom: null,
      scopes: ['a:read'],
      to: places.slice(0, 2),
      rotate: '30d',
      revoked: false,
    });
  }
  if (entry === undefined) return entries;
  switch (change) {
    case 'remove':
      next.delete(number);
      return next;
    case 'scopes':
      return put({ scopes: entry.scopes.length > 1 ? ['a:read'] : ['a:read', 'b:read'] });
    case 'rename':
      return put({
        name: entry.name === `app ${number}` ? `app ${number} new` : `app ${number}`,
        renamedFrom: entry.name,
      });
    case 'revoked':
      return put({ revoked: !entry.revoked });
    case 'other places':
      return put({ to: entry.to.includes(places[2] ?? '') ? places.slice(0, 2) : places.slice(1) });
    case 'more places':
      return put({ to: places });
    case 'rotate':
      return put({ rotate: entry.rotate === '30d' ? '60d' : '30d' });
  }
}

export function fileText(entries: Entries, accounts: readonly [id: string, provider: string][]): string {
  const lines = [...entries].map(([, { account, name, renamedFrom, scopes, to, rotate, revoked }]) =>
    JSON.stringify({
      name,
      account,
      ...(renamedFrom === null ? {} : { renamed_from: renamedFrom }),
      scopes,
      to,
      rotate,
      ...(revoked ? { revoked } : {}),
    }),
  );
  return [
    'version: 1',
    'defaults: { rotate: 30d, grace: 12h, every: 1d }',
    'accounts:',
    ...accounts.map(([id, provider]) => `  ${id}: { provider: ${provider} }`),
    lines.length === 0 ? 'keys: []' : 'keys:',
    ...lines.map((line) => `  - ${line}`),
    '',
  ].join('\n');
}
