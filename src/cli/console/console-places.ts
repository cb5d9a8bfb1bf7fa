import type { Connection } from '../../connect/connection.js';
import { KeysError } from '../../domain/errors.js';
import type { ManagedKey } from '../../domain/managed-key.js';
import { accountOf } from '../../lifecycle/find/account-of.js';
import { readPlan } from '../../lifecycle/places/read-plan.js';
import type { ConsolePlaces, NewPlaces, PlaceOwner } from '../../service/console/console-ledger.js';
import type { Context } from '../context.js';
import { explain, explaining } from '../explain-errors.js';
import { forPage, pageMeans } from './page-context.js';

/** Kinds that exist only inside a job of GitHub Actions. */
const IN_JOBS: ReadonlySet<string> = new Set(['github-env', 'github-output']);

/**
 * Adds and removes places of managed keys as `keys deliver`, `keys places add` and `keys places remove` do.
 */
export function createConsolePlaces(connection: Connection, given: Context): ConsolePlaces {
  async function managedKey(id: string): Promise<ManagedKey> {
    const managed = await (await given.ledger()).managed.byVersion(accountOf(connection), id);
    if (managed !== null) return managed;
    throw new KeysError('not_found', 'the ledger does not know this key');
  }

  return explaining({
    choices: async () => await placeChoices(connection, given),

    async check({ id, name }: PlaceOwner, wanted: NewPlaces) {
      const known = id === null ? { id: '', name, places: [], variable: null } : await managedKey(id);
      return await refusalOf(wanted, known, name, connection, given);
    },

    async add(id: string, wanted: NewPlaces, now: boolean) {
      const { context, said } = forPage(given);
      const [{ placesFor }, { addPlaces, deliverKey }] = await Promise.all([
        import('../../lifecycle/find/find-managed.js'),
        import('../../lifecycle/places/deliver-key.js'),
      ]);
      await refuseNewReach(wanted.to, context);
      const managed = await managedKey(id);
      const means = await pageMeans(connection, context);
      const places = await placesFor(managed, placeFlags(wanted), { connection, means }, context);
      await (now ? deliverKey : addPlaces)(managed, places, means);
      return said;
    },

    async remove(id: string, place: string, erase: boolean) {
      const { context, said } = forPage(given);
      const [{ removePlace }, { leaseMeans }, { eraseSecret }] = await Promise.all([
        import('../../lifecycle/places/remove-place.js'),
        import('../../lifecycle/find/find-managed.js'),
        import('../../lifecycle/places/erase-place.js'),
      ]);
      const managed = await managedKey(id);
      const means = await leaseMeans(context);
      let left: readonly string[] = [];
      const eraseIt = async (found: ManagedKey['places'][number]) => {
        left = await eraseSecret(found, managed, means.ledger, context);
      };
      await removePlace(managed, place, means, erase ? eraseIt : undefined);
      return [...said, ...left];
    },
  } satisfies ConsolePlaces);
}

/** The places that a page suggests, and the kinds that it can deliver to. */
async function placeChoices(connection: Connection, context: Context) {
  const { placeKinds } = await import('../../places/registry.js');
  const kinds = (await placeKinds(context)).filter(({ id }) => !IN_JOBS.has(id));
  return {
    directory: context.process.directory,
    suggestions: await suggestedPlaces(connection, context),
    kinds: kinds.map(({ title, syntax, examples }) => ({ title, syntax, example: examples[0] ?? '' })),
  };
}

/** Why the key cannot have the places that a page names; null if it can. */
async function refusalOf(
  wanted: NewPlaces,
  known: Pick<ManagedKey, 'id' | 'name' | 'places' | 'variable'>,
  name: string,
  connection: Connection,
  given: Context,
): Promise<KeysError | null> {
  const { context } = forPage(given);
  const [{ checkPlaces, placesOf }, { refuseTaken }] = await Promise.all([
    import('../../lifecycle/places/key-places.js'),
    import('../../lifecycle/places/refuse-taken.js'),
  ]);
  try {
    await refuseNewReach(wanted.to, context);
    const managed = { ...known, places: [] };
    const places = await placesOf(placeFlags(wanted), { managed, name }, connection, context);
    const rules = { ledger: await given.ledger(), replace: wanted.replace };
    await refuseTaken(places, known, rules, connection, context);
    await checkPlaces(places, context);
    return null;
  } catch (error) {
    if (error instanceof KeysError) return explain(error);
    throw error;
  }
}

/** The flags of the command line that say the same. */
export function placeFlags({ to, replace }: NewPlaces): { readonly to?: string[]; readonly replace?: true } {
  return { ...(to.length === 0 ? {} : { to: [...to] }), ...(replace ? { replace } : {}) };
}

/**
 * Throws `refused` for a command, or a file that is no env file by its name, that no key of this machine has
 * as a place: a stolen session must not run a command or change a file of its thief's choice.
 */
export async function refuseNewReach(to: readonly string[], context: Context): Promise<void> {
  const { parsePlace } = await import('../../places/registry.js');
  const here = { env: context.env, directory: context.process.directory };
  for (const text of to) {
    const { kind, target } = await parsePlace(text, here, context);
    const reach = kind === 'exec' ? target['command'] : kind === 'file' ? target['path'] : undefined;
    if (reach === undefined || (kind === 'file' && isEnvFile(reach))) continue;
    if ((await knownReach(kind, context)).has(reach)) continue;
    const what = kind === 'exec' ? 'run a command' : 'write to a file that is not named like an env file';
    throw new KeysError('refused', `a page cannot ${what} that no key here has as a place`, {
      hint: 'use the command line once, with --to; then this page takes it, too',
    });
  }
}

/** Such as `.env`, `.env.local` and `shop.env`. */
function isEnvFile(path: string): boolean {
  return /(^|[\\/.])env(\.[\w-]+)*$/i.test(path);
}

/** Commands or files that some key of this machine has as a place. */
async function knownReach(kind: string, context: Context): Promise<ReadonlySet<string>> {
  const keys = await (await context.ledger()).managed.all();
  const plans = keys.flatMap(({ places }) => places.map(readPlan));
  const found = plans.flatMap((plan) => ('address' in plan && plan.kind === kind ? [plan.target] : []));
  return new Set(found.flatMap(({ command, path }) => command ?? path ?? []));
}

/**
 * Places that this machine knows: of a file of the account's keys its path, so that the key gets a variable
 * of its own; other places and commands as they are.
 */
async function suggestedPlaces(connection: Connection, context: Context): Promise<readonly string[]> {
  const { provider, address } = accountOf(connection);
  const keys = await (await context.ledger()).managed.all();
  const mine = keys.filter(({ account }) => account.provider === provider && account.address === address);
  const kept = mine.flatMap(({ places }) => places.map(readPlan));
  const known = kept.flatMap((plan) => {
    if (!('address' in plan)) return [];
    return [plan.kind === 'file' ? String(plan.target['path']) : plan.address];
  });
  return [...new Set(['.env', 'keychain', 'clipboard', ...known])];
}
