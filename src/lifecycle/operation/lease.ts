import { hostname } from 'node:os';
import { KeysError } from '../../domain/errors.js';
import { currentBoot } from '../../storage/current-boot.js';
import type { LeaseHolder } from '../../storage/ledger/leases.js';
import type { HeldLease } from '../../storage/ledger/managed-keys.js';
import type { Means } from './means.js';

/** What taking a lease needs; no service is connected for it. */
export type LeaseMeans = Pick<Means, 'leases' | 'holder' | 'isGone' | 'clock' | 'sleep' | 'every'>;

/**
 * Between two renewals of a lease while its program works, in milliseconds: well below the time that a lease
 * holds.
 */
const RENEW_MS = 60_000;
/**
 * How long to wait for another program that is working on the same key: mostly it finishes the work itself.
 */
export const OTHER_PROGRAM_MS = 20_000;
/** Between two attempts to take a lease. */
const LOOK_MS = 100;

/**
 * Does some work while no other program touches the same managed key. The lease is renewed for as long as the
 * work takes. Throws `conflict` if another program still holds it after `waitMs`; that lease ends some
 * minutes after its last renewal, whatever program has its process id by then.
 */
export async function withLease<Result>(
  managed: string,
  { leases, holder, isGone, sleep, every }: LeaseMeans,
  work: (lease: HeldLease) => Promise<Result>,
  { waitMs = 0 }: { readonly waitMs?: number } = {},
): Promise<Result> {
  let response = await leases.take(managed, holder, isGone);
  for (let waited = 0; !response.taken && waited < waitMs; waited += LOOK_MS) {
    await sleep(LOOK_MS);
    response = await leases.take(managed, holder, isGone);
  }
  if (!response.taken) throw heldBy(response.holder, Math.ceil(response.left_ms / 60_000));
  const { lease } = response;
  // A slow command, or a person in a dashboard, may take longer than a lease holds.
  const stopRenewing = every(RENEW_MS, () => leases.renew(lease));
  try {
    return await work(lease);
  } finally {
    stopRenewing();
    await leases.release(lease);
  }
}

/** This program as the holder of a lease. */
export function holderHere({ pid }: { readonly pid: number }): LeaseHolder {
  const boot = currentBoot();
  return { machine: hostname(), pid, ...(boot === null ? {} : { boot }) };
}

/** Tells of a holder on this machine whether its process has ended; of other machines nothing is known. */
export function goneHere({
  isAlive,
}: {
  readonly isAlive: (pid: number) => boolean;
}): (holder: LeaseHolder) => boolean {
  const here = hostname();
  const current = currentBoot();
  return ({ machine, pid, boot = current }) => machine === here && boot === current && !isAlive(pid);
}

function heldBy({ machine, pid }: LeaseHolder, minutes: number): KeysError {
  return new KeysError(
    'conflict',
    `another run of keys is working on this key (process ${pid} on ${machine})`,
    {
      hint: `wait until it is done; if it was stopped, try again in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}`,
      details: { pid, machine },
    },
  );
}
