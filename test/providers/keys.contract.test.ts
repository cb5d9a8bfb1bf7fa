import { keyServiceContract } from '../contract/key-service.js';
import { startTestService } from '../support/key-service-server.js';
import { testClient } from '../support/test-client.js';

keyServiceContract('the client over HTTP', async () => {
  const { url, managementKey, clock } = await startTestService();
  return { service: testClient(url, managementKey).service, clock };
});
