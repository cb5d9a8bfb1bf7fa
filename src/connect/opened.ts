import type { Connection } from './connection.js';

/** What differs between the three kinds of connection. */
export type Opened = Pick<
  Connection,
  | 'service'
  | 'kind'
  | 'roll'
  | 'refuseInexpressible'
  | 'refuseUnchangeable'
  | 'tryOut'
  | 'idsInSecret'
  | 'keyOfSecret'
  | 'baseUrl'
  | 'address'
  | 'credentialSource'
  | 'credentialStoredAt'
  | 'credentialHasOurFormat'
  | 'isKeyService'
  | 'policy'
  | 'isOwnCredential'
  | 'ownKeyId'
  | 'ownKeyIds'
  | 'fingerprint'
>;
