import { relative, sep } from 'node:path';
import type { Key } from '../../domain/key.js';
import { exactName, type KeptPlace, type ManagedKey } from '../../domain/managed-key.js';
import { refuseKnownElsewhere } from '../find/one-address.js';
import { refuseLeft } from '../ledger/left-keys.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import { readPlan } from '../places/read-plan.js';
import { keepTakenIn, takenIn } from '../take-in.js';
import { type OpenAccount, openAccount } from './account.js';
import type { NamedAccount } from './keys-file.js';
import { newestFirst } from './likely-first.js';
import { listedKeys } from './plan.js';

/** A key for a new file, and what the file cannot say. */
interface AdoptedKey {
  readonly entry: Readonly<Record<string, unknown>>;
  /** Null: nothing. */
  readonly comment: string | null;
}

/** An account of a new file, with its keys. */
export interface AdoptedAccount {
  readonly account: NamedAccount;
  readonly keys: readonly AdoptedKey[];
  /** How many keys the ledger did not know. */
  readonly taken: number;
}

/**
 * Reads an account for a new `keys.yaml`. Keys that the ledger does not know are taken in; nothing is sent
 * but requests that read. `folder`: the folder of the file. Throws what opening the account throws.
 */
export async function adoptAccount(
  account: NamedAccount,
  context: LifecycleContext,
  { folder }: { readonly folder: string },
): Promise<AdoptedAccount> {
  const opened = await openAccount(account, context, { directory: folder });
  const listed = (await listedKeys(opened)).filter(({ status }) => status !== 'retiring');
  const { ledger } = opened.means;
  for (const { id } of listed) await refuseKnownElsewhere(id, opened.connection, ledger);
  const found = await Promise.all(listed.map(({ id }) => ledger.managed.byVersion(opened.account, id)));
  const unknown = listed.map(({ id }) => id).filter((_, i) => found[i] === null);
  await refuseLeft(unknown, opened.account, ledger, context);
  const keys: AdoptedKey[] = [];
  const taken = new Set<string>();
  const fresh = new Map<string, ManagedKey>();
  // Of several keys of one name, the newest gets it: the others get their id behind it.
  for (const key of newestFirst(listed.filter(({ id }) => unknown.includes(id))))
    fresh.set(key.id, await takeIn(key, opened));
  for (const key of listed) {
    const known = fresh.get(key.id) ?? (await ledger.managed.byVersion(opened.account, key.id));
    const retiring = known?.versions.find(({ id }) => id === key.id)?.state === 'retiring';
    if (known === null || retiring || taken.has(known.id)) continue;
    taken.add(known.id);
    keys.push(adopted(key, known, fresh.has(key.id), account.name, folder));
  }
  return { account, keys, taken: keys.filter(({ entry }) => 'adopt' in entry).length };
}

async function takeIn(key: Key, { connection, means, account }: OpenAccount): Promise<ManagedKey> {
  const name = key.name.trim() === '' ? `key ${key.id}` : key.name;
  const taken = { ...takenIn(key, connection, means.clock.now()), name: exactName(name) };
  await keepTakenIn(taken, connection, means);
  return (await means.ledger.managed.byVersion(account, key.id)) ?? taken;
}

function adopted(
  { id, scopes, restrictions }: Key,
  { name, places, schedule }: ManagedKey,
  isNew: boolean,
  account: string,
  folder: string,
): AdoptedKey {
  const to = places.length === 0 ? null : placesText(places, folder);
  const entry = {
    ...{ name, account },
    ...(isNew ? { adopt: id } : {}),
    ...(scopes !== undefined && scopes.length > 0 ? { scopes: [...scopes] } : {}),
    ...(restrictions !== undefined && Object.keys(restrictions).length > 0 ? { restrictions } : {}),
    to: to ?? 'unknown',
  };
  const { rotate_ms } = schedule;
  const notes = [
    ...(rotate_ms === null
      ? []
      : [`the ledger rolls it after ${durationText(rotate_ms)}: rotate: ${durationText(rotate_ms)}`]),
    ...(places.length > 0 && to === null
      ? [`the ledger has places that a file cannot say: ${places.map(({ label }) => label).join(', ')}`]
      : []),
  ];
  return { entry, comment: notes.length === 0 ? null : notes.join('; ') };
}

/** The places as the file says them; null if one of them cannot be said from this folder. */
function placesText(places: readonly KeptPlace[], folder: string): unknown[] | null {
  const all = places.map((place) => {
    const plan = readPlan(place);
    if (!('address' in plan)) return null;
    const { directory, path } = plan.target;
    // A command runs in the folder of the file.
    if (directory !== undefined && directory !== folder) return null;
    const within = path === undefined ? '..' : relative(folder, path);
    const text =
      path === undefined || within.startsWith('..')
        ? plan.address
        : plan.address.replace(path, within.split(sep).join('/'));
    // biome-ignore lint/suspicious/noThenProperty: the word of the file; its value is text, so nothing takes it for a promise
    return plan.then === undefined ? text : { place: text, then: plan.then };
  });
  return all.includes(null) ? null : all;
}

/** Such as `90d` or `36h`. */
function durationText(ms: number): string {
  const units: ReadonlyArray<readonly [string, number]> = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
  ];
  const [unit, size] = units.find(([, length]) => ms % length === 0) ?? ['s', 1000];
  return `${Math.round(ms / size)}${unit}`;
}
