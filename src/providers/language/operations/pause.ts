import { operation } from '../../define-provider.js';
import type { KeyResource, MethodAndPath } from '../key-resource.js';
import { merged } from '../paths.js';
import { callOf, returned } from '../requests.js';
import { ANY, type Described } from './described.js';
import { getCall } from './get.js';
import { recordIn } from './response-records.js';
import { withoutNull } from './update.js';

/** Pauses a key, or lets it work again. A vendor whose update replaces the record gets all of it. */
export function pauseOf(
  { resource }: Described,
  way: NonNullable<KeyResource['pause']>,
  state: 'paused' | 'active',
) {
  const { update = {} } = resource;
  const replaces = way.at === undefined && update.replaces === true;
  const usual: MethodAndPath = replaces ? 'PUT {keys}/{id}' : 'PATCH {keys}/{id}';
  const at = way.at ?? (typeof update.at === 'string' ? update.at : usual);
  const said = way[state];
  const given = [
    ...(way.at === undefined ? [] : ['keys.pause.at']),
    ...(update.at === undefined ? [] : ['keys.update.at']),
  ];
  const from = { at: given[0] ?? 'keys.path; keys.pause.at is left out', body: `keys.pause.${state}` };
  return operation<string, undefined, unknown, unknown>({
    member: 'keys.pause',
    ...(replaces
      ? {
          first: operation<string, unknown, unknown, undefined>({
            member: 'keys.get',
            call: (id, context) => getCall({ resource }, id, context),
            response: ANY,
            read: (response) => recordIn(response, resource.one),
          }),
        }
      : {}),
    call(id, context, before) {
      const body = typeof said === 'function' ? returned(said(context.set), `keys.pause.${state}`) : said;
      const sent = replaces ? withoutNull(merged(before, body)) : body;
      return { ...callOf(resource, at, context, id, sent), from };
    },
    read: () => undefined,
  });
}
