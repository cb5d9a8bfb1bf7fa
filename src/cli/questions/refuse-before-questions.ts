import type { Connection } from '../../connect/connection.js';
import { KeysError } from '../../domain/errors.js';
import type { CreateKey } from '../../domain/key-service.js';
import type { PlaceFlags } from '../../lifecycle/places/delivery-plan.js';
import type { Context } from '../context.js';

/**
 * Throws for what no answer to a question can change: an option that keys of this provider cannot have, a
 * place that cannot be written, a secret that cannot be saved. `known` is the request as far as the flags say
 * it.
 */
export async function refuseBeforeQuestions(
  known: Omit<CreateKey, 'name'>,
  flags: PlaceFlags,
  connection: Connection,
  context: Context,
): Promise<void> {
  // The name is asked for. No check here depends on it.
  const create = { name: 'asked for later', ...known };
  refuseInexpressible(create, connection);
  const [{ checkPlaces, placesOf }, { openMeans }, { reserveEscrow }, { openSavedSecrets }] =
    await Promise.all([
      import('../../lifecycle/places/key-places.js'),
      import('../../lifecycle/operation/open-means.js'),
      import('../../lifecycle/operation/start-operation.js'),
      import('../../storage/ledger/saved-secrets.js'),
    ]);
  const { insecureStorage, escrow = true } = flags;
  const owner = { managed: { id: 'later', places: [], variable: null }, name: create.name };
  const means = await openMeans(connection, context, { insecureStorage });
  // Their warnings come with the create.
  await checkPlaces(await placesOf(flags, owner, connection, context), context);
  if (connection.kind === 'guided' && escrow) await openSavedSecrets(context, { insecureStorage }).reserve();
  await reserveEscrow(escrow, { request: { create } }, connection, means);
}

/** Throws for an option that keys of this provider cannot have. What is missing is asked for later. */
function refuseInexpressible(create: CreateKey, connection: Connection): void {
  try {
    connection.refuseInexpressible(create);
  } catch (error) {
    if (!(error instanceof KeysError) || error.code !== 'missing_answer') throw error;
  }
}
