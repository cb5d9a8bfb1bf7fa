import type { Connection } from '../../connect/connection.js';
import { reconnect } from '../../connect/open-connection.js';
import { KeysError } from '../../domain/errors.js';
import type { ManagedKey } from '../../domain/managed-key.js';
import { option, words } from '../../domain/words.js';
import type { OperationTarget } from '../../storage/ledger/operation.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import { goneHere, holderHere, type LeaseMeans } from '../operation/lease.js';
import type { Means } from '../operation/means.js';
import { openMeans } from '../operation/open-means.js';
import type { PlaceFlags } from '../places/delivery-plan.js';
import { checkPlaces, type PlannedPlace, placesOf } from '../places/key-places.js';
import { refuseTaken } from '../places/refuse-taken.js';
import {
  type AccountContext,
  chooseAccount,
  hintOfNear,
  hintOfOthers,
  namedExactly,
} from './managed-here.js';

/**
 * Returns the managed key that a reference names: the id of a version, or an exact name in the account of
 * this call. Throws `not_found` and `ambiguous_key`.
 */
export async function findManaged(reference: string, context: AccountContext): Promise<ManagedKey> {
  const found = await namedExactly(reference, context);
  const [only, ...others] = found;
  if (only === undefined) {
    const elsewhere = await hintOfOthers(reference, context);
    const near = elsewhere === null ? await hintOfNear(reference, context) : null;
    const hint = elsewhere ?? near;
    throw new KeysError('not_found', `no managed key is named ${reference}`, {
      ...(hint === null ? {} : { hint }),
      ...(elsewhere === null ? { next: 'list_or_import_keys' } : {}),
      details: { reference },
    });
  }
  if (others.length === 0) return only;
  throw new KeysError('ambiguous_key', `${found.length} managed keys are named ${reference}`, {
    hint: chooseAccount(found),
  });
}

/** A managed key, further places for it that were checked, and what its operations need. */
export async function openForPlaces(
  reference: string,
  flags: PlaceFlags,
  context: AccountContext,
): Promise<{ managed: ManagedKey; places: readonly PlannedPlace[]; means: Means }> {
  const managed = await findManaged(reference, context);
  const connection = await reconnect(context, await targetOf(managed, context));
  const means = await openMeans(connection, context, { insecureStorage: flags.insecureStorage });
  return { managed, places: await placesFor(managed, flags, { connection, means }, context), means };
}

/**
 * Further places for a managed key, as the flags name them. Warns of each. Throws `refused` for one that is
 * taken, and what `checkPlaces` throws.
 */
export async function placesFor(
  managed: ManagedKey,
  flags: PlaceFlags,
  { connection, means }: { readonly connection: Connection; readonly means: Means },
  context: LifecycleContext,
): Promise<readonly PlannedPlace[]> {
  const bare = { ...managed, places: [] };
  const places = await placesOf(flags, { managed: bare, name: managed.name }, connection, context);
  const rules = { ledger: means.ledger, replace: flags.replace === true };
  await refuseTaken(places, managed, rules, connection, context);
  for (const warning of await checkPlaces(places, context)) context.output.warn(warning);
  return places;
}

/**
 * How the account of a managed key is reached: as flags, environment and profile say, else by a profile of
 * its address.
 */
async function targetOf({ account }: ManagedKey, context: LifecycleContext): Promise<OperationTarget> {
  const [{ resolveTarget, operationTarget }, { everyTarget }, { reaches }] = await Promise.all([
    import('../../connect/resolve-target.js'),
    import('../../connect/every-target.js'),
    import('./reaches-account.js'),
  ]);
  const here = operationTarget(resolveTarget(context));
  if (await reaches(here, account, context)) return here;
  for (const target of await everyTarget(context)) if (await reaches(target, account, context)) return target;
  throw new KeysError('not_logged_in', `no profile reaches ${account.provider} at ${account.address}`, {
    hint: words`name it with ${option('provider')} and ${option('base-url')}`,
    next: 'log_in',
    details: { provider: account.provider, base_url: urlOf(account) },
  });
}

/** The base URL of an account; null for one without: the embedded service, or a dashboard. */
function urlOf({ address }: ManagedKey['account']): string | null {
  return URL.canParse(address) ? address : null;
}

/** What a lease needs; nothing is connected. */
export async function leaseMeans(
  context: LifecycleContext,
): Promise<LeaseMeans & Pick<Means, 'ledger' | 'warn'>> {
  const ledger = await context.ledger();
  return {
    ledger,
    warn: context.output.warn,
    leases: ledger.leases(context.clock),
    holder: holderHere(context.process),
    isGone: goneHere(context.process),
    clock: context.clock,
    sleep: context.sleep,
    every: context.every,
  };
}
