import { compact } from '../domain/compact.js';
import { isRecord } from '../domain/is-record.js';
import { credentialParts } from '../domain/key.js';
import { sha256 } from '../domain/sha256.js';
import type { Session } from '../providers/define-provider.js';
import type { ProviderServiceOptions } from '../providers/engine.js';
import type { SessionStore } from '../providers/login.js';
import type { Credentials } from '../storage/keychain/credentials.js';

interface KeptSessionContext {
  credentials(): Promise<Credentials>;
  settings(): { get(name: 'storage'): string | undefined };
}

/**
 * Keeps a vendor's session between calls, beside the credentials: in the keychain, or in the 0600 file where
 * the setting `storage` says so. A session belongs to one provider, address and credential. Where nothing can
 * be kept, the next call logs in again.
 */
export function createSessionStore(
  { credentials, settings }: KeptSessionContext,
  provider: string,
  { baseUrl, credential }: Pick<ProviderServiceOptions, 'baseUrl' | 'credential'>,
): SessionStore {
  const { origin } = new URL(baseUrl);
  const account = sha256(credentialParts(credential).join('\0')).slice(0, 16);
  // A colon: no profile has one in its name.
  const item = `session:${provider}:${origin}:${account}`;
  const insecureStorage = settings().get('storage') === 'file';
  return {
    async read() {
      const kept = await credentials()
        .then((all) => all.read(item))
        .catch(() => null);
      return kept?.origin === origin ? sessionOf(kept.secret) : null;
    },
    async write(session) {
      const all = await credentials();
      const written =
        session === null
          ? all.remove(item)
          : all.store(item, { secret: JSON.stringify(session), origin }, { insecureStorage });
      await written.catch(() => undefined);
    },
  };
}

/** A session as it was kept; null for anything else. */
function sessionOf(text: string): Session | null {
  try {
    const { headers, expiresAt } = JSON.parse(text) as Session;
    const whole = isRecord(headers) && Object.values(headers).every((each) => typeof each === 'string');
    // JSON writes null for a time that is no number: it is no session without an end.
    const ends = expiresAt === undefined || Number.isFinite(expiresAt);
    return whole && ends ? { headers, ...compact({ expiresAt }) } : null;
  } catch {
    return null;
  }
}
