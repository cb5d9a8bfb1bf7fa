import type { KeyPage, ListKeys } from '../../../domain/key-service.js';
import { type Call, operation } from '../../define-provider.js';
import { DefinitionMistake } from '../../definition-mistake.js';
import { noteEarlyEnd, noteNoPages, pages } from '../pages.js';
import { merged, objectWith } from '../paths.js';
import { keyFromRecord } from '../records.js';
import { callOf, firstSet, readOnly, returned, routeFrom, saidIn } from '../requests.js';
import { noteUnread } from '../unread-members.js';
import { ANY, type Described } from './described.js';
import { recordsIn } from './response-records.js';

export function listOf(described: Described) {
  const { resource, published } = described;
  const { at = 'GET {keys}', pages: way = pages.none, query, name: byName } = resource.list ?? {};
  return operation<ListKeys, KeyPage, unknown, undefined>({
    member: 'keys.list',
    call({ cursor, limit, name }, context) {
      const route =
        typeof at === 'function' ? routeFrom(at(context.set), 'keys.list.at') : firstSet(at, context.set);
      const asked = readOnly(callOf(resource, route, context));
      const call = saidIn('keys.list', { at: resource.list?.at, body: query }, asked);
      if (way.byPath && cursor !== undefined) return { ...call, path: cursor };
      const named =
        byName !== undefined && name !== undefined && !name.includes('*') ? { [byName]: name } : {};
      const always = query === undefined ? {} : returned(query(context.set), 'keys.list.query');
      const parameters = { ...always, ...named, ...way.query({ cursor, limit }) };
      return call.method === 'POST'
        ? { ...call, body: bodyWith(parameters), from: { at: 'keys.list.at', body: 'keys.list.query' } }
        : { ...call, query: parameters as NonNullable<Call['query']> };
    },
    response: ANY,
    read(response, { cursor, limit }, context) {
      const records = recordsIn(described, response);
      noteUnread(described, records, context);
      const keys = records.flatMap((each) => {
        try {
          return [keyFromRecord(resource, described.options, each, context)];
        } catch (error) {
          if (!(error instanceof DefinitionMistake) || records.length === 1) throw error;
          context.note(error.field, `${error.problem}; that key is left out of the list`);
          return [];
        }
      });
      if (records.length > 0 && keys.length === 0)
        throw new DefinitionMistake('keys.fields.id', 'is missing in every record');
      const { baseUrl, note, isOwnFile } = context;
      const origins = { baseUrl, published, note, isOwnFile };
      if (resource.list?.pages === undefined) noteNoPages(response, records.length, origins);
      const next = way.next(response, keys, { cursor, limit }, origins) ?? null;
      const isOnly = next === null && cursor === undefined;
      if (isOnly && resource.list?.pages !== undefined) noteEarlyEnd(response, records.length, origins);
      return { keys, next_cursor: next };
    },
  });
}

/** Parameters of a list by POST as its body: a dot in a name nests, as in every other place of a body. */
function bodyWith(parameters: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.entries(parameters).reduce<Record<string, unknown>>(
    (body, [name, value]) => (value === undefined ? body : merged(body, objectWith(name, value))),
    {},
  );
}
