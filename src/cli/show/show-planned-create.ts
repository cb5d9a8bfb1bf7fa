import type { Connection } from '../../connect/connection.js';
import { compact } from '../../domain/compact.js';
import type { CreateKey } from '../../domain/key-service.js';
import { wholeSecond } from '../../domain/whole-seconds.js';
import { type CreateOrder, prepareCreate } from '../../lifecycle/create/create-key.js';
import type { Means } from '../../lifecycle/operation/means.js';
import type { Context } from '../context.js';
import { notAsked } from './not-asked.js';

/**
 * Checks a create as far as can be without one, and prints what it would do. Throws what the create would.
 */
export async function showPlannedCreate(
  order: CreateOrder,
  connection: Connection,
  means: Means,
  context: Context,
): Promise<void> {
  const { request } = order;
  if (connection.kind === 'embedded') {
    const { refuseWhatServiceWould } = await import('../../service/rules/refuse-what-service-would.js');
    refuseWhatServiceWould(request, connection.target.policy ?? connection.provider.id, context.clock.now());
  }
  const { pending } = await prepareCreate(order, connection, means, context);
  const would = pending === undefined ? 'would create' : 'would finish creating';
  const resumes = compact({ resumes: pending?.id });
  const unasked = notAsked(connection);
  await context.output.record({ dry_run: true, create: request, ...resumes, ...unasked.json }, [
    [would, described(request)],
    ...unasked.fields,
  ]);
}

function described({ name, type = 'secret', environment = 'live', expires_at }: CreateKey): string {
  return `${type} key ${name} for ${environment}, ${expires_at ? `until ${wholeSecond(expires_at)}` : 'without expiry'}`;
}
