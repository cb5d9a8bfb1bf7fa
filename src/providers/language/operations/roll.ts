import { compact } from '../../../domain/compact.js';
import type { RolledKey } from '../../../domain/key.js';
import type { RollKey } from '../../../domain/key-service.js';
import { operation } from '../../define-provider.js';
import { graceEnd, retired } from '../../values.js';
import type { KeyResource, RollMoment } from '../key-resource.js';
import { valueAt } from '../paths.js';
import { idIn, secretAt } from '../records.js';
import { callOf, momentOf, returned, saidIn } from '../requests.js';
import { ANY, type Described } from './described.js';
import { requestsOfStep } from './further-requests.js';
import { getCall } from './get.js';
import { keyIn } from './response-records.js';
import { placeOfSecret, secretOf } from './secret-place.js';

type Rolled = { readonly id: string; readonly request: RollKey };

export function rollOf(described: Described, way: NonNullable<KeyResource['roll']>) {
  const { resource } = described;
  const { grace = 'any', returns = 'record', body, query, steps = [], one, inPlace = false } = way;
  const secret = way.secret ?? secretOf(resource);
  return operation<Rolled, RolledKey, unknown, RollMoment>({
    member: 'keys.roll',
    first: operation<Rolled, RollMoment, unknown, undefined>({
      member: 'keys.get',
      call: ({ id }, context) => getCall(described, id, context),
      response: ANY,
      read(response, { id, request }, context) {
        const old = keyIn(described, response, context);
        const moment = momentOf(context);
        const asked = typeof grace === 'number' ? { grace_seconds: grace } : request;
        const ends = grace === 'none' ? moment.now : graceEnd(asked, old, moment.now);
        return { ...moment, id, old, record: valueAt(response, resource.one ?? ''), ends };
      },
    }),
    call({ id }, context, plan) {
      const sent = body && returned(body(plan), 'keys.roll.body');
      return {
        ...saidIn('keys.roll', way, callOf(resource, way.at, context, id, sent)),
        ...compact({ query: query && returned(query(plan), 'keys.roll.query') }),
      };
    },
    response: ANY,
    read(response, _, context, { old, ends, now }) {
      const { created_at: _created, last_used: _used, ...like } = old;
      const key =
        returns === 'secret'
          ? old
          : returns === 'id'
            ? { ...like, id: idIn(resource, valueAt(response, one ?? resource.one ?? ''), context) }
            : keyIn(described, response, context, one);
      const stopped = inPlace && grace === 'none';
      return {
        key,
        credential: secretAt(response, secret, placeOfSecret(resource, 'roll')),
        previous: stopped ? { ...old, status: 'revoked' } : retired(old, ends, now),
      };
    },
    steps({ key, previous }, { id, request }, context) {
      const moment = momentOf(context);
      const ends = graceEnd(request, previous, moment.now);
      const plan: RollMoment = { ...moment, id, old: previous, record: undefined, ends };
      return steps.flatMap((step, i) =>
        requestsOfStep(resource, `keys.roll.steps[${i}]`, step, { id: key.id, plan }, context, id),
      );
    },
  });
}
