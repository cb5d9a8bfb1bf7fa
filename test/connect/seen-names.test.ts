import { expect, it } from 'vitest';
import { trackingNames } from '../../src/connect/seen-names.js';
import type { KeyService } from '../../src/domain/key-service.js';
import { startTestService } from '../support/key-service-server.js';
import { testClient } from '../support/test-client.js';

it('keeps every method of a service, those that only some services have too', async () => {
  const { url, managementKey } = await startTestService();
  const service: KeyService = {
    ...testClient(url, managementKey).service,
    recover: async () => ({ secret: 'fake-secret' }),
  };
  const tracking = trackingNames(service, {} as never, false);
  expect(Object.keys(tracking).sort()).toEqual(Object.keys(service).sort());
  expect(await tracking.recover?.('key_1')).toEqual({ secret: 'fake-secret' });
});
