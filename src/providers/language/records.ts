import { compact } from '../../domain/compact.js';
import { statusAt } from '../../domain/filter-keys.js';
import { isRecord } from '../../domain/is-record.js';
import type { Credential, Key } from '../../domain/key.js';
import { expectedOf } from '../check-output.js';
import type { CallContext } from '../define-provider.js';
import { DefinitionMistake } from '../definition-mistake.js';
import { withoutSecret } from '../hide-secret.js';
import { type AnyField, type Moment, text } from './fields.js';
import type { Fields, KeyResource, NewKey, SecretPlace } from './key-resource.js';
import { valueAt } from './paths.js';
import { declaredFields, fieldOf, type MemberValues, type Options } from './requests.js';
import { secretsInRecord } from './secret-places.js';

/** A key while its fields are read: restrictions are still fields of their own. */
type KeyDraft = { readonly id: string; name: unknown } & Partial<
  Record<Exclude<keyof Fields, 'id'> | 'options', unknown>
>;

/** Of a context: what reading a record needs. */
type Reading = Pick<CallContext, 'set' | 'clock' | 'note' | 'isOwnFile'>;

/**
 * A key of a vendor's record. A field that cannot be read is left out and noted; without an id
 * `DefinitionMistake` is thrown. A key without a name has its id as name.
 */
export function keyFromRecord(
  resource: KeyResource,
  options: Options,
  record: unknown,
  context: Reading,
): Key {
  const { fields } = resource;
  const { note } = context;
  const moment: Moment = { set: context.set, now: context.clock.now() };
  const unreadable = new Set<string>();
  const leaveOut = (name: string, field: string, problem: string) => {
    note(field, problem);
    unreadable.add(name);
    return undefined;
  };
  const read = (name: string, field: AnyField): unknown => {
    try {
      const found = field.read(record, moment);
      const isUntold = found === undefined || isUntoldEnd(name, field, found, record, context);
      const value = isUntold ? field.absent : found;
      const expected = value === undefined ? null : expectedOf(name, value);
      return expected === null ? value : leaveOut(name, restrictionOr(name), `is not ${expected}`);
    } catch (error) {
      if (!(error instanceof DefinitionMistake)) throw error;
      const isPlace = /^(keys|options)\./.test(error.field);
      const field = isPlace ? error.field : `${restrictionOr(name)} (${error.field})`;
      return leaveOut(name, field, error.problem);
    }
  };
  const id = idOf(fields.id, record, moment);
  const key: KeyDraft = { id, name: id };
  for (const [name, field] of declaredFields(fields)) {
    const value = read(name, field);
    if (value !== undefined && !(name === 'name' && value === '')) key[name] = value;
  }
  const settings = compact(
    Object.fromEntries(
      Object.entries(options).map(([name, field]) => [name, read(`options.${name}`, field)]),
    ),
  );
  if (Object.keys(settings).length > 0) key.options = settings;
  if (context.isOwnFile) noteUnits(fields, record, note);
  const found = withStatus(withRestrictions(key), unreadable.has('status'), moment.now);
  // The id alone may be a secret: then it has a handle outside the engine.
  return secretsInRecord(resource, record).reduce(
    (safe, secret) => withoutSecret(safe, secret, note, true),
    found,
  );
}

/** Numbers from here on are times in milliseconds: see `readTime`. */
const FIRST_MILLISECONDS = 1e11;

/**
 * Notes an end that is in milliseconds in a record whose other times are in seconds, or the other way about:
 * both are read, but the vendor reads its own alone.
 */
function noteUnits(fields: Fields, record: unknown, note: Reading['note']): void {
  const numbers = (['expires_at', 'created_at', 'last_used'] as const).flatMap((name) => {
    const path = fields[name] && fieldOf(fields[name]).path;
    const value = path === undefined ? undefined : valueAt(record, path);
    return typeof value === 'number' && value > 0 ? [{ name, path, value }] : [];
  });
  const [end, ...others] = numbers;
  const isLong = (value: number) => value >= FIRST_MILLISECONDS;
  const other = others.find(({ value }) => isLong(value) !== isLong(end?.value ?? 0));
  if (end?.name !== 'expires_at' || other === undefined) return;
  const unit = (value: number) => (isLong(value) ? 'milliseconds' : 'seconds');
  const problem = `is in ${unit(end.value)}, and ${other.path} in ${unit(other.value)}: is \`as\` right?`;
  note(`expires_at (${end.path})`, problem);
}

/** A restriction is no member of a key: it is named as the file has it. */
function restrictionOr(name: string): string {
  return ['ips', 'referrers', 'endpoints'].includes(name) ? `keys.fields.${name}` : name;
}

