import type { CreatedKey, RolledKey } from '../../domain/key.js';
import type { CreateKey, CreationOptions, KeyService, RollKey } from '../../domain/key-service.js';

/** Without an idempotency key, a request cannot be repeated, and no response is kept for it. */
export type RequestOptions = Partial<Pick<CreationOptions, 'idempotencyKey'>>;

/** The contract as our service keeps it: with what only it has, and for requests that cannot be repeated. */
export interface ServedKeys extends Required<Pick<KeyService, 'usage'>>, Omit<KeyService, 'usage'> {
  create(request: CreateKey, options: RequestOptions): Promise<CreatedKey>;
  roll(id: string, request: RollKey, options: RequestOptions): Promise<RolledKey>;
  acknowledge(id: string, options: RequestOptions): Promise<void>;
}
