import { compact } from '../../../domain/compact.js';
import { type Key, secretPartOf } from '../../../domain/key.js';
import type { KeyPage } from '../../../domain/key-service.js';
import { operation } from '../../define-provider.js';
import { isMaskOf } from '../../values.js';
import type { KeyResource } from '../key-resource.js';
import { valueAt } from '../paths.js';
import { keyFromRecord } from '../records.js';
import { callOf, firstSet, readOnly } from '../requests.js';
import { ANY, type Described } from './described.js';
import { listOf } from './list.js';
import { keyIn, recordsIn } from './response-records.js';

type OwnWay = NonNullable<KeyResource['own']>;

/** Reads the key that asks at an address of its own. */
export function ownByRequest(described: Described, { at, one }: Extract<OwnWay, { at: unknown }>) {
  return operation<undefined, Key | null, unknown, undefined>({
    member: 'keys.own',
    call: (_, context) => ({
      ...readOnly(callOf(described.resource, firstSet(at, context.set), context)),
      from: { at: 'keys.own.at' },
    }),
    response: ANY,
    read: (response, _, context) => keyIn(described, response, context, one),
  });
}

/** A secret in the records of the list, whole or masked. */
type ShownWay = Exclude<OwnWay, { at: unknown }>;

/** Whether a record shows this secret. */
function showsItself(each: unknown, secret: string, way: ShownWay): boolean {
  if ('whole' in way) return valueAt(each, way.whole) === secret;
  return isMaskOf(valueAt(each, way.masked), secret);
}

/** Finds the key that asks in the list; null where no record is its own, as that of a master key. */
export function ownInList(described: Described, way: ShownWay) {
  const { resource, options } = described;
  const list = listOf(described);
  return operation<undefined, Key | null, unknown, undefined>({
    member: 'keys.own',
    call: (_, context) => list.call({}, context, undefined as never),
    response: ANY,
    read(response, _, context) {
      const secret = secretPartOf(context.credential);
      const found = recordsIn(described, response).find((each) => showsItself(each, secret, way));
      return found === undefined ? null : keyFromRecord(resource, options, found, context);
    },
  });
}

/** Finds the key of a secret that another credential lists. */
export function holdersOf(described: Described, way: ShownWay) {
  const { resource, options } = described;
  const list = listOf(described);
  return operation<{ readonly secret: string; readonly cursor?: string }, KeyPage, unknown, undefined>({
    member: 'keys.own',
    call: ({ cursor }, context) => list.call(compact({ cursor }), context, undefined as never),
    response: ANY,
    read(response, { secret, cursor }, context) {
      // What the list itself notes of its records is noted where it is shown.
      const quiet = { ...context, note: () => undefined };
      const { next_cursor } = list.read(response as never, compact({ cursor }), quiet, undefined as never);
      const found = recordsIn(described, response).filter((each) => showsItself(each, secret, way));
      return { keys: found.map((each) => keyFromRecord(resource, options, each, context)), next_cursor };
    },
  });
}
