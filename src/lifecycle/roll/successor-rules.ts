import { compact } from '../../domain/compact.js';
import type { CreateKey } from '../../domain/key-service.js';
import type { KeyOptions, Provider } from '../../domain/provider.js';
import type { AccountConnection } from '../account-connection.js';

/** What a successor depends on of its provider. */
export type SuccessorRules = Pick<
  Provider,
  'title' | 'accepts' | 'context' | 'shows' | 'options' | 'keepsMetadata'
> & {
  /** Whether the service takes every right that the ledger may remember, whatever the definition says. */
  readonly takesAll?: true;
  /** Whether a file of the user's own defines the provider: see `successorOf`. */
  readonly isOwnFile?: boolean;
};

/** Complete by its type: what is not here, a successor at our own service would lose. */
const ACCEPTED: Required<KeyOptions> = {
  ...{ expires_at: '', scopes: { about: '' }, ips: '', referrers: '', endpoints: '' },
  ...{ limits: '', owner: '', service: '' },
};

/** Complete by its type, as `ACCEPTED` is. */
const SHOWN: Readonly<Record<Exclude<keyof CreateKey, 'options'>, true>> = {
  ...{ name: true, type: true, environment: true, service: true, expires_at: true, scopes: true },
  ...{ restrictions: true, limits: true, owner: true, metadata: true },
};

/** Our own service reports every field and validates requests itself. */
const ALL_TOLD: SuccessorRules = {
  title: 'the service',
  takesAll: true,
  accepts: ACCEPTED,
  shows: { list: Object.keys(SHOWN) as Array<keyof typeof SHOWN>, get: [] },
  context: [],
  options: [],
  keepsMetadata: true,
};

/**
 * The rules for successors over this connection: a key service has its own, whatever vendor's policy it
 * follows.
 */
export function successorRules({
  kind,
  isKeyService,
  provider,
}: Pick<AccountConnection, 'kind' | 'isKeyService' | 'provider'>): SuccessorRules {
  if (isKeyService) return ALL_TOLD;
  if (kind !== 'guided') return { ...provider, isOwnFile: provider.source !== null };
  // The ledger keeps a key of a dashboard: it has neither limits nor an owner.
  const { expires_at: _, limits: __, owner: ___, ...others } = ACCEPTED;
  const { expires_at } = provider.accepts;
  return { ...ALL_TOLD, accepts: { ...others, ...compact({ expires_at }) } };
}
