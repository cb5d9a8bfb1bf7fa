import type { Connection } from '../connect/connection.js';
import { KeysError } from '../domain/errors.js';
import type { CreateKey } from '../domain/key-service.js';
import type { PlaceFlags } from '../lifecycle/plan-places.js';
import type { Context } from './context.js';

/**
 * Throws for what no answer to a question can change: an option that keys of this provider cannot have, a place that cannot be
 * written, a secret that cannot be saved. `said` is the request as far as the flags say it.
 */
export async function refuseBeforeQuestions(
  said: CreateKey,
  flags: PlaceFlags,
  connection: Connection,
  context: Context,
): Promise<void> {
  refuseInexpressible(said, connection);
  const [{ checkPlaces, placesOf }, { openMeans }, { reserveEscrow }, { openSavedSecrets }] =
    await Promise.all([
      import('../lifecycle/key-places.js'),
      import('../lifecycle/open-means.js'),
      import('../lifecycle/start-operation.js'),
      import('../storage/ledger/saved-secrets.js'),
    ]);
  const { insecureStorage, escrow = true } = flags;
  const owner = { managed: { id: 'later', places: [], variable: null }, name: said.name };
  const means = await openMeans(connection, context, { insecureStorage });
  // Their warnings come with the create.
  await checkPlaces(await placesOf(flags, owner, connection, context), context);
  if (connection.kind === 'guided' && escrow) await openSavedSecrets(context, { insecureStorage }).reserve();
  await reserveEscrow(escrow, { request: { create: said } }, connection, means);
}

/** What is missing is asked for. */
function refuseInexpressible(said: CreateKey, connection: Connection): void {
  try {
    connection.refuseInexpressible(said);
  } catch (error) {
    if (!(error instanceof KeysError) || error.code !== 'missing_answer') throw error;
  }
}
