import { onTestFinished } from 'vitest';
import { openEmbeddedService } from '../../src/service/embedded.js';
import { keyServiceContract } from '../contract/key-service.js';
import { keyServiceConcurrency } from '../contract/key-service-concurrency.js';
import { settableClock } from '../support/settable-clock.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const make = async () => {
  const clock = settableClock();
  const embedded = await openEmbeddedService(temporaryFolder(), clock);
  onTestFinished(() => embedded.close());
  return { service: embedded.service, clock };
};

keyServiceContract('the embedded service', make);
keyServiceConcurrency('the embedded service', make);
