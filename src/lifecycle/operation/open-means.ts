import type { Connection } from '../../connect/connection.js';
import { newIdempotencyKey } from '../../domain/idempotency.js';
import { readLedgerKey } from '../../storage/ledger/escrow.js';
import { openSavedSecrets } from '../../storage/ledger/saved-secrets.js';
import { refuseOtherAddress } from '../find/one-address.js';
import { refuseForeignLedger } from '../ledger/refuse-foreign-ledger.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import { machineOf } from '../places/elsewhere.js';
import { probePlace } from '../places/key-places.js';
import { openKeyPlace } from '../places/open-key-place.js';
import { isStdout } from '../places/read-plan.js';
import { successorRules } from '../roll/successor-rules.js';
import { createCensus } from './census.js';
import { createEscrow } from './escrow.js';
import { goneHere, holderHere } from './lease.js';
import type { Means } from './means.js';

interface MeansOptions {
  /** False: nobody reads stdout, so that a secret that is printed there stays pending. */
  readonly showSecrets?: boolean;
  readonly insecureStorage?: boolean | undefined;
}

/**
 * What operations need, over this connection. Throws what `refuseOtherAddress` throws; opening a place throws
 * what `refuseForeignLedger` throws.
 */
export async function openMeans(
  connection: Connection,
  context: LifecycleContext,
  { showSecrets = true, insecureStorage }: MeansOptions = {},
): Promise<Means> {
  const { clock, env, sleep, every, minutesAhead, output } = context;
  const ledger = await context.ledger();
  const key = readLedgerKey(env);
  await refuseOtherAddress(connection, ledger);
  return {
    ledger,
    leases: ledger.leases(clock),
    holder: holderHere(context.process),
    isGone: goneHere(context.process),
    service: connection.service,
    provider: connection.provider,
    successorRules: successorRules(connection),
    embedded: connection.kind === 'embedded',
    fingerprint: await connection.fingerprint(),
    escrow: createEscrow(
      key === null ? null : ledger.escrow(key, clock),
      openSavedSecrets(context, { insecureStorage }),
    ),
    census: createCensus({ service: connection.service, clock }),
    clock,
    sleep,
    every,
    minutesAhead,
    newIdempotencyKey,
    async open(place, shown) {
      if (isStdout(place) && !showSecrets) return null;
      if (place.spec['kind'] === 'exec') refuseForeignLedger(ledger, context.process.platform);
      return await openKeyPlace(place, shown, connection, context);
    },
    async probe(place) {
      if ((isStdout(place) && !showSecrets) || machineOf(place) !== null) return false;
      await probePlace(place, context);
      return true;
    },
    check: connection.tryOut,
    warn: (message) => output.warn(message),
  };
}
