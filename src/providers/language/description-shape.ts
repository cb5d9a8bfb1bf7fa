import { isRecord } from '../../domain/is-record.js';
import { KEY_TYPES } from '../../domain/key.js';
import type { NameRules, SecretPrefix, Settling } from '../../domain/provider.js';
import { headersIn } from '../authentication.js';
import { DefinitionMistake } from '../definition-mistake.js';
import type { DescribedProvider, DetailedCheck } from './described-provider.js';
import type { Field, FieldRules } from './fields.js';
import type { Fields, FurtherRequest, KeyResource } from './key-resource.js';
import type { Pages } from './pages.js';
import { ROUTE } from './requests.js';
import * as a from './shape.js';

const isFunction = (value: unknown) => typeof value === 'function';
const isText = (value: unknown) => typeof value === 'string';

/** A text of a form, in words. */
const matching =
  (form: RegExp, words: string): a.Kind =>
  (value, where) => {
    if (typeof value !== 'string' || !form.test(value)) throw new DefinitionMistake(where, `is not ${words}`);
  };

const route: a.Kind = (value, where) => {
  if (typeof value === 'string' && ROUTE.test(value)) return;
  const usual = value === true ? '; leave it out to have the usual one' : '';
  const said = typeof value === 'string' ? `: ${value}` : usual;
  throw new DefinitionMistake(where, `is not a method and a path, such as 'POST {keys}/{id}'${said}`);
};
const orFunction = (kind: a.Kind) => a.either(isFunction, a.aFunction, kind);
const orFalse = (kind: a.Kind) => a.either((value) => value === false, a.anything, kind);

const secretPlace: a.Kind = (value, where) => {
  if (isFunction(value)) return;
  if (typeof value === 'string') return a.aText(value, where);
  if (Array.isArray(value)) return a.texts(value, where);
  const pair = { api_key: a.aText, secret_key: a.aText };
  a.objectOf<typeof pair>(pair, ['api_key', 'secret_key'], "a path, such as 'data.key'")(value, where);
};

const RULES: a.Shape<FieldRules<never>> = {
  accepts: a.aText,
  required: a.aFlag,
  unless: a.aText,
  values: a.texts,
  most: a.aCount,
  atMostSeconds: a.aCount,
  unsaid: a.aText,
  default: a.anything,
  absent: a.anything,
  updates: a.aFlag,
  send: orFunction(a.aText),
  onlyGet: a.aFlag,
};
const FIELD: a.Shape<Field<never>> = {
  ...RULES,
  kind: a.word('text', 'texts', 'number', 'flag', 'json'),
  path: a.aText,
  writeOnly: a.aFlag,
  constant: a.aFlag,
  problem: a.anything,
  read: a.aFunction,
  encode: a.aFunction,
};
const fieldSuchAs = (example: string): a.Kind => {
  const whole = a.objectOf(FIELD, ['read', 'kind'], example);
  return (value, where) => {
    const problem = isRecord(value) ? (value as Partial<Field<never>>).problem : undefined;
    if (problem !== undefined) throw new DefinitionMistake(`${where}${problem[0]}`, problem[1]);
    whole(value, where);
  };
};
const field = fieldSuchAs("a field, such as text('name')");
const fieldOrPath = a.either(isText, a.aText, field);
const listField = fieldSuchAs("a field of a list, such as texts('scopes')");

const FIELDS: a.Shape<Fields> = {
  id: fieldOrPath,
  name: fieldOrPath,
  type: field,
  environment: fieldOrPath,
  service: fieldOrPath,
  prefix: fieldOrPath,
  hint: fieldOrPath,
  status: fieldOrPath,
  scopes: listField,
  ips: listField,
  referrers: listField,
  endpoints: listField,
  created_at: fieldOrPath,
  last_used: fieldOrPath,
  expires_at: fieldOrPath,
  rolled_from: fieldOrPath,
  metadata: fieldSuchAs("a field of an object, such as strings('labels')"),
  owner: fieldOrPath,
};

type Part<Name extends keyof KeyResource> = Exclude<NonNullable<KeyResource[Name]>, false>;

const FURTHER: a.Shape<FurtherRequest<never>> = { at: route, body: a.aFunction, bodies: a.aFunction };
const steps = a.listOf(
  a.objectOf(FURTHER, ['at']),
  "a list of requests, such as [{ at: 'POST {keys}/{id}' }]",
);
const PAGES: a.Shape<Pages> = { query: a.aFunction, next: a.aFunction, byPath: a.aFlag };
const PAGES_WORDS = "pages, such as pages.numbered({ page: 'page', size: 'size', most: 100 })";
const wholePages = a.objectOf(PAGES, ['query', 'next']);
/** What has a member of pages is meant as such: then the member that is wrong is named. */
const pages: a.Kind = (value, where) => {
  if (isRecord(value) && Object.keys(PAGES).some((name) => name in value)) return wholePages(value, where);
  throw new DefinitionMistake(where, `is not ${PAGES_WORDS}`);
};

