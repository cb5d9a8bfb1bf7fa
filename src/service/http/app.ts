import { randomUUID } from 'node:crypto';
import { Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Clock } from '../../domain/clock.js';
import { KeysError } from '../../domain/errors.js';
import type { InvalidReason } from '../../domain/key-service.js';
import { SCOPE_READ } from '../../domain/scopes.js';
import { asShown } from '../../domain/whole-seconds.js';
import { ROUTES } from '../../http/wire/routes.js';
import { type Policy, policyFacts } from '../policies/policy.js';
import { requireScope } from '../principal.js';
import type { KeyRules } from '../rules.js';
import type { CheckedKey } from '../store/key-store.js';
import { refuseAddress } from './address.js';
import type { Admit } from './admission.js';
import { refuseNameless } from './caller.js';
import { type AppContext, type AppEnv, createCallers } from './callers.js';
import { cutOff, failureResponse, reasonOf } from './failure-response.js';
import { addKeyRoutes } from './key-routes.js';
import { MOST_BODY_BYTES } from './limits.js';
import type { Metrics } from './metrics.js';
import { isConsolePath } from './mount-console.js';
import { addMetrics, addOpenRoutes, type OpenRoutes, refuseUnknownEndpoint } from './open-routes.js';
import { callerAddress, type ReadOrigin } from './origin.js';
import { isLogged, type LogLevel, requestLine } from './request-line.js';
import { RESPONSE_HEADERS } from './response-headers.js';
import { startStopwatch } from './stopwatch.js';

const FIXED_HEADERS = Object.entries(RESPONSE_HEADERS);

export interface AppOptions extends OpenRoutes {
  readonly rules: KeyRules;
  readonly policy: Policy;
  readonly admit: Admit;
  /** Notes that a known key was refused something. */
  readonly noteRefused: (key: CheckedKey, reason: InvalidReason) => void;
  readonly readOrigin: ReadOrigin;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: (line: string) => void;
  /** Which requests are logged; default all. */
  readonly logLevel?: LogLevel;
  /** Where a request for this address (path and query) is led instead; null: nowhere else. */
  readonly leadAway?: (address: string) => string | null;
  /** Adds pages for browsers; absent: there are none. */
  readonly addPages?: (app: Hono<AppEnv>) => void;
}

/**
 * The key endpoints over HTTP, but for `authorize`. Their responses are in `wire/response-schemas.ts`; every
 * failure is a problem document.
 */
export function createApp(options: AppOptions): Hono<AppEnv> {
  const { rules, policy, metrics, log } = options;
  const { manager, user } = createCallers(options);
  const app = new Hono<AppEnv>();

  /** The result of the work. A key that may not do it counts as refused, as at the gateway. */
  async function noted<Result>(row: CheckedKey, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (reasonOf(error) === 'scope_missing') options.noteRefused(row, 'scope_missing');
      throw error;
    }
  }

  addGuards(app, options);
  app.onError((error, context) => {
    context.set('reason', reasonOf(error));
    const cause = cutOff(error, context.env.incoming);
    const { status, headers, body } = failureResponse(cause, context.get('requestId'), { policy, log });
    return context.body(body, status as 400, headers);
  });

  addKeyRoutes((route, work) => {
    app.on(route.method, route.path.replace('{id}', ':id'), async (context) => {
      const row = await manager(context);
      return await noted(row, () => work(rules.as(row), context, context.req.param('id') ?? ''));
    });
  });
  app.get(ROUTES.whoami.path, async (context) => {
    const own = await rules.as(await user(context, { onlyAsks: true })).whoami();
    const data = own && asShown(own);
    return context.json({ success: true, data, policy: policyFacts(policy) });
  });
  addMetrics(app, metrics, async (context) => {
    const row = await manager(context);
    await noted(row, async () => requireScope(row, SCOPE_READ));
  });
  addOpenRoutes(app, options);
  options.addPages?.(app);
  app.notFound(refuseUnknownEndpoint);
  return app;
}

/**
 * What every request passes first: its id and its log line, the limit of its body, and whether its address
 * and its sender are accepted.
 */
function addGuards(app: Hono<AppEnv>, options: AppOptions): void {
  app.use(async (context, next) => await responded(context, next, options));
  // The pages have the same limit, and say it in a page.
  const isPage = (path: string) => options.addPages !== undefined && isConsolePath(path);
  app.use(async (context, next) => await (isPage(context.req.path) ? next() : limitBody(context, next)));
  app.use(async (context, next) => {
    const address = context.env.incoming.url ?? '/';
    const elsewhere = options.leadAway?.(address) ?? null;
    if (elsewhere !== null) return context.redirect(elsewhere, 303);
    refuseAddress(address);
    return await next();
  });
  if (!options.policy.userAgentRequired) return;
  app.use('/v1/*', async (context, next) => {
    refuseNameless(context.req.header('user-agent'));
    await next();
  });
}

function refuseBody(): never {
  throw new KeysError('payload_too_large', `the body is larger than ${MOST_BODY_BYTES} bytes`);
}

const limitStream = bodyLimit({ maxSize: MOST_BODY_BYTES, onError: refuseBody });

/**
 * Throws `payload_too_large`. A stated length is held against the limit by itself, for Node reads no more
 * than that: to ask for the body as a stream would cost more than all else that is done for a request.
 */
const limitBody: MiddlewareHandler<AppEnv> = async (context, next) => {
  const { 'transfer-encoding': encoding, 'content-length': length = '0' } = context.env.incoming.headers;
  if (encoding !== undefined) return await limitStream(context, next);
  if (Number(length) > MOST_BODY_BYTES) refuseBody();
  return await next();
};

/** Gives a request its id, and the response its headers; counts and logs it. */
async function responded(
  context: AppContext,
  next: () => Promise<void>,
  { clock, metrics, log, logLevel = 'all', readOrigin }: AppOptions,
): Promise<void> {
  const start = clock.now();
  const elapsed = startStopwatch();
  const requestId = randomUUID();
  context.set('requestId', requestId);
  // Of the response to come, and not set on the framework's: its headers cost more than the rest of the
  // response. The console's pages, which have stricter or other headers, write theirs over these.
  const { outgoing } = context.env;
  outgoing.setHeader('x-request-id', requestId);
  for (const [name, value] of FIXED_HEADERS) outgoing.setHeader(name, value);
  await next();
  const [route, status, ms] = [context.req.routePath, context.res.status, elapsed()];
  metrics.responded(route, status, ms);
  if (!isLogged(logLevel, status)) return;
  const { method } = context.req;
  const reason = context.get('reason');
  log(
    requestLine({
      start,
      requestId,
      method,
      route,
      status,
      ms: Math.round(ms),
      keyId: context.get('keyId'),
      reason,
      address: reason === undefined ? undefined : callerAddress(context.env.incoming, readOrigin),
    }),
  );
}
