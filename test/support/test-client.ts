import { onTestFinished } from 'vitest';
import type { KeyService } from '../../src/domain/key-service.js';
import { createHttpTransport, type HttpTransportOptions } from '../../src/http/create-http-transport.js';
import { createProviderService } from '../../src/providers/engine.js';
import { keys } from '../../src/providers/vendors/keys.js';
import { settableClock } from './settable-clock.js';

/** The client as the program makes it, with waits that are recorded and not waited for. */
export function testClient(
  baseUrl: string,
  credential: string,
  options: Partial<HttpTransportOptions> = {},
): { service: KeyService; waits: number[] } {
  const waits: number[] = [];
  const transport = createHttpTransport({
    clock: settableClock(),
    sleep: async (ms) => void waits.push(ms),
    ...options,
  });
  onTestFinished(() => transport.close());
  return {
    service: createProviderService(keys, {
      baseUrl,
      credential: { secret: credential },
      transport,
      userAgent: 'keys/test',
      clock: settableClock(),
      sleep: async (ms) => void waits.push(ms),
    }),
    waits,
  };
}
