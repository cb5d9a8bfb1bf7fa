import type { Key } from '../../../domain/key.js';
import type { CallContext } from '../../define-provider.js';
import { DefinitionMistake } from '../../definition-mistake.js';
import { valueAt } from '../paths.js';
import { keyFromRecord } from '../records.js';
import { noteUnread } from '../unread-members.js';
import type { Described } from './described.js';

/** Where a record is said to be in a list, its first member; where nothing is there, the response itself. */
export function recordIn(response: unknown, place = ''): unknown {
  const found = valueAt(response, place) ?? response;
  return Array.isArray(found) ? found[0] : found;
}

/** The key of a response that has one record. Notes the fields that it does not have. */
export function keyIn(
  { resource, options }: Described,
  response: unknown,
  context: CallContext,
  one = resource.one,
): Key {
  const found = recordIn(response, one);
  noteUnread({ resource, options }, [found], context);
  return keyFromRecord(resource, options, found, context);
}

/** The records of a list. Throws `DefinitionMistake` where there is no list. */
export function recordsIn({ resource: { list }, xml }: Described, response: unknown): readonly unknown[] {
  const { in: place = '' } = list ?? {};
  // An empty element of XML has no items that a path could name.
  const records: unknown = valueAt(response, place) ?? (xml ? [] : undefined);
  if (Array.isArray(records)) return records;
  throw new DefinitionMistake(place ? `keys.list.in (${place})` : 'the response', 'is not a list of keys');
}
