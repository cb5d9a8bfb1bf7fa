/**
 * The package as a library: the typed client of any provider, and what a provider is defined with.
 *
 * @example
 * import { allKeys, connect } from 'keys';
 * const service = await connect({ provider: 'resend', credential: process.env.RESEND_API_KEY });
 * for await (const key of allKeys(service, {})) console.log(key.name, key.created_at);
 * await service.close();
 */
export { z } from 'zod';
export { type ConnectOptions, connect, type OpenKeyService } from './connect/open-service.js';
export {
  type KeyedRequest,
  type RequestVerdict,
  type VerifyKeyOptions,
  verifyKey,
} from './connect/verify-key.js';
export { allKeys } from './domain/all-keys.js';
export { KeysError } from './domain/errors.js';
export type { CreatedKey, Credential, Key, RolledKey } from './domain/key.js';
export type {
  CreateKey,
  KeyPage,
  KeyService,
  ListKeys,
  RollKey,
  UpdateKey,
  Verdict,
  VerifyKey,
} from './domain/key-service.js';
export type { ContextField, Grace, KeyOptions, LiveCheck, Provider, RollWay } from './domain/provider.js';
export { type PlaceDefinition, place } from './places/place-definition.js';
export { clientCredentials } from './providers/client-credentials.js';
export {
  basic,
  bearer,
  type Call,
  type CallContext,
  defineProvider,
  headerAuth,
  type LoginStep,
  operation,
  type ProviderDefinition,
  pairHeaders,
  type Session,
  schemeAuth,
  segment,
  signedAuth,
} from './providers/define-provider.js';
export * from './providers/language/index.js';
export { sigV4 } from './providers/sig-v4.js';
