import { compact } from '../../domain/compact.js';
import type {
  ContextField,
  ExpiryOption,
  KeyOptions,
  LiveCheck,
  OptionField,
  Provider,
  RollWay as ProviderRollWay,
  ShownField,
} from '../../domain/provider.js';
import { bearer, defineProvider, type ProviderDefinition } from '../define-provider.js';
import { DefinitionMistake } from '../definition-mistake.js';
import { DEFAULT_GRACE_SECONDS } from '../values.js';
import { checkResource } from './check-resource.js';
import type { Check, DescribedProvider } from './described-provider.js';
import { checkDescription } from './description-shape.js';
import { type AnyField, text, time } from './fields.js';
import type { KeyResource } from './key-resource.js';
import { withNamedFunctions } from './named-functions.js';
import { operationsOf } from './operations.js';
import { declaredFields, type Options, placeholders } from './requests.js';
import { WHOLE } from './shape.js';

/**
 * A provider whose keys are a resource over HTTP. Throws `DefinitionMistake` for a description that
 * contradicts itself.
 */
export function provider(inFile: DescribedProvider): ProviderDefinition {
  checkDescription(inFile, WHOLE);
  const described = withFunctionsNamed(inFile);
  const {
    context = {},
    variable,
    prefixes = [],
    check,
    names,
    settles,
    chooses = [],
    auth = bearer,
    notes = [],
    ...facts
  } = described;
  const { options: _, keys: __, ...known } = facts;
  const options: Options = described.options ?? {};
  const contextFields = contextOf(context);
  const keys = wholeResource(described);
  checkNames(contextFields, options);
  requireDeclared(known.baseUrl ?? '', contextFields, 'baseUrl');
  checkResource(
    keys,
    options,
    [...contextFields.map(({ name }) => name), ...Object.keys(options)],
    known.idIsSecret === true,
  );
  const repeatable = {
    create: known.idempotent === true || findsAgain(keys.create),
    roll: known.idempotent === true || keys.roll?.inPlace === true,
  };
  return defineProvider({
    ...known,
    auth,
    notes: keys.create === false || repeatable.create ? notes : [...notes, NOT_REPEATABLE],
    ...checksOf(check, contextFields),
    ...capabilities(keys, options),
    context: contextFields,
    variables: typeof variable === 'string' ? { secret: variable } : variable,
    format: {
      kind: typeof variable === 'string' ? 'secret' : 'pair',
      prefixes: prefixes.map((prefix) => (typeof prefix === 'string' ? { prefix } : prefix)),
    },
    names: typeof names === 'string' ? { rule: names } : (names ?? { rule: 'free' }),
    settling: { created: 0, revoked: 0, listed: 0, ...settles },
    chooses: { id: chooses.includes('id'), secret: chooses.includes('secret') },
    repeatable,
    ...(keys.headers === undefined
      ? {}
      : { requestHeaders: ({ set, requestId }) => keys.headers?.(set, requestId()) ?? {} }),
    endpoints: operationsOf({
      resource: keys,
      options,
      published: known.baseUrl ?? null,
      xml: known.responses === 'xml',
    }),
  });
}

/** Authentication and logins are named where they are called: they may be asynchronous. */
function withFunctionsNamed(described: DescribedProvider): DescribedProvider {
  const { keys, options, check, failure, names, idInSecret } = described;
  const inKeys = withNamedFunctions(keys, 'keys');
  const others = Object.entries({ options, check, failure, names, idInSecret })
    .filter(([, part]) => part !== undefined)
    .map(([name, part]) => [name, withNamedFunctions<unknown>(part, name)] as const);
  return { ...described, ...Object.fromEntries(others), keys: inKeys };
}

/** Whether a repeat of a create finds the key of the first attempt, by what the client chose. */
const findsAgain = (create: KeyResource['create']) =>
  create !== false && (create.again !== undefined || create.chosen !== undefined);

const NOT_REPEATABLE = 'A repeated create creates another key.';

/** The resource with what most vendors have. */
function wholeResource({ keys, names }: DescribedProvider): KeyResource {
  const usual = {
    ...(names === 'none' ? {} : { name: text('name', keys.update === undefined ? {} : { updates: true }) }),
    created_at: time('created_at'),
  };
  return { create: {}, ...keys, fields: { ...usual, ...keys.fields } };
}

/** Throws `DefinitionMistake` for a name that `--set` cannot say, or one that is declared twice. */
function checkNames(context: readonly ContextField[], options: Options): void {
  const names = context.map(({ name }) => name);
  for (const [where, name] of [
    ...names.map((each) => ['context', each] as const),
    ...Object.keys(options).map((each) => ['options', each] as const),
  ]) {
    if (!/^[A-Za-z]\w*$/.test(name))
      throw new DefinitionMistake(`${where}.${name}`, 'is no name: letters, digits and _');
    if (where === 'options' && names.includes(name))
      throw new DefinitionMistake(`options.${name}`, 'is in context as well');
  }
}

function contextOf(context: NonNullable<DescribedProvider['context']>): ContextField[] {
  return Object.entries(context).map(([name, about]) => ({
    name: name.replace(/\?$/, ''),
    about,
    required: !name.endsWith('?'),
  }));
}