/**
 * Whether a file of the user's own reads the end of a key where the record has nothing: the path may be
 * wrong.
 */
function isUntoldEnd(
  name: string,
  { path, constant }: AnyField,
  value: unknown,
  record: unknown,
  { isOwnFile }: Reading,
): boolean {
  if (!isOwnFile || name !== 'expires_at' || value !== null || constant === true) return false;
  return path !== undefined && valueAt(record, path) === undefined;
}

function idOf(declared: KeyResource['fields']['id'], record: unknown, moment: Moment): string {
  const field = fieldOf((declared ?? text('id')) as string | AnyField);
  const id = digitsOf(field.read(record, moment));
  if (typeof id === 'string' && id !== '') return id;
  const isMissing = id === undefined || id === null || id === '';
  throw new DefinitionMistake(
    field.path === undefined ? 'keys.fields.id' : `keys.fields.id (${field.path})`,
    `${isMissing ? 'is missing' : 'is no text and no number'}: it is the id of a key`,
  );
}

/** A number as text: many ids are numbers. */
function digitsOf(id: unknown): unknown {
  return typeof id === 'number' && Number.isFinite(id) ? String(id) : id;
}

/**
 * A key of its draft. `Fields` says which kind of field each member has; the engine checks every value
 * (check-output.ts).
 */
function withRestrictions({ ips, referrers, endpoints, ...key }: KeyDraft): Key {
  const restrictions = compact({ ips, referrers, endpoints });
  return (Object.keys(restrictions).length === 0 ? key : { ...key, restrictions }) as Key;
}

/**
 * A status that could not be read stays unknown; a record without one is of a key that works until it
 * expires.
 */
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
  const key: KeyDraft = { id, name: asked.name, status: 'active' };
  const values: MemberValues = asked;
  for (const [name, field] of declaredFields(resource.fields)) {
    if (name === 'name') continue;
    const isAsked = field.accepts !== undefined || field.default !== undefined;
    if (!isAsked && field.constant !== true) continue;
    const value = isAsked
      ? (values[name] ?? field.default ?? emptyOf(name))
      : field.read({}, { set: {}, now: 0 });
    if (value !== undefined) key[name] = value;
  }
  const settings = Object.entries(options).flatMap(([name, field]) => {
    const value = asked.options[name] ?? field.default;
    return value === undefined || value === null ? [] : [[name, value] as const];
  });
  if (settings.length > 0) key.options = Object.fromEntries(settings);
  return withRestrictions(key);
}

/** What a key has of a field that nobody asked for: no end, no scopes. */
function emptyOf(name: string): unknown {
  if (name === 'expires_at') return null;
  if (name === 'scopes') return [];
  return name === 'metadata' ? {} : undefined;
}

/** The id in a response that tells no more of a key; empty where it does not even tell that. */
export function idIn({ fields }: Pick<KeyResource, 'fields'>, record: unknown, context: Reading): string {
  const field = fieldOf((fields.id ?? text('id')) as string | AnyField);
  const id = digitsOf(field.read(record, { set: context.set, now: context.clock.now() }));
  return typeof id === 'string' ? id : '';
}

/** The secret in a response. Throws `DefinitionMistake`, without any of the response. */
export function secretAt(response: unknown, place: SecretPlace, where = 'keys.secret'): Credential {
  const checked = (found: unknown, path: string) => {
    if (typeof found === 'string' && found !== '') return found;
    throw new DefinitionMistake(
      `${where}${path === '' ? '' : ` (${path})`}`,
      'is missing: it is the secret of a new key',
    );
  };
  const part = (path: string) => checked(valueAt(response, path), path);
  if (typeof place === 'function') {
    const found: unknown = place(response);
    if (!isRecord(found)) return { secret: checked(found, '') };
    return {
      api_key: checked(found['api_key'], 'api_key'),
      secret_key: checked(found['secret_key'], 'secret_key'),
    };
  }
  if (!(typeof place === 'object' && 'api_key' in place)) {
    const places = [place].flat();
    return { secret: part(places.find((each) => valueAt(response, each) !== undefined) ?? places[0] ?? '') };
  }
  // The first half may be the id of the key, and that a number.
  const api_key = checked(digitsOf(valueAt(response, place.api_key)), place.api_key);
  return { api_key, secret_key: part(place.secret_key) };
}

/** Whether a response shows a secret at this place. */
export function showsSecret(response: unknown, place: SecretPlace): boolean {
  try {
    secretAt(response, place);
    return true;
  } catch (error) {
    if (error instanceof DefinitionMistake) return false;
    throw error;
  }
}
