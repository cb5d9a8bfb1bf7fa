import { managementCredential } from '../../src/connect/client.js';
import type { Clock } from '../../src/domain/clock.js';
import type { Settling } from '../../src/domain/provider.js';
import type { Redactor } from '../../src/domain/redactor.js';
import { createHttpTransport } from '../../src/http/create-http-transport.js';
import type { Transport } from '../../src/http/transport.js';
import type { ProviderDefinition } from '../../src/providers/define-provider.js';
import { createProviderService } from '../../src/providers/engine.js';
import { checkLive } from '../../src/providers/live-check.js';
import { loadProvider } from '../../src/providers/registry.js';
import type { VendorFixture } from '../providers/fixtures/fixture.js';
import type { VendorApi } from './vendor-api.js';

export const clock = { now: () => Date.now() };

/**
 * The provider of a fixture, connected to it. `waits`: the waits that were asked of it, in milliseconds. It
 * waits for none of them.
 */
export async function connectVendor(
  fixture: VendorFixture,
  api: VendorApi,
  credential = fixture.credential,
  shared: {
    readonly transport?: Transport;
    readonly redactor?: Redactor;
    /** In the place of the vendor's own times. */
    readonly settling?: Settling;
    /** Default: the real one. */
    readonly clock?: Clock;
  } = {},
) {
  const shipped = await loadProvider(fixture.id);
  const provider: ProviderDefinition = { ...shipped, settling: shared.settling ?? shipped.settling };
  const waits: number[] = [];
  const sleep = async (ms: number) => void waits.push(ms);
  const { clock: own = clock, redactor } = shared;
  const { transport = createHttpTransport({ clock: own, sleep }) } = shared;
  const userAgent = 'keys/test';
  const set = fixture.set ?? {};
  const service = createProviderService(provider, {
    baseUrl: api.url,
    credential: managementCredential(provider, credential),
    transport,
    userAgent,
    clock: own,
    sleep,
    set,
    ...(redactor === undefined ? {} : { redactor }),
  });
  const tryOut = (tried: Parameters<typeof checkLive>[2]) =>
    checkLive(provider, { baseUrl: api.url, set }, tried, { transport, userAgent });
  return { provider, service, tryOut, waits };
}
