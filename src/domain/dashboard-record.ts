import { compact } from './compact.js';
import { type Credential, identifyingPart, type Key } from './key.js';
import type { CreateKey } from './key-service.js';
import type { Provider } from './provider.js';
import { randomBase62 } from './secret-format.js';

/** What is known of a key of a dashboard beside its credential. */
type Said = Pick<CreateKey, 'name' | 'type' | 'service' | 'expires_at'> & {
  readonly environment: string | null;
  /** ISO 8601; absent: not known. */
  readonly created_at?: string;
};

/** The record of a key that only its dashboard knows, with an id of our own. */
export function dashboardRecord(
  { name, type = 'secret', environment, service = null, created_at, expires_at = null }: Said,
  { format }: Pick<Provider, 'format'>,
  credential: Credential,
): Key {
  const text = identifyingPart(credential);
  return {
    id: `key_${randomBase62(20)}`,
    name,
    type,
    environment,
    service,
    prefix: format.prefixes.find(({ prefix }) => text.startsWith(prefix))?.prefix ?? '',
    hint: text.slice(-4),
    status: 'active',
    ...compact({ created_at }),
    expires_at,
    rolled_from: null,
    rolled_to: null,
  };
}
