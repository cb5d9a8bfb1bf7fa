import { compact } from '../domain/compact.js';
import { type Credential, identifyingPart } from '../domain/key.js';
import type { LiveCheckResult } from '../domain/live-check-result.js';
import type { ProviderDefinition } from '../providers/define-provider.js';
import type { EmbeddedService } from '../service/embedded.js';
import { embeddedAddress } from './address-of-target.js';
import type { ConnectContext } from './connection.js';
import { embeddedFolder, showFirstKeys } from './embedded-folder.js';
import type { Opened } from './opened.js';
import type { Target } from './resolve-target.js';
import { RESTRICTED } from './restricted-key.js';

/** The key service in this process, over one file of this machine. It says so at its first use. */
export async function openEmbedded(
  context: ConnectContext,
  provider: ProviderDefinition,
  target: Target,
): Promise<Opened> {
  const [{ openEmbeddedService }, { createEncryptionKeySource }] = await Promise.all([
    import('../service/embedded.js'),
    import('../storage/keychain/encryption-key.js'),
  ]);
  const dataDir = embeddedFolder(context.directories().data, target);
  const { service, authenticate, policy, firstUse, firstKeys, close } = await openEmbeddedService(
    dataDir,
    context.clock,
    {
      ...compact({ policy: target.policy }),
      encryptionKey: createEncryptionKeySource(context),
    },
  );
  context.process.onEnd(close);
  showFirstKeys(context.output, firstKeys);
  if (firstUse) {
    context.output.say(
      `these are keys for an API of your own, which no vendor accepts; they are in ${dataDir}. Log in to a vendor to manage its keys`,
    );
  }
  return {
    service,
    kind: 'embedded',
    roll: provider.roll,
    refuseInexpressible: () => undefined,
    refuseUnchangeable: () => undefined,
    tryOut: (credential) => tryEmbedded(authenticate, credential),
    keyOfSecret: async () => null,
    idsInSecret: async () => [],
    baseUrl: null,
    address: embeddedAddress(target),
    credentialSource: null,
    credentialStoredAt: null,
    credentialHasOurFormat: async () => true,
    isKeyService: true,
    policy: async () => policy,
    ownKeyId: null,
    ownKeyIds: async () => [],
    isOwnCredential: async () => false,
    fingerprint: async () => null,
  };
}

/** Asks the embedded rules as the service over HTTP would be asked. */
async function tryEmbedded(
  authenticate: EmbeddedService['authenticate'],
  credential: Credential,
): Promise<LiveCheckResult> {
  const { signBytes } = await import('../domain/signatures.js');
  const signature = 'secret' in credential ? {} : { signature: signBytes(credential.secret_key, '{}') };
  const verdict = await authenticate(identifyingPart(credential), signature);
  if (verdict.valid || RESTRICTED.has(verdict.reason)) return { outcome: 'accepted' };
  return { outcome: 'refused', status: 401, message: verdict.reason, reason: verdict.reason };
}
