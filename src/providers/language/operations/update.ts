import { compact } from '../../../domain/compact.js';
import { isRecord } from '../../../domain/is-record.js';
import type { Key } from '../../../domain/key.js';
import type { UpdateKey } from '../../../domain/key-service.js';
import { operation } from '../../define-provider.js';
import type { KeyChanges, KeyResource } from '../key-resource.js';
import { merged } from '../paths.js';
import { callOf, momentOf, returned, routeFrom, saidIn, updateBody } from '../requests.js';
import { ANY, type Described } from './described.js';
import { getCall } from './get.js';
import { keyIn, recordIn } from './response-records.js';

type Changed = { readonly id: string; readonly changes: UpdateKey };

export function updateOf(described: Described, way: NonNullable<KeyResource['update']>) {
  const { resource, options } = described;
  const { at = way.replaces ? 'PUT {keys}/{id}' : 'PATCH {keys}/{id}', returns = 'record', encoding } = way;
  return operation<Changed, Key | undefined, unknown, unknown>({
    member: 'keys.update',
    ...(way.replaces || way.reads
      ? {
          first: operation<Changed, unknown, unknown, undefined>({
            member: 'keys.get',
            call: ({ id }, context) => getCall(described, id, context),
            response: ANY,
            read: (response) => recordIn(response, resource.one),
          }),
        }
      : {}),
    call({ id, changes }, context, before) {
      const moment = momentOf(context);
      const asked = changesOf(changes);
      const fields = updateBody(resource, options, asked, moment);
      const body =
        way.body === undefined
          ? fields
          : returned(way.body(asked, { ...moment, record: before }), 'keys.update.body');
      const whole = way.replaces ? withoutNull(merged(before, body)) : body;
      const sent = encoding === 'json-patch' && isRecord(whole) ? patchOf(whole) : whole;
      const route = typeof at === 'string' ? at : routeFrom(at(asked), 'keys.update.at');
      const call = callOf(resource, route, context, id, sent);
      return { ...saidIn('keys.update', way, call), ...compact({ encoding }) };
    },
    ...(returns === 'record' ? { response: ANY } : {}),
    read: (response, _, context) => (returns === 'record' ? keyIn(described, response, context) : undefined),
  });
}

const changesOf = ({ restrictions, options = {}, ...changes }: UpdateKey): KeyChanges => ({
  ...changes,
  ...restrictions,
  options,
});

export function withoutNull(body: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
}

function patchOf(body: Record<string, unknown>): unknown[] {
  return Object.entries(body).map(([name, value]) => ({ op: 'replace', path: `/${name}`, value }));
}
