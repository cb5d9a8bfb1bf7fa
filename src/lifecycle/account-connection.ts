import type { Connection } from '../connect/connection.js';

/** What the life of a key needs of a connection. */
export type AccountConnection = Pick<
  Connection,
  'isKeyService' | 'kind' | 'none' | 'address' | 'provider' | 'roll' | 'service' | 'target'
>;
