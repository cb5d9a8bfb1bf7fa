import { DefinitionMistake } from '../definition-mistake.js';
import type { AnyField } from './fields.js';
import type { KeyResource, MethodAndPath } from './key-resource.js';
import { declaredFields, fieldOf, type Options, placeholders } from './requests.js';
import { refuseShownSecret } from './secret-places.js';

/** Operations that change something. */
const CHANGES = /^keys\.(create|update|revoke|roll|pause|unpause)(\.at)?$/;

/**
 * Throws `DefinitionMistake` for a description that cannot work, whatever the vendor responds. `declared`:
 * names of context and options.
 */
export function checkResource(
  keys: KeyResource,
  options: Options,
  declared: readonly string[],
  idIsSecret: boolean,
): void {
  const undeclared = (path: string, where: string) => {
    const own = ownPlaceholders(where);
    const name = placeholders(path).find((each) => !declared.includes(each) && !own.includes(each));
    if (name === undefined) return;
    const problem = OWN_NAMES.has(name)
      ? `is not known there${HELP[name] ?? ''}`
      : 'is not declared: add it to context';
    throw new DefinitionMistake(where, `{${name}} ${problem}`);
  };
  if (typeof keys.path !== 'function') {
    for (const path of [keys.path].flat()) {
      if (!path.startsWith('/'))
        throw new DefinitionMistake('keys.path', `does not begin with a slash: ${path}`);
      undeclared(path, 'keys.path');
    }
  }
  for (const [where, route] of routesOf(keys)) {
    undeclared(route, where);
    if (CHANGES.test(where) && route.startsWith('GET '))
      throw new DefinitionMistake(where, 'asks with GET, which changes nothing at a vendor');
  }
  checkFields(keys, options);
  refuseShownSecret(keys, shownFields(keys, options, idIsSecret));
  if (keys.create !== false && keys.secret === undefined && keys.create.secret === undefined) {
    throw new DefinitionMistake('keys.secret', 'is missing: it is where the secret of a new key is');
  }
  if (keys.roll !== undefined && keys.get === false) {
    throw new DefinitionMistake('keys.roll', 'needs keys.get: the old key is read before it is rolled');
  }
  requireNamed(keys);
  if (keys.list?.idsOnly && keys.get === false) {
    throw new DefinitionMistake('keys.list.idsOnly', 'needs keys.get: each key is read by itself');
  }
}

/** Throws `DefinitionMistake` for a request about one key that does not say which. */
function requireNamed({ idIn, get, update, roll, revoke, pause, recover }: KeyResource): void {
  const named: Array<readonly [string, MethodAndPath | undefined, hasBody: boolean]> = [
    ['keys.get', get || undefined, false],
    ['keys.update', typeof update?.at === 'string' ? update.at : undefined, update?.body !== undefined],
    ['keys.roll', roll?.at, (roll?.body ?? roll?.query) !== undefined],
    ['keys.revoke', revoke?.at, revoke?.body !== undefined || (revoke?.steps ?? []).length > 0],
    ['keys.pause', pause?.at, typeof pause?.paused === 'function'],
    ['keys.recover', recover?.at, false],
  ];
  for (const [where, at, hasBody] of named) {
    if (at === undefined || at.includes('{id}') || hasBody) continue;
    if (idIn !== undefined && /^P/.test(at)) continue;
    const way =
      where === 'keys.get' || where === 'keys.recover'
        ? '{id} in it'
        : '{id} in `at`, `keys.idIn`, or a body';
    throw new DefinitionMistake(where, `does not name the key: ${way}`);
  }
}

const OWN_NAMES: ReadonlySet<string> = new Set(['keys', 'id', 'key']);
const HELP: Readonly<Record<string, string>> = {
  key: ': a secret is in no address; {id} is the id of the key',
};

/** The names in braces that the engine itself fills in, for a path or a route at this place. */
function ownPlaceholders(where: string): readonly string[] {
  if (where === 'keys.path') return [];
  if (where === 'keys.verify.at') return ['keys', 'key'];
  return /^keys\.(list|own)\.at$|^keys\.create\.at$/.test(where) ? ['keys'] : ['keys', 'id'];
}

