import { z } from 'zod';
import { issueInWords } from '../domain/schema-words.js';
import type { OperationTypes } from './define-provider.js';

const run = z.custom((value) => typeof value === 'function', 'no function');
const text = z.string().min(1);
const call = z.strictObject({
  member: text.optional(),
  call: run,
  read: run,
  response: z
    .custom((value) => typeof (value as z.ZodType | undefined)?.safeParse === 'function', 'no schema')
    .optional(),
  first: z.looseObject({ call: run, read: run }).optional(),
  notFound: z.unknown().optional(),
  judge: run.optional(),
  steps: run.optional(),
  onConflict: z.looseObject({ call: run, read: run }).optional(),
  next: z.looseObject({ call: run, read: run }).optional(),
});

const OPERATIONS = [
  ...['create', 'list', 'get', 'update', 'roll', 'revoke', 'verify', 'whoami', 'acknowledge', 'events'],
  ...(['holders', 'recover', 'usage', 'pause', 'unpause'] as const),
] as ReadonlyArray<keyof OperationTypes>;

const grace = z.union([
  z.strictObject({ kind: z.literal('any'), defaultSeconds: z.number().positive() }),
  z.strictObject({ kind: z.literal('fixed'), seconds: z.number().positive() }),
  z.strictObject({ kind: z.literal('none') }),
]);

const shownFields = z.array(z.string().regex(/^(options\.)?\w+$/));
const check = z.strictObject({
  method: z.enum(['GET', 'POST']),
  path: z.string().startsWith('/'),
  baseUrl: z.url().optional(),
  type: z.enum(['secret', 'public']).optional(),
  when: text.optional(),
  needs: text.optional(),
  accepts: run.optional(),
  verdict: run.optional(),
});

/**
 * The members of a definition that a file of the user's own may get wrong; those that `defineProvider` fills
 * in are there.
 */
const definition = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{1,40}$/, 'lower-case letters, digits and hyphens'),
  title: text,
  documentation: z.url(),
  baseUrl: z.union([
    z.null(),
    z.string().regex(/^https?:\/\/[^/]+(\/.*[^/])?$/, 'no address without a slash at its end'),
  ]),
  context: z.array(z.strictObject({ name: z.string().regex(/^\w+$/), about: text, required: z.boolean() })),
  environments: z.array(text).min(1),
  types: z.array(z.enum(['secret', 'public'])).min(1),
  variables: z.union([z.strictObject({ secret: text }), z.strictObject({ api_key: text, secret_key: text })]),
  format: z.looseObject({
    kind: z.enum(['secret', 'pair']),
    prefixes: z.array(z.looseObject({ prefix: text })),
  }),
  accepts: z.strictObject({
    expires_at: z
      .union([
        text,
        z.strictObject({
          about: text,
          atMostSeconds: z.number().positive().optional(),
          required: z.boolean().optional(),
          unsaid: text.optional(),
          unless: text.optional(),
        }),
      ])
      .optional(),
    scopes: z
      .strictObject({
        about: text,
        values: z.array(text).optional(),
        most: z.number().int().positive().optional(),
        required: z.boolean().optional(),
        unless: text.optional(),
        default: z.array(text).optional(),
      })
      .optional(),
    ips: text.optional(),
    referrers: text.optional(),
    endpoints: text.optional(),
    limits: text.optional(),
    owner: text.optional(),
    service: text.optional(),
  }),
  updates: z.array(
    z.enum([
      'name',
      'service',
      'expires_at',
      'scopes',
      'restrictions',
      'limits',
      'owner',
      'metadata',
      'options',
    ]),
  ),
  roll: z.union([
    z.strictObject({ by: z.literal('provider'), grace, inPlace: z.boolean().optional() }),
    z.strictObject({ by: z.literal('composed') }),
  ]),
  dashboard: z.looseObject({ url: z.url(), create: z.array(text), revoke: z.array(text) }).nullable(),
  check: check.nullable(),
  checks: z.array(check),
  options: z.array(
    z.strictObject({
      name: z.string().regex(/^\w+$/),
      about: text,
      kind: z.enum(['text', 'texts', 'number', 'flag', 'json']),
      required: z.boolean(),
      default: z.unknown().optional(),
      values: z.array(text).optional(),
      shownBy: z.enum(['list', 'get']).nullable(),
      changeable: z.boolean(),
    }),
  ),
  names: z.strictObject({
    rule: z.enum(['free', 'unique', 'none']),
    stored: run.optional(),
    successor: run.optional(),
    atMost: z.number().int().positive().optional(),
  }),
  settling: z.strictObject({
    created: z.number().nonnegative(),
    revoked: z.number().nonnegative(),
    listed: z.number().nonnegative(),
  }),
  lists: z.strictObject({ exactName: z.boolean() }),
  shows: z.strictObject({ list: shownFields, get: shownFields }),
  repeatable: z.strictObject({ create: z.boolean(), roll: z.boolean() }),
  chooses: z.strictObject({ id: z.boolean(), secret: z.boolean() }),
  recovers: z.boolean(),
  endsLater: z.boolean(),
  requestHeaders: run,
  responses: z.enum(['json', 'xml']),
  failure: run,
  source: text.nullable(),
  listsIdsOnly: z.boolean(),
  webhook: z.looseObject({ header: text }).nullable(),
  idempotent: z.boolean(),
  keepsMetadata: z.boolean(),
  marks: z.boolean(),
  supersedes: z.boolean(),
  signs: z.boolean(),
  operations: z.record(z.string(), z.unknown()),
  credentialNeeds: text.nullable(),
  notes: z.array(text),
  auth: run,
  headers: z.record(z.string(), z.string()),
  managementAuth: run,
  managedBy: z.enum(['secret', 'pair']),
  managementPrefixes: z.array(text),
  endpoints: z.strictObject(Object.fromEntries(OPERATIONS.map((name) => [name, call.optional()]))).nullable(),
  filtersLists: z.boolean(),
  judgesRequests: z.boolean(),
  login: z
    .strictObject({ keep: z.boolean().optional(), baseUrl: z.url().optional(), call: run, read: run })
    .nullable(),
  idIsSecret: z.boolean(),
  idInSecret: run,
});

/** What is wrong with what a provider file exports, naming the member; null where nothing is. */
export function checkDefinition(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return 'its default export is no definition';
  const checked = definition.safeParse(value);
  const issue = checked.error?.issues[0];
  if (issue === undefined) return null;
  // As its author writes it in the file.
  const path = issue.path.join('.');
  const words = issueInWords(issue, value);
  if (words === 'is missing') return `${path} is missing`;
  if (issue.code !== 'unrecognized_keys') return `${path || 'definition'}: ${words}`;
  const where = path === '' ? 'member' : path === 'endpoints' ? 'operation' : `member of ${path}`;
  const known = path === 'endpoints' ? `; one of ${OPERATIONS.join(', ')}` : '';
  return `no such ${where}: ${issue.keys.join(', ')}${known}`;
}
