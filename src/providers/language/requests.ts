import { KeysError } from '../../domain/errors.js';
import { joined, setting, words } from '../../domain/words.js';
import type { Call, CallContext } from '../define-provider.js';
import { DefinitionMistake } from '../definition-mistake.js';
import { type AnyField, type Moment, text } from './fields.js';
import type {
  Fields,
  KeyChanges,
  KeyResource,
  MethodAndPath,
  NewKey,
  RequestMoment,
} from './key-resource.js';
import { merged, objectWith } from './paths.js';

/** A method, and a path that begins with the collection or a slash. */
export const ROUTE = /^(GET|POST|PUT|PATCH|DELETE) (\{keys\}|\/)\S*$/;

export type Options = Readonly<Record<string, AnyField>>;

type Member = Exclude<keyof Fields, 'id'>;

/** Values by the names of a record's fields, such as what a new key is asked to have. */
export type MemberValues = Readonly<Partial<Record<Member, unknown>>>;

/** A field that is declared as its path alone. */
export function fieldOf(declared: string | AnyField): AnyField {
  return typeof declared === 'string' ? text(declared) : declared;
}

/** Every field of a record but its id, by its name as a member of a key; options beside them. */
export function declaredFields(fields: Fields): ReadonlyArray<readonly [name: Member, field: AnyField]> {
  return Object.entries(fields)
    .filter(([name]) => name !== 'id')
    .map(([name, declared]) => [name as Member, fieldOf(declared as string | AnyField)]);
}

/** What a definition's functions are given of a call. */
export function momentOf({ set, clock, newId, newSecret, credential }: CallContext): RequestMoment {
  return { set, now: clock.now(), newId, newSecret, credential };
}

/** The part of a body that says the value of one field, which is at `where` in the file. */
function partOf(where: string, field: AnyField, value: unknown, moment: Moment): object {
  const { send = field.path } = field;
  // A value is the field's own default, or was asked for under its name and checked by `requireExpressible`.
  if (typeof send === 'function') return returned(send(value as never, moment) ?? {}, `${where}.send`);
  if (send === undefined)
    throw new DefinitionMistake(`${where}.send`, 'is missing: the field has no path to send it to');
  return objectWith(send, value === null ? nullOf(field, moment) : (field.encode?.(value, moment) ?? value));
}

function nullOf(field: AnyField, moment: Moment): unknown {
  return field.encode === undefined ? null : field.encode(null, moment);
}

/**
 * What a function of a definition returned, which must be an object. Throws `DefinitionMistake` for anything
 * else: an object in braces after an arrow, without parentheses, is a block that returns nothing.
 */
export function returned<Body>(body: Body, where: string): NonNullable<Body> & object {
  if (typeof body === 'object' && body !== null) return body;
  const what = body === undefined || body === null ? 'nothing' : 'no object';
  throw new DefinitionMistake(where, `returns ${what}: () => ({ … }) returns an object`);
}

/** A route of a definition, which may be a function's. Throws `DefinitionMistake` for what is none. */
export function routeFrom(found: unknown, where: string): MethodAndPath {
  if (typeof found === 'string' && ROUTE.test(found)) return found as MethodAndPath;
  throw new DefinitionMistake(where, "returns no method and a path, such as 'POST {keys}/{id}'");
}

/** The body of a create: every accepted field that was asked for, and the defaults of the others. */
export function createBody(
  create: Exclude<KeyResource['create'], false>,
  { fields }: KeyResource,
  options: Options,
  key: NewKey,
  moment: RequestMoment,
): object {
  let body: object = create.body === undefined ? {} : returned(create.body(key, moment), 'keys.create.body');
  const add = (where: string, field: AnyField, wanted: unknown) => {
    const value = wanted ?? field.default;
    if (value !== undefined) body = merged(partOf(where, field, value, moment), body);
  };
  const asked: MemberValues = key;
  for (const [name, field] of declaredFields(fields)) {
    if (name === 'name' || field.accepts !== undefined || field.default !== undefined) {
      add(`keys.fields.${name}`, field, asked[name]);
    }
  }
  for (const [name, field] of Object.entries(options)) add(`options.${name}`, field, key.options[name]);
  return body;
}

/** The body of an update: every field that changes; null clears. */
export function updateBody(
  { fields }: KeyResource,
  options: Options,
  changes: KeyChanges,
  moment: RequestMoment,
): Record<string, unknown> {
  let body: Record<string, unknown> = {};
  const add = (where: string, field: AnyField, value: unknown) => {
    if (value !== undefined && field.updates) body = merged(body, partOf(where, field, value, moment));
  };
  const asked: MemberValues = changes;
  for (const [name, field] of declaredFields(fields)) add(`keys.fields.${name}`, field, asked[name]);
  for (const [name, field] of Object.entries(options)) add(`options.${name}`, field, changes.options[name]);
  return body;
}

/** The collection's path with its context filled in. */
function collectionOf({ path }: KeyResource, set: Moment['set']): string {
  if (typeof path !== 'function') return filled(firstSet(path, set), set);
  const found: unknown = path(set);
  // Without a slash, it would be the end of the host.
  if (typeof found === 'string' && found.startsWith('/')) return filled(found, set);
  throw new DefinitionMistake('keys.path', "returns no path, such as '/keys'");
}

/** The first of several paths whose context is set. Throws `missing_answer` for none. */
export function firstSet<Path extends string>(paths: Path | readonly Path[], set: Moment['set']): Path {
  if (typeof paths === 'string') return paths;
  const namesOf = (path: string) => placeholders(path).filter((name) => name !== 'keys' && name !== 'id');
  const found = paths.find((path) => namesOf(path).every((name) => set[name]));
  if (found !== undefined) return found;
  const names = [...new Set(paths.flatMap(namesOf))];
  throw new KeysError(
    'missing_answer',
    words`one of these is needed: ${joined(
      names.map((name) => words`${setting(name)}`),
      ', ',
    )}`,
  );
}

function filled(path: string, set: Moment['set']): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(set[name] ?? ''));
}

/** A route as a request, its placeholders filled in. */
export function callOf(
  resource: KeyResource,
  route: MethodAndPath,
  { set }: Pick<CallContext, 'set'>,
  id?: string,
  body?: unknown,
): Call {
  const [method = 'GET', path = ''] = route.split(' ');
  const names = resource.idIn !== undefined && id !== undefined && /^P/.test(method);
  const sent = names ? merged(objectWith(resource.idIn ?? '', id), body) : body;
  return {
    method: method as Call['method'],
    path: filled(
      path
        .replace('{keys}', () => collectionOf(resource, set))
        .replaceAll('{id}', () => encodeURIComponent(id ?? '')),
      set,
    ),
    ...(sent === undefined ? {} : { body: sent, encoding: resource.encoding ?? 'json' }),
  };
}

/** What messages need of a part of the file that describes a request. */
interface Said {
  readonly at?: unknown;
  readonly body?: unknown;
}

/**
 * A request with the members of the file that made it: `place`, where the operation is. A route that is left
 * out is made of the collection's path; a body that is left out, of the fields.
 */
export function saidIn(place: string, { at, body }: Said, call: Call): Call {
  const address = at === undefined ? `keys.path; ${place}.at is left out` : `${place}.at`;
  const sent = call.body === undefined ? {} : { body: body === undefined ? 'keys.fields' : `${place}.body` };
  return { ...call, from: { at: address, ...sent } };
}

/** A request that changes nothing, whatever its method. */
export function readOnly(call: Call): Call {
  return call.method === 'GET' ? call : { ...call, readOnly: true };
}

/** The names in braces of a route or path. */
export function placeholders(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
}