/** Every field with its place in the file; without an id that is known to be the secret. */
function shownFields(
  { fields }: KeyResource,
  options: Options,
  idIsSecret: boolean,
): Array<readonly [string, AnyField]> {
  const id: Array<readonly [string, AnyField]> =
    fields.id === undefined || idIsSecret ? [] : [['keys.fields.id', fieldOf(fields.id as AnyField)]];
  return [
    ...id,
    ...declaredFields(fields).map(([name, field]) => [`keys.fields.${name}`, field] as const),
    ...Object.entries(options).map(([name, field]) => [`options.${name}`, field] as const),
  ];
}

function routesOf({
  list,
  get,
  create,
  update,
  roll,
  revoke,
  pause,
  verify,
  recover,
  own,
}: KeyResource): Array<[string, string]> {
  const created = create === false ? undefined : create;
  const each = (where: string, steps: ReadonlyArray<{ readonly at: MethodAndPath }> = []) =>
    steps.map(({ at }, i) => [`${where}.steps.${i}.at`, at] as [string, string]);
  const all: Array<[string, string | false | undefined]> = [
    ...(typeof list?.at === 'function' ? [] : [list?.at ?? []].flat()).map((at): [string, string] => [
      'keys.list.at',
      at,
    ]),
    ...[own !== undefined && 'at' in own ? own.at : []]
      .flat()
      .map((at): [string, string] => ['keys.own.at', at]),
    ['keys.get', get],
    ['keys.create.at', typeof created?.at === 'string' ? created.at : undefined],
    ['keys.create.again', created?.again],
    ['keys.update.at', typeof update?.at === 'string' ? update.at : undefined],
    ['keys.roll.at', roll?.at],
    ['keys.revoke.at', revoke?.at],
    ['keys.pause.at', pause?.at],
    ['keys.verify.at', verify?.at],
    ['keys.recover.at', recover?.at],
    ...each('keys.create', created?.steps),
    ...each('keys.roll', roll?.steps),
    ...each('keys.revoke', revoke?.steps),
  ];
  return all.filter((each): each is [string, string] => typeof each[1] === 'string');
}

function checkFields({ fields, update, create }: KeyResource, options: Options): void {
  for (const [name, field] of declaredFields(fields)) {
    const isSent = field.accepts !== undefined || field.default !== undefined || name === 'name';
    if (isSent && create !== false) requireSendable(field, `keys.fields.${name}`);
    if (field.updates && update === undefined) {
      throw new DefinitionMistake(`keys.fields.${name}`, 'says `updates`, and there is no keys.update');
    }
  }
  for (const [name, field] of Object.entries(options)) {
    if (field.accepts === undefined) {
      throw new DefinitionMistake(
        `options.${name}`,
        'needs `accepts`: what a user may ask for, in a few words',
      );
    }
    requireSendable(field, `options.${name}`);
    if (field.updates && update === undefined) {
      throw new DefinitionMistake(`options.${name}`, 'says `updates`, and there is no keys.update');
    }
  }
  if (update !== undefined && update.body === undefined) {
    const some = [...declaredFields(fields).map(([, field]) => field), ...Object.values(options)];
    if (!some.some(({ updates }) => updates)) {
      throw new DefinitionMistake('keys.update', 'changes nothing: mark a field with `updates: true`');
    }
  }
}

/** Throws `DefinitionMistake` for a field that a user may ask for, and that no request can say. */
function requireSendable({ path, send }: AnyField, where: string): void {
  if (send === undefined && path?.includes('[]')) {
    throw new DefinitionMistake(where, `needs \`send\`: ${path} is no place to send a value to`);
  }
  if (path !== undefined || send !== undefined) return;
  throw new DefinitionMistake(
    where,
    "needs `send`, which says where a request has it, such as send: 'limit', or send: (value) => ({ limit: value })",
  );
}
