import type { Connection } from '../../connect/connection.js';
import type { RecordField } from '../../terminal/output.js';

/**
 * What a dry run adds at a service on another machine, which has no request that only checks: the service may
 * refuse what this program finds nothing wrong with. Nothing elsewhere.
 */
export function notAsked({ kind }: Pick<Connection, 'kind'>): {
  readonly json: { readonly service_asked?: false };
  readonly fields: readonly RecordField[];
} {
  if (kind !== 'remote') return { json: {}, fields: [] };
  return {
    json: { service_asked: false },
    fields: [['not asked', 'the service: it may still refuse this']],
  };
}
