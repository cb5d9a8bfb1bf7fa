import type { AuditEvent } from '../../domain/audit-event.js';
import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import { type Credential, KEY_STATUSES, type Key } from '../../domain/key.js';
import type { KeyDay } from '../../domain/key-service.js';
import { SYSTEMS } from '../../domain/systems.js';
import {
  type CreatedRecord,
  createShape,
  eventsShape,
  keyShape,
  listShape,
  messageShape,
  rollShape,
  usageShape,
  verifyShape,
  whoamiShape,
} from '../../http/wire/response-shapes.js';
import { ROUTES, type Route } from '../../http/wire/routes.js';
import {
  bearer,
  type Call,
  type CallContext,
  defineProvider,
  operation,
  segment,
} from '../define-provider.js';
import { factsOf } from '../facts-of.js';
import { nextCursor } from '../next-cursor.js';

function at(route: Route, id = ''): Pick<Call, 'method' | 'path'> {
  return { method: route.method, path: route.path.replace('{id}', segment(id)) };
}

function forced({ force }: CallContext): Pick<Call, 'query'> {
  return force ? { query: { force: 'true' } } : {};
}

/** The record and the secret apart, so that no record ever carries a secret along. */
function created(data: CreatedRecord): { key: Key; credential: Credential } {
  if ('secret' in data) {
    const { secret, ...key } = data;
    return { key, credential: { secret } };
  }
  const { api_key, secret_key, ...key } = data;
  return { key, credential: { api_key, secret_key } };
}

/**
 * The documented key endpoints and our own: `keys serve`, and any service that has them. Longer than other
 * vendors' files: it has every operation, and their shapes are the schemas of our service instead of fields.
 */
export const keys = defineProvider({
  ...factsOf(SYSTEMS.keys),
  documentation: 'https://api.example.com/docs/api-keys',
  credentialNeeds:
    'A key of the service with the scopes keys:read and keys:write, which its operator creates (its first start prints one).',
  variables: { secret: 'API_KEY' },
  auth: bearer,
  check: { method: 'GET', path: ROUTES.whoami.path },
  accepts: {
    expires_at: 'any time',
    scopes: { about: 'words joined by colons, such as invoices:read' },
    ips: 'addresses and CIDR ranges',
    referrers: 'origins and pages',
    endpoints: "such as 'GET /v1/users/*'",
    limits: 'a rate, a quota, a number of uses',
    owner: 'a person, a team or a customer',
    service: 'the service that it belongs to',
  },
  updates: ['name', 'service', 'expires_at', 'scopes', 'restrictions', 'limits', 'owner', 'metadata'],
  idempotent: true,
  keepsMetadata: true,
  filtersLists: true,
  judgesRequests: true,
  notes: [
    'With no address, keys are kept by the embedded service on this machine.',
    'Rotate every 90 days; different keys for different services.',
  ],
  endpoints: {
    create: operation({
      call: (request) => ({ ...at(ROUTES.create), body: request }),
      response: createShape,
      read: ({ data }) => created(data),
    }),
    list: operation({
      call: ({ limit, status, ...filters }) => ({
        ...at(ROUTES.list),
        // Without a status, the documented list leaves revoked keys out.
        query: { ...filters, limit, status: (status ?? KEY_STATUSES).join(',') },
      }),
      response: listShape,
      read: ({ data, has_more, next_cursor }) => ({
        keys: data,
        next_cursor: nextCursor(has_more, next_cursor),
      }),
    }),
    get: operation({
      call: (id) => at(ROUTES.get, id),
      response: keyShape,
      read: ({ data }) => data,
    }),
    update: operation({
      call: ({ id, changes }, context) => ({ ...at(ROUTES.update, id), body: changes, ...forced(context) }),
      response: keyShape,
      read: ({ data }) => data,
    }),
    pause: operation({
      call: (id, context) => ({ ...at(ROUTES.update, id), body: { enabled: false }, ...forced(context) }),
      read: () => undefined,
    }),
    unpause: operation({
      call: (id) => ({ ...at(ROUTES.update, id), body: { enabled: true } }),
      read: () => undefined,
    }),
    roll: operation({
      call: ({ id, request }) => ({ ...at(ROUTES.roll, id), body: request }),
      response: rollShape,
      read: ({ data, previous }) => ({ ...created(data), previous }),
    }),
    revoke: operation({
      call: (id, context) => ({ ...at(ROUTES.revoke, id), ...forced(context) }),
      response: messageShape,
      read: () => undefined,
    }),
    verify: operation({
      // A verification spends nothing: a connection that the service has just closed is no reason to fail.
      call: (request) => ({ ...at(ROUTES.verify), body: request, readOnly: true }),
      response: verifyShape,
      read: ({ data }) => {
        if (data.valid && data.key) return { valid: true, key: data.key };
        if (!data.valid && data.reason) {
          return { valid: false, reason: data.reason, ...(data.key ? { key: data.key } : {}) };
        }
        throw new KeysError(
          'bad_response',
          'the response says neither that the key is valid nor why it is not',
        );
      },
    }),
    whoami: operation({
      call: () => at(ROUTES.whoami),
      response: whoamiShape,
      read: ({ data, policy }) => {
        if (policy === undefined) return data;
        const { id, environments, types, credential } = policy;
        return { ...data, policy: id, policy_facts: { environments, types, credential } };
      },
    }),
    usage: operation({
      call: ({ id, days }) => ({ ...at(ROUTES.usage, id), query: compact({ days }) }),
      response: usageShape,
      read: ({ data }) =>
        data.map(
          ({ day, uses, refusals, new_addresses }): KeyDay => ({
            ...{ day, uses, refusals },
            ...compact({ new_addresses }),
          }),
        ),
    }),
    events: operation({
      call: (query) => ({ ...at(ROUTES.events), query: { ...query } }),
      response: eventsShape,
      read: ({ data, has_more, next_cursor }) => ({
        events: data.map(
          ({ id, at, actor, action, key_id, details }): AuditEvent => ({
            id,
            at,
            actor,
            action,
            key_id,
            details,
          }),
        ),
        next_cursor: nextCursor(has_more, next_cursor),
      }),
    }),
    acknowledge: operation({
      call: (id) => at(ROUTES.acknowledge, id),
      response: messageShape,
      read: () => undefined,
    }),
  },
});
