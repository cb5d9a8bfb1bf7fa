import { statusAt } from '../../domain/filter-keys.js';
import type { Credential, Key } from '../../domain/key.js';
import type { Restrictions } from '../../domain/restrictions.js';
import type { CallContext } from '../define-provider.js';
import { DefinitionMistake } from '../definition-mistake.js';
import { type Field, type Moment, text } from './fields.js';
import type { KeyResource, NewKey, SecretPlace } from './key-resource.js';
import { valueAt } from './paths.js';
import { declaredFields, fieldOf, type Options } from './requests.js';

const RESTRICTIONS = ['ips', 'referrers', 'endpoints'] as const;

/** Of a context: what reading a record needs. */
type Reading = Pick<CallContext, 'set' | 'clock' | 'note'>;

/**
 * A key of a vendor's record. A field that cannot be read is left out and noted; without an id `DefinitionMistake` is thrown. A
 * key without a name has its id as name.
 */
export function keyOf(
  { fields }: Pick<KeyResource, 'fields'>,
  options: Options,
  record: unknown,
  { set, clock, note }: Reading,
): Key {
  const moment: Moment = { set, now: clock.now() };
  const unreadable = new Set<string>();
  const read = (name: string, field: Field): unknown => {
    try {
      const value = field.read(record, moment);
      return value === undefined ? field.absent : value;
    } catch (error) {
      if (!(error instanceof DefinitionMistake)) throw error;
      note(`${name} (${error.field})`, error.problem);
      unreadable.add(name);
      return undefined;
    }
  };
  const id = idOf(fields.id, record, moment);
  const key: Record<string, unknown> = { id, name: id };
  for (const [name, field] of declaredFields(fields)) {
    const value = read(name, field);
    if (value !== undefined && !(name === 'name' && value === '')) key[name] = value;
  }
  const told: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(options)) {
    const value = read(name, field);
    if (value !== undefined) told[name] = value;
  }
  if (Object.keys(told).length > 0) key['options'] = told;
  return withStatus(withRestrictions(key) as unknown as Key, unreadable.has('status'), moment.now);
}

function idOf(declared: KeyResource['fields']['id'], record: unknown, moment: Moment): string {
  const field = fieldOf((declared ?? text('id')) as string | Field);
  const id = field.read(record, moment);
  if (typeof id === 'string' && id !== '') return id;
  throw new DefinitionMistake(field.path ?? 'id', 'is missing: it is the id of a key');
}

function withRestrictions({
  ips,
  referrers,
  endpoints,
  ...key
}: Record<string, unknown>): Record<string, unknown> {
  const lists = { ips, referrers, endpoints };
  const restrictions: Record<string, unknown> = {};
  for (const name of RESTRICTIONS) if (lists[name] !== undefined) restrictions[name] = lists[name];
  return Object.keys(restrictions).length === 0
    ? key
    : { ...key, restrictions: restrictions as Restrictions };
}

/** A status that could not be read stays unknown; a record without one is of a key that works until it expires. */
function withStatus(key: Key, unreadable: boolean, nowMs: number): Key {
  if (key.status !== undefined && key.status !== 'active') return key;
  const status = statusAt(key, nowMs);
  return unreadable && status === 'active' ? key : { ...key, status };
}

/** A key as it was asked for, where the response tells its id alone. */
export function asAsked(
  resource: Pick<KeyResource, 'fields'>,
  options: Options,
  id: string,
  asked: NewKey,
): Key {
  const key: Record<string, unknown> = { id, status: 'active' };
  for (const [name, field] of declaredFields(resource.fields)) {
    if (name !== 'name' && field.accepts === undefined && field.default === undefined) continue;
    const value = (asked as unknown as Record<string, unknown>)[name] ?? field.default ?? emptyOf(name);
    if (value !== undefined) key[name] = value;
  }
  const told = Object.entries(options).flatMap(([name, field]) => {
    const value = asked.options[name] ?? field.default;
    return value === undefined || value === null ? [] : [[name, value] as const];
  });
  if (told.length > 0) key['options'] = Object.fromEntries(told);
  return withRestrictions({ ...key, name: asked.name }) as unknown as Key;
}

/** What a key has of a field that nobody asked for: no end, no scopes. */
function emptyOf(name: string): unknown {
  if (name === 'expires_at') return null;
  if (name === 'scopes') return [];
  return name === 'metadata' ? {} : undefined;
}

/** The id in a response that tells no more of a key; empty where it does not even tell that. */
export function idIn({ fields }: Pick<KeyResource, 'fields'>, record: unknown, context: Reading): string {
  const field = fieldOf((fields.id ?? text('id')) as string | Field);
  const id = field.read(record, { set: context.set, now: context.clock.now() });
  return typeof id === 'string' ? id : '';
}

/** The secret in a response. Throws `DefinitionMistake`, without any of the response. */
export function secretAt(response: unknown, place: SecretPlace): Credential {
  const part = (path: string) => {
    const found = valueAt(response, path);
    if (typeof found === 'string' && found !== '') return found;
    throw new DefinitionMistake(path, 'is missing: it is the secret of a new key');
  };
  if (!(typeof place === 'object' && 'api_key' in place)) {
    const places = [place].flat();
    return { secret: part(places.find((each) => valueAt(response, each) !== undefined) ?? places[0] ?? '') };
  }
  return { api_key: part(place.api_key), secret_key: part(place.secret_key) };
}
