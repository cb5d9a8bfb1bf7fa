import { isEmbedded, type KeptPlace } from '../../domain/managed-key.js';
import type { SqlRow } from '../sql/sql-database.js';
import type { LedgerTable } from './rows.js';

/**
 * In a shared ledger, what exists on one machine only says on which: `user@machine`. Files, keychains,
 * commands and profiles are such places, and an embedded service is such an address. The program sees its own
 * without the machine, as in a ledger of its own, and those of others with it.
 */

/** Kinds of places that exist for one user of one machine and that a key remembers. */
export const LOCAL_KINDS: ReadonlySet<unknown> = new Set(['file', 'keychain', 'exec', 'profile']);

interface Bodies {
  readonly place: (place: StoredPlace) => StoredPlace;
  readonly address: (address: string) => string;
}

type StoredPlace = Omit<KeptPlace, 'delivered'>;

/** A row as the shared ledger stores it. `here`: this user and machine, such as `anna@laptop`. */
export function withMachine(table: LedgerTable, row: SqlRow, here: string): SqlRow {
  return changed(table, row, {
    address: (address) => addressOn(address, here),
    place: (place) => placeOn(place, here),
  });
}

/** A row of the shared ledger as this machine sees it. */
export function withoutMachine(table: LedgerTable, row: SqlRow, here: string): SqlRow {
  const suffix = ` on ${here}`;
  const plain = (text: string) => (text.endsWith(suffix) ? text.slice(0, -suffix.length) : text);
  return changed(table, row, {
    address: (address) => (isEmbedded(address) ? plain(address) : address),
    place(place) {
      if (place.spec['on'] !== here) return place;
      const { id, label, spec, ...rest } = place;
      const { on: _, ...own } = spec;
      return { ...rest, id: plain(id), label: plain(label), spec: own };
    },
  });
}

/** A place as the shared ledger stores it. */
export function placeOn<Place extends StoredPlace>(place: Place, here: string): Place {
  const { kind, on } = place.spec;
  if (on !== undefined || !LOCAL_KINDS.has(kind)) return place;
  const { id, label, spec } = place;
  return { ...place, id: `${id} on ${here}`, label: `${label} on ${here}`, spec: { ...spec, on: here } };
}

/** The address of an account as the shared ledger stores it. */
export function addressOn(address: string, here: string): string {
  return isEmbedded(address) && !address.includes(' on ') ? `${address} on ${here}` : address;
}

function changed(table: LedgerTable, row: SqlRow, change: Bodies): SqlRow {
  const next: Record<string, SqlRow[string]> = { ...row };
  for (const column of ['place', 'address']) {
    const value = row[column];
    if (typeof value === 'string') next[column] = change.address(value);
  }
  const { account, body } = row;
  if (typeof account === 'string') {
    const [provider, address, members] = JSON.parse(account) as [string, string, unknown];
    next['account'] = JSON.stringify([provider, change.address(address), members]);
  }
  if (typeof body === 'string') {
    const parsed = JSON.parse(body) as Record<string, unknown>;
    next['body'] = JSON.stringify(
      table === 'operations' ? operation(parsed, change) : withPlaces(parsed, change),
    );
  }
  return next;
}

function withPlaces(body: Record<string, unknown>, { place }: Bodies): Record<string, unknown> {
  const { places } = body as { places?: readonly StoredPlace[] };
  return places === undefined ? body : { ...body, places: places.map(place) };
}

function operation(body: Record<string, unknown>, change: Bodies): Record<string, unknown> {
  const { place, deliveries, draft } = body as {
    place: string;
    deliveries?: ReadonlyArray<{ readonly place?: StoredPlace }>;
    draft?: (Record<string, unknown> & { account: { address: string } }) | null;
  };
  return {
    ...body,
    place: change.address(place),
    ...(deliveries === undefined
      ? {}
      : {
          deliveries: deliveries.map((one) =>
            one.place === undefined ? one : { ...one, place: change.place(one.place) },
          ),
        }),
    ...(draft
      ? {
          draft: {
            ...withPlaces(draft, change),
            account: { ...draft.account, address: change.address(draft.account.address) },
          },
        }
      : {}),
  };
}
