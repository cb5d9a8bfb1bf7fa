import type { Connection } from '../../connect/connection.js';
import { openConnection } from '../../connect/open-connection.js';
import { isoTime } from '../../domain/clock.js';
import { compact } from '../../domain/compact.js';
import { changed, KeysError } from '../../domain/errors.js';
import { newIdempotencyKey } from '../../domain/idempotency.js';
import { shownTime, wholeSecond } from '../../domain/whole-seconds.js';
import { option, words } from '../../domain/words.js';
import { namedParts } from '../../places/place.js';
import { variablesFor } from '../../places/variable-name.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import { outcomeOf } from '../operation/certainty.js';

/** The service of a key that is only for one run, before the key is created. */
interface Ephemeral {
  readonly connection: Connection;
  /** The variables of its secret. */
  readonly names: readonly string[];
}

/**
 * Opens the service of the key for this run, and creates nothing yet. Throws `unsupported` for a dashboard.
 */
export async function openEphemeral(name: string | true, context: LifecycleContext): Promise<Ephemeral> {
  const connection = await openConnection(context);
  if (connection.kind === 'guided') {
    throw new KeysError('unsupported', `${connection.provider.title} creates its keys in a dashboard`, {
      hint: words`save one and name it with ${option('key')}`,
    });
  }
  const names = variablesFor(connection.provider, typeof name === 'string' ? name : undefined);
  return { connection, names };
}

interface EphemeralKey {
  readonly name: string;
  /** When it expires if it is not revoked before; epoch milliseconds. */
  readonly endsAt: number;
  readonly scopes: readonly string[] | undefined;
}

/**
 * Creates a key, does the work with its variables, and revokes the key when the work ends. If keys is killed,
 * the key expires. Warns if the key could not be revoked.
 */
export async function withEphemeralKey(
  { name, endsAt, scopes }: EphemeralKey,
  { connection, names }: Ephemeral,
  { output }: Pick<LifecycleContext, 'output'>,
  work: (own: Readonly<Record<string, string>>) => Promise<void>,
): Promise<void> {
  const { service } = connection;
  const request = compact({ name, expires_at: isoTime(endsAt), scopes });
  const created = await service.create(request, { idempotencyKey: newIdempotencyKey() }).catch((error) => {
    throw maybeCreated(error, request, connection);
  });
  try {
    await work(Object.fromEntries(namedParts(created.credential, names)));
  } finally {
    await service.revoke(created.key.id).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      output.warn(`${created.key.id} was not revoked (${reason}): it ends by itself at ${shownTime(endsAt)}`);
    });
  }
}

/**
 * The same failure, with the key to look for where it may have been created. A key for one run is in no
 * ledger, so `keys resume` does not know of it.
 */
function maybeCreated(
  error: unknown,
  { name, expires_at }: { readonly name: string; readonly expires_at: string },
  { kind, provider }: Pick<Connection, 'kind' | 'provider'>,
): unknown {
  if (!(error instanceof KeysError) || outcomeOf(error, kind === 'embedded') === 'not_done') return error;
  return changed(error, {
    message: words`${error.wording.message}; whether the key for this run was created is not known`,
    next: 'find_run_key',
    details: {
      ...error.details,
      ends_at: wholeSecond(expires_at),
      ...(provider.names.rule === 'none' ? {} : { name }),
    },
    cause: error,
  });
}