const LIST: a.Shape<Part<'list'>> = {
  at: orFunction(a.oneOrMore(route)),
  in: a.aPath,
  pages,
  query: a.aFunction,
  name: a.aText,
  idsOnly: a.aFlag,
};
const CREATE: a.Shape<Part<'create'>> = {
  at: orFunction(route),
  body: a.aFunction,
  query: a.aFunction,
  returns: a.word('record', 'id'),
  one: a.aPath,
  secret: secretPlace,
  again: route,
  chosen: a.aPath,
  steps,
};
const UPDATE: a.Shape<Part<'update'>> = {
  at: orFunction(route),
  encoding: a.word('json', 'form', 'json-patch'),
  replaces: a.aFlag,
  body: a.aFunction,
  reads: a.aFlag,
  returns: a.word('record', 'nothing'),
};
const ROLL: a.Shape<Part<'roll'>> = {
  at: route,
  body: a.aFunction,
  query: a.aFunction,
  grace: a.either((value) => typeof value === 'number', a.aCount, a.word('any', 'none')),
  inPlace: a.aFlag,
  returns: a.word('record', 'id', 'secret'),
  one: a.aPath,
  secret: secretPlace,
  steps,
};
const REVOKE: a.Shape<Part<'revoke'>> = { at: route, body: orFunction(a.anObject), steps };
const PAUSE: a.Shape<Part<'pause'>> = {
  at: route,
  paused: orFunction(a.anObject),
  active: orFunction(a.anObject),
};
const VERIFY: a.Shape<Part<'verify'>> = {
  at: route,
  body: a.aFunction,
  query: a.aFunction,
  record: a.aPath,
  unknown: a.listOf(a.aCount, 'a list of statuses, such as [404]'),
  verdict: a.aFunction,
};
const RECOVER: a.Shape<Part<'recover'>> = { at: route, secret: secretPlace };
const OWN = { at: a.oneOrMore(route), one: a.aPath, whole: a.aText, masked: a.aText };

const KEYS: a.Shape<KeyResource> = {
  path: orFunction(a.oneOrMore(matching(/^\//, "a path that begins with a slash, such as '/keys'"))),
  encoding: a.word('json', 'form', 'json-api'),
  headers: a.aFunction,
  idIn: a.aText,
  one: a.aPath,
  fields: a.objectOf(FIELDS),
  secret: secretPlace,
  list: a.objectOf(LIST),
  get: orFalse(route),
  create: orFalse(a.objectOf(CREATE)),
  update: a.objectOf(UPDATE),
  roll: a.objectOf(ROLL, ['at']),
  revoke: a.objectOf(REVOKE),
  pause: a.objectOf(PAUSE, ['paused', 'active']),
  verify: a.objectOf(VERIFY, ['at']),
  recover: a.objectOf(RECOVER, ['at']),
  own: a.objectOf<typeof OWN>(OWN),
  operations: a.anObject,
};

const CHECK_ROUTE = matching(/^(GET|POST) \/\S*$/, "a method and a path, such as 'GET /me'");
const address = matching(
  /^https?:\/\/[^/\s]+(\/\S*[^/\s])?$/,
  "an address such as 'https://api.acme.example', without a slash at its end",
);
const CHECK: a.Shape<DetailedCheck> = {
  at: CHECK_ROUTE,
  baseUrl: address,
  type: a.word(...KEY_TYPES),
  when: a.aText,
  needs: a.aText,
  verdict: a.aFunction,
};
const check = a.oneOrMore(a.either(isText, CHECK_ROUTE, a.objectOf(CHECK, ['at'])));
const PREFIX: a.Shape<SecretPrefix> = {
  prefix: a.aText,
  environment: a.aText,
  type: a.word(...KEY_TYPES),
  pattern: a.anything,
};
const NAMES: a.Shape<NameRules> = {
  rule: a.word('free', 'unique', 'none'),
  stored: a.aFunction,
  successor: a.aFunction,
  atMost: a.aCount,
};
const SETTLES: a.Shape<Settling> = { created: a.seconds, revoked: a.seconds, listed: a.seconds };
const headersByName: a.Kind = (value, where) => {
  a.textsByName(value, where);
  headersIn(value, where);
};
/** A shell could set no other. */
const variable = matching(
  /^[A-Za-z_]\w*$/,
  "a name of an environment variable, such as 'ACME_API_KEY': letters, digits and _",
);
const PAIR = { api_key: variable, secret_key: variable };

const DESCRIPTION: a.Shape<DescribedProvider> = {
  id: matching(/^[a-z][a-z0-9-]{1,40}$/, "lower-case letters, digits and hyphens, such as 'acme'"),
  title: a.aText,
  documentation: matching(/^https?:\/\/\S+$/, "an address, such as 'https://acme.example/docs'"),
  baseUrl: a.either((value) => value === null, a.anything, address),
  context: a.byName(a.aText),
  variable: a.either(isText, variable, a.objectOf<typeof PAIR>(PAIR, ['api_key', 'secret_key'])),
  prefixes: a.listOf(a.either(isText, a.aText, a.objectOf(PREFIX, ['prefix'])), "a list, such as ['ak_']"),
  auth: a.aFunction,
  check,
  names: a.either(isText, NAMES.rule, a.objectOf(NAMES, ['rule'])),
  settles: a.objectOf<Partial<Settling>>(SETTLES),
  chooses: a.listOf(a.word('id', 'secret'), "a list, such as ['id']"),
  options: a.byName(field),
  keys: a.objectOf(KEYS, ['path', 'fields']),
  environments: a.texts,
  types: a.listOf(a.word(...KEY_TYPES), "a list, such as ['secret']"),
  headers: headersByName,
  responses: a.word('json', 'xml'),
  failure: a.aFunction,
  managementAuth: a.aFunction,
  managedBy: a.word('secret', 'pair'),
  managementPrefixes: a.texts,
  login: a.either((value) => value === null, a.anything, a.anObject),
  idIsSecret: a.aFlag,
  idInSecret: a.aFunction,
  idempotent: a.aFlag,
  supersedes: a.aFlag,
  marks: a.aFlag,
  credentialNeeds: a.aText,
  notes: a.texts,
  webhook: a.either((value) => value === null, a.anything, a.anObject),
};

/**
 * Throws `DefinitionMistake` for a member that is missing, that does not exist, or that is of another type
 * than it must have.
 */
export const checkDescription = a.objectOf(
  DESCRIPTION,
  ['id', 'title', 'documentation', 'variable', 'keys'],
  'an object',
);
