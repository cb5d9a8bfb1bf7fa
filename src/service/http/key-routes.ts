import type { Context } from 'hono';
import { KeysError } from '../../domain/errors.js';
import { IDEMPOTENCY_HEADER } from '../../domain/idempotency.js';
import { withCredential } from '../../domain/key.js';
import type {
  CreateKey,
  KeyService,
  ListKeys,
  RollKey,
  UpdateKey,
  VerifyKey,
} from '../../domain/key-service.js';
import { asShown } from '../../domain/whole-seconds.js';
import type { ResponseSchema } from '../../http/wire/read-response.js';
import { eventsQuery, forceQuery, listQuery, usageQuery } from '../../http/wire/request-schemas.js';
import { REVOKED_MESSAGE, ROUTES, type Route } from '../../http/wire/routes.js';
import type { RequestOptions, ServedKeys } from '../rules/served-keys.js';
import { validate } from '../validate.js';
import { readJsonBody } from './read-json.js';

/** Registers a route. `work` gets the contract as the caller of a request may use it. */
export type Handle = (
  route: Route,
  work: (service: ServedKeys, context: Context, id: string) => Promise<Response>,
) => void;

/** Registers the endpoints that manage keys. */
export function addKeyRoutes(handle: Handle): void {
  addCollection(handle);
  addSingleKey(handle);
}

function addCollection(handle: Handle): void {
  handle(ROUTES.create, async (service, context) => {
    const created = await service.create(
      (await readJsonBody(context)) as CreateKey,
      creationOptions(context),
    );
    return context.json({ success: true, data: asShown(withCredential(created)) }, 201);
  });
  handle(ROUTES.list, async (service, context) => {
    const query = readQuery(listQuery(), context) as ListKeys;
    const page = await service.list(query);
    return context.json({
      success: true,
      data: asShown(page.keys),
      has_more: page.next_cursor !== null,
      next_cursor: page.next_cursor,
    });
  });
  handle(ROUTES.verify, async (service, context) => {
    return context.json({
      success: true,
      data: asShown(await service.verify((await readJsonBody(context)) as VerifyKey)),
    });
  });
  handle(ROUTES.events, async (service, context) => {
    const page = await service.events(
      readQuery(eventsQuery(), context) as Parameters<KeyService['events']>[0],
    );
    return context.json({
      success: true,
      data: asShown(page.events),
      has_more: page.next_cursor !== null,
      next_cursor: page.next_cursor,
    });
  });
}

function addSingleKey(handle: Handle): void {
  handle(ROUTES.get, async (service, context, id) =>
    context.json({ success: true, data: asShown(await service.get(id)) }),
  );
  handle(ROUTES.update, async (service, context, id) => {
    const options = readQuery(forceQuery(), context);
    return context.json({
      success: true,
      data: asShown(await service.update(id, (await readJsonBody(context)) as UpdateKey, options)),
    });
  });
  handle(ROUTES.roll, async (service, context, id) => {
    const rolled = await service.roll(
      id,
      ((await readJsonBody(context)) ?? {}) as RollKey,
      creationOptions(context),
    );
    const { previous } = rolled;
    return context.json(asShown({ success: true, data: withCredential(rolled), previous }), 201);
  });
  handle(ROUTES.acknowledge, async (service, context, id) => {
    await service.acknowledge(id, creationOptions(context));
    return context.json({ success: true, message: 'response dropped' });
  });
  handle(ROUTES.revoke, async (service, context, id) => {
    await service.revoke(id, readQuery(forceQuery(), context));
    return context.json({ success: true, message: REVOKED_MESSAGE });
  });
  handle(ROUTES.usage, async (service, context, id) => {
    const { days } = readQuery(usageQuery(), context);
    return context.json({ success: true, data: await service.usage(id, days) });
  });
}

/** Without the header a repeat is not recognised. */
function creationOptions(context: Context): RequestOptions {
  const key = context.req.header(IDEMPOTENCY_HEADER);
  if (key !== undefined && !/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new KeysError('invalid_request', 'Idempotency-Key: 1 to 255 visible ASCII characters');
  }
  return key === undefined ? {} : { idempotencyKey: key };
}

/**
 * Returns the query as its schema reads it. Throws `invalid_request`, also for a parameter that does not
 * exist.
 */
function readQuery<Output>(schema: ResponseSchema<Output>, context: Context): Output {
  return validate(schema, singleQuery(context), 'parameter');
}

/** Returns the query parameters. Throws `invalid_request` for a parameter that is given more than once. */
function singleQuery(context: Context): Record<string, string> {
  const entries = Object.entries(context.req.queries()).map(([name, values]) => {
    if (values.length > 1) throw new KeysError('invalid_request', `${name}: given more than once`);
    return [name, values[0] ?? ''] as const;
  });
  return Object.fromEntries(entries);
}
