import type { Hono } from 'hono';
import { KeysError } from '../../domain/errors.js';
import { ROUTES, type Route } from '../../http/wire/routes.js';
import type { AppContext, AppEnv } from './callers.js';
import { METRICS_TYPE, type Metrics } from './metrics.js';

const HEALTH_PATH = '/healthz';
const READY_PATH = '/readyz';
const OPEN_API_PATH = '/openapi.json';
const METRICS_PATH = '/metrics';
/** Endpoints that need no key. */
const OPEN_PATHS = [HEALTH_PATH, READY_PATH, OPEN_API_PATH];

export interface OpenRoutes {
  /** The OpenAPI document as JSON. */
  readonly openApi: () => Promise<string>;
  /** Throws where requests cannot be handled now. */
  readonly ready: () => Promise<void>;
}

/** Registers the endpoints that need no key. */
export function addOpenRoutes(app: Hono<AppEnv>, { ready, openApi }: OpenRoutes): void {
  app.get(HEALTH_PATH, (context) => context.json({ status: 'ok' }));
  app.get(READY_PATH, async (context) => {
    try {
      await ready();
    } catch (error) {
      throw new KeysError('unavailable', 'not ready: the database does not respond', {
        retryAfterSeconds: 2,
        cause: error instanceof KeysError ? error.cause : error,
      });
    }
    return context.json({ status: 'ready' });
  });
  app.get(OPEN_API_PATH, async (context) =>
    context.body(await openApi(), 200, { 'content-type': 'application/json' }),
  );
}

/** Registers the metrics. `authorized` throws where the caller may not read them. */
export function addMetrics(
  app: Hono<AppEnv>,
  metrics: Metrics,
  authorized: (context: AppContext) => Promise<void>,
): void {
  app.get(METRICS_PATH, async (context) => {
    await authorized(context);
    return context.body(metrics.text(), 200, { 'content-type': METRICS_TYPE });
  });
}

/** Throws `method_not_allowed` for an endpoint that has other methods, and `not_found` for anything else. */
export function refuseUnknownEndpoint(context: AppContext): never {
  const allowed = methodsAt(new URL(context.req.url).pathname);
  if (allowed.length === 0)
    throw new KeysError('not_found', 'no such endpoint', { hint: 'GET /openapi.json names them' });
  context.header('allow', allowed.join(', '));
  throw new KeysError('method_not_allowed', `not a method of this endpoint: ${context.req.method}`);
}

function methodsAt(path: string): string[] {
  const matches = (route: Route) => new RegExp(`^${route.path.replace('{id}', '[^/]+')}$`).test(path);
  const methods = Object.values(ROUTES)
    .filter(matches)
    .map((route): string => route.method);
  if (path === ROUTES.authorize.path) methods.push('POST');
  return [...new Set(OPEN_PATHS.includes(path) || path === METRICS_PATH ? ['GET'] : methods)];
}
