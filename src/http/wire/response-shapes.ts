/**
 * What the client requires of a response of the key endpoints. `response-schemas.ts` describes the same in
 * zod for the published document. Loading zod and its schemas costs most of what `keys list` may cost, so the
 * client has these few checks instead; test/http/wire/response-shapes.test.ts holds both equal.
 */

import type { AuditEvent } from '../../domain/audit-event.js';
import { KEY_STATUSES, KEY_TYPES, type Key } from '../../domain/key.js';
import {
  INVALID_REASONS,
  type InvalidReason,
  type KeyDay,
  type PolicyFacts,
} from '../../domain/key-service.js';
import {
  anything,
  day,
  either,
  filled,
  list,
  maybe,
  nullable,
  object,
  oneOf,
  optional,
  record,
  type Shape,
  text,
  time,
  truth,
  whole,
  yes,
} from '../../domain/shapes.js';
import type { ResponseSchema } from './read-response.js';

/**
 * A key's record. Only what the documented page shows is required, so that a service that has no more is
 * understood; what a newer service adds is let through.
 */
const KEY = {
  id: filled,
  name: text,
  type: optional(oneOf(KEY_TYPES)),
  environment: maybe(text),
  service: maybe(text),
  prefix: optional(text),
  hint: maybe(text),
  status: optional(oneOf(KEY_STATUSES)),
  scopes: optional(list(text)),
  restrictions: optional(
    object({ ips: optional(list(text)), referrers: optional(list(text)), endpoints: optional(list(text)) }),
  ),
  limits: optional(object({ rate: optional(text), quota: optional(text), uses: optional(whole) })),
  owner: maybe(text),
  created_at: maybe(time),
  last_used: maybe(time),
  expires_at: maybe(time),
  rolled_from: maybe(text),
  rolled_to: maybe(text),
  metadata: optional(record(text)),
};
const key = object(KEY);
const createdKey = either(
  object({ ...KEY, secret: filled }),
  object({ ...KEY, api_key: filled, secret_key: filled }),
);

/**
 * A body of this shape, as `readResponse` takes it. The data are as they came: members that nobody asked for
 * stay.
 */
function body<Data>(shape: Shape): ResponseSchema<Data> {
  return {
    safeParse(value) {
      const problem = shape(value);
      return problem === null
        ? { success: true, data: value as Data }
        : { success: false, error: { issues: [problem] } };
    },
  };
}

/** A successful response of the key endpoints with these members. */
function success<Members>(members: Readonly<Record<keyof Members & string, Shape>>) {
  return body<Members>(object({ success: yes, ...members }));
}

/** A vendor's body in which members of these names are texts, where they are there at all. */
export function textsShape<Name extends string>(...names: readonly Name[]) {
  const members = Object.fromEntries(names.map((name) => [name, optional(text)]));
  return body<{ readonly [Member in Name]?: string }>(object(members));
}

interface Paging {
  readonly has_more?: boolean;
  readonly next_cursor?: string | null;
}

/** A key's record with its secret, or with its pair. */
export type CreatedRecord = Key &
  ({ readonly secret: string } | { readonly api_key: string; readonly secret_key: string });

export const keyShape = success<{ readonly data: Key }>({ data: key });
/**
 * `policy`: the rules that the service follows, such as `tylt`. A service that is not ours does not have it.
 */
export const whoamiShape = success<{
  readonly data: Key;
  readonly policy?: { readonly id: string } & PolicyFacts;
}>({
  data: key,
  policy: optional(
    object({
      id: text,
      title: text,
      environments: list(text),
      types: list(text),
      credential: oneOf(['secret', 'pair']),
    }),
  ),
});
export const createShape = success<{ readonly data: CreatedRecord }>({ data: createdKey });
export const rollShape = success<{ readonly data: CreatedRecord; readonly previous: Key }>({
  data: createdKey,
  previous: key,
});
/** `has_more` and `next_cursor` are ours: the documented page has neither and shows everything at once. */
export const listShape = success<{ readonly data: readonly Key[] } & Paging>({
  data: list(key),
  has_more: optional(truth),
  next_cursor: maybe(text),
});
export const messageShape = success<{ readonly message: string }>({ message: text });
export const verifyShape = success<{
  readonly data: { readonly valid: boolean; readonly reason?: InvalidReason; readonly key?: Key };
}>({ data: object({ valid: truth, reason: optional(oneOf(INVALID_REASONS)), key: optional(key) }) });
export const usageShape = success<{
  readonly data: readonly KeyDay[];
}>({ data: list(object({ day, uses: whole, refusals: whole, new_addresses: optional(whole) })) });
export const eventsShape = success<{ readonly data: readonly AuditEvent[] } & Required<Paging>>({
  data: list(
    object({
      id: filled,
      at: time,
      actor: text,
      action: text,
      key_id: nullable(text),
      details: record(anything),
    }),
  ),
  has_more: truth,
  next_cursor: nullable(text),
});
