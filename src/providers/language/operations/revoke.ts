import { operation } from '../../define-provider.js';
import { callOf, returned, saidIn } from '../requests.js';
import type { Described } from './described.js';
import { requestsOfStep } from './further-requests.js';

export function revokeOf({ resource }: Described) {
  const { at = 'DELETE {keys}/{id}', body, steps = [] } = resource.revoke ?? {};
  return operation<string, undefined, unknown, undefined>({
    member: 'keys.revoke',
    call(id, context) {
      const sent = typeof body === 'function' ? returned(body(context.set), 'keys.revoke.body') : body;
      return saidIn('keys.revoke', resource.revoke ?? {}, callOf(resource, at, context, id, sent));
    },
    read: () => undefined,
    steps: (_, id, context) =>
      steps.flatMap((step, i) => requestsOfStep(resource, `keys.revoke.steps[${i}]`, step, id, context, id)),
  });
}