/** Throws `DefinitionMistake` for a name in braces that is not in `context`. */
function requireDeclared(text: string, context: readonly ContextField[], where: string): void {
  const odd = placeholders(text).find((name) => !context.some((each) => each.name === name));
  if (odd !== undefined) throw new DefinitionMistake(where, `{${odd}} is not declared: add it to context`);
}

function checksOf(
  check: DescribedProvider['check'] = [],
  context: readonly ContextField[],
): Pick<Provider, 'check' | 'checks'> {
  const checks = [check].flat().map(checkOf);
  for (const { path, baseUrl = '', when, needs } of checks) {
    const named = [when, needs].map((name) => (name === undefined ? '' : `{${name}}`));
    requireDeclared([path, baseUrl, ...named].join(' '), context, 'check');
  }
  const usual = checks.find(({ when, type }) => when === undefined && type === undefined);
  return { check: usual ?? checks[0] ?? null, checks };
}

type Capability =
  | 'accepts'
  | 'updates'
  | 'options'
  | 'lists'
  | 'shows'
  | 'endsLater'
  | 'keepsMetadata'
  | 'roll';

/** What the fields of a record, the options and the routes say that the provider can do. */
function capabilities(
  keys: KeyResource,
  options: Options,
): Pick<ProviderDefinition, Capability | 'listsIdsOnly'> {
  const fields = declaredFields(keys.fields);
  const updates = keys.update === undefined ? [] : updatable(fields, options);
  const idsOnly = keys.list?.idsOnly === true;
  const listed = fieldsShownBy(fields, options, ({ onlyGet }) => idsOnly || !onlyGet);
  return {
    accepts: acceptedOf(fields),
    updates,
    options: Object.entries(options).map(([name, field]) => optionOf(name, field, keys)),
    lists: { exactName: keys.list?.name !== undefined },
    listsIdsOnly: idsOnly,
    shows: { list: listed, get: keys.get === false ? listed : fieldsShownBy(fields, options, () => true) },
    endsLater: updates.includes('expires_at'),
    keepsMetadata: keys.fields.metadata?.accepts !== undefined,
    roll: rollWayOf(keys),
  };
}

type Declared = ReturnType<typeof declaredFields>;

/** An option of a new key, from its field. */
function optionOf(name: string, field: AnyField, { get, update }: KeyResource): OptionField {
  const { accepts = '', kind, required = false, values, onlyGet } = field;
  const shown = field.writeOnly ? null : onlyGet ? 'get' : 'list';
  return {
    name,
    about: accepts,
    kind,
    required,
    ...(field.default === undefined ? {} : { default: field.default as OptionField['default'] & {} }),
    ...compact({ values }),
    shownBy: shown === 'get' && get === false ? null : shown,
    changeable: update !== undefined && field.updates === true,
  };
}

function acceptedOf(fields: Declared): KeyOptions {
  const accepts: Record<string, unknown> = {};
  for (const [name, field] of fields) {
    if (field.accepts === undefined || name === 'name' || name === 'metadata') continue;
    accepts[name] = acceptance(name, field);
  }
  return accepts as KeyOptions;
}

function acceptance(
  name: string,
  { accepts = '', values, most, required, unless, atMostSeconds, unsaid, default: byDefault }: AnyField,
): unknown {
  const about = { about: accepts, ...compact({ required }) };
  if (name === 'scopes') return { ...about, ...compact({ values, most, unless, default: byDefault }) };
  if (name !== 'expires_at') return accepts;
  const limits: ExpiryOption = { ...about, ...compact({ atMostSeconds, unsaid, unless }) };
  return Object.keys(limits).length === 1 ? accepts : limits;
}

const RESTRICTIONS = new Set<string>(['ips', 'referrers', 'endpoints']);

function updatable(fields: Declared, options: Options): Provider['updates'] {
  const named = fields.flatMap(([name, { updates }]) => (updates ? [name] : []));
  const members = named.map((name) => (RESTRICTIONS.has(name) ? 'restrictions' : name));
  const some = Object.values(options).some(({ updates }) => updates);
  return [...new Set([...members, ...(some ? ['options'] : [])])] as Provider['updates'];
}

function fieldsShownBy(
  fields: Declared,
  options: Options,
  shows: (field: AnyField) => boolean,
): ShownField[] {
  const shown = fields.flatMap(([name, field]) => (!field.writeOnly && shows(field) ? [name] : []));
  const members = shown.map((name) => (RESTRICTIONS.has(name) ? 'restrictions' : name));
  const named = Object.entries(options).flatMap(([name, field]) =>
    !field.writeOnly && shows(field) ? [`options.${name}` as const] : [],
  );
  return [...new Set(['id', ...members, ...named])] as ShownField[];
}

function checkOf(check: Check): LiveCheck {
  const { at, ...rest } = typeof check === 'string' ? { at: check } : check;
  const [method, path = '/'] = at.split(' ');
  return { method: method === 'POST' ? 'POST' : 'GET', path, ...rest };
}

function rollWayOf({ roll }: KeyResource): ProviderRollWay {
  if (roll === undefined) return { by: 'composed' };
  const { grace = 'any', inPlace } = roll;
  return {
    by: 'provider',
    grace:
      grace === 'any'
        ? { kind: 'any', defaultSeconds: DEFAULT_GRACE_SECONDS }
        : grace === 'none'
          ? { kind: 'none' }
          : { kind: 'fixed', seconds: grace },
    ...(inPlace ? { inPlace } : {}),
  };
}
