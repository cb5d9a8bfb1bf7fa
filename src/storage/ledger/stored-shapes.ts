import {
  anything,
  either,
  list,
  maybe,
  must,
  nullable,
  object,
  oneOf,
  optional,
  record,
  text,
  truth,
  whole,
} from '../../domain/shapes.js';

/**
 * What the ledger keeps as JSON. A record of a key is as its vendor tells it: times and words may be any
 * text. Members that a newer version adds are let through.
 */

const number = must((value) => typeof value === 'number', 'not a number');

/** What a create request, the rights of a key and its record have in common. */
const RIGHTS = {
  type: optional(text),
  environment: maybe(text),
  service: maybe(text),
  scopes: optional(list(text)),
  restrictions: optional(
    object({ ips: optional(list(text)), referrers: optional(list(text)), endpoints: optional(list(text)) }),
  ),
  // A count that is no whole number, or none that JSON has, is kept as the vendor tells it.
  limits: optional(object({ rate: optional(text), quota: optional(text), uses: maybe(number) })),
  owner: maybe(text),
  metadata: optional(record(text)),
  options: optional(record(anything)),
};

export const keyRecord = object({
  ...RIGHTS,
  id: text,
  name: text,
  prefix: optional(text),
  hint: maybe(text),
  status: optional(text),
  created_at: maybe(text),
  last_used: maybe(text),
  expires_at: maybe(text),
  rolled_from: maybe(text),
  rolled_to: maybe(text),
});

const PLACE = {
  id: text,
  label: text,
  spec: object({
    kind: text,
    target: optional(record(text)),
    names: optional(list(text)),
    address: optional(text),
    // Of one that prints.
    form: optional(text),
    shell: optional(text),
    // biome-ignore lint/suspicious/noThenProperty: the word of a place; its value is a check, and no promise
    then: optional(text),
    on: optional(text),
  }),
};
const places = list(
  object({ ...PLACE, delivered: nullable(object({ id: text, generation: whole, at: whole })) }),
);
const context = record(text);
const BODY = {
  rights: nullable(object({ ...RIGHTS, lifetime_ms: maybe(whole) })),
  schedule: object({ rotate_ms: nullable(whole), grace_ms: nullable(whole) }),
  places,
  variable: nullable(text),
};

/** The body of a managed key. */
export const managedBody = object({ ...BODY, context });

export const versionState = oneOf(['creating', 'pending', 'active', 'retiring', 'revoked', 'expired']);

const draft = object({
  ...BODY,
  id: text,
  name: text,
  account: object({ provider: text, address: text, context }),
  versions: list(
    object({ id: text, generation: whole, record: keyRecord, state: versionState, ends_at: nullable(whole) }),
  ),
  created_at: whole,
});

const request = either(
  object({ create: object({ ...RIGHTS, name: text, expires_at: maybe(text) }) }),
  object({ roll: text, name: text, grace_seconds: optional(whole), expires_at: maybe(text) }),
);

/** What operations have had in every version. */
const OPERATION = {
  id: text,
  kind: oneOf(['create', 'roll']),
  target: object({
    provider: text,
    profile: nullable(text),
    baseUrl: nullable(text),
    policy: optional(text),
    set: record(text),
    useEnvironmentKey: truth,
    account: optional(text),
  }),
  credential: maybe(text),
  place: text,
  idempotencyKey: text,
  idempotent: truth,
  request,
  key: nullable(keyRecord),
  previous: nullable(keyRecord),
  previousEnd: maybe(text),
  escrow: nullable(text),
  verify: truth,
  created_at: whole,
};
const RETIRE = { id: text, name: text, at: nullable(whole) };

const presentOperation = object({
  ...OPERATION,
  managed: text,
  draft: nullable(draft),
  name: text,
  inPlace: truth,
  revokeFirst: truth,
  deliveries: list(object({ place: object(PLACE), remembered: truth, delivered: truth })),
  retire: nullable(object({ ...RETIRE, grace_ms: whole, since: nullable(whole), settable: truth })),
  census: nullable(list(text)),
  sent_at: optional(whole),
  counted_from: optional(whole),
  absent_since: nullable(whole),
  step: oneOf(['intended', 'sent', 'created', 'delivered', 'retiring']),
  aborted: optional(must((value) => value === true, 'not true')),
});

const olderOperation = object({
  ...OPERATION,
  managed: optional(must(() => false, 'not of this version')),
  deliveries: list(
    object({
      plan: object({
        kind: oneOf(['stdout', 'save', 'env-file', 'exec', 'github']),
        name: optional(text),
        path: optional(text),
        item: optional(text),
        command: optional(text),
        directory: optional(text),
      }),
      label: text,
      delivered: truth,
    }),
  ),
  retire: nullable(object(RETIRE)),
  step: oneOf(['intended', 'sent', 'minted', 'delivered', 'retiring']),
});

/** The body of an operation, also of the version before: see `older-operation.ts`. */
export const operationBody = either(olderOperation, presentOperation);

export const leaseHolder = object({ machine: text, pid: whole, boot: optional(text) });
export const ledgerMove = object({ id: text, to: text, at: text });
export const ledgerCreation = object({ by: text, at: text, fingerprint: text });
