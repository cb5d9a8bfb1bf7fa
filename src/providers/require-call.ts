import { isRecord } from '../domain/is-record.js';
import type { Call } from './define-provider.js';
import { DefinitionMistake } from './definition-mistake.js';

const METHODS: ReadonlySet<unknown> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);

/** Throws `DefinitionMistake` for what is no request. A path without a slash would be the end of the host. */
export function requireCall(call: Call, part: string): Call {
  const { method, path } = (isRecord(call) ? call : {}) as Partial<Call>;
  if (METHODS.has(method) && typeof path === 'string' && path.startsWith('/')) return call;
  throw new DefinitionMistake(part, "returns no request, such as { method: 'GET', path: '/keys' }");
}
