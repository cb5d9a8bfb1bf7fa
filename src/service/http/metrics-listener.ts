import type { RequestListener } from 'node:http';
import { METRICS_TYPE, type Metrics } from './metrics.js';
import { RESPONSE_HEADERS } from './response-headers.js';

/** `GET /metrics` on a port of its own, and nothing else: who may reach the port may read it. */
export function createMetricsListener(metrics: Metrics): RequestListener {
  return ({ method, url }, outgoing) => {
    const found = url === '/metrics' && (method === 'GET' || method === 'HEAD');
    outgoing
      .writeHead(found ? 200 : 404, {
        ...RESPONSE_HEADERS,
        ...(found ? { 'content-type': METRICS_TYPE } : {}),
      })
      .end(found ? metrics.text() : undefined);
  };
}
