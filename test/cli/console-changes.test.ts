import { expect, it } from 'vitest';
import { createConsoleChanges } from '../../src/cli/console/console-changes.js';
import { startOperation } from '../../src/lifecycle/operation/start-operation.js';
import { managedAtVendor } from '../lifecycle/memory-vendor.js';
import { realContext } from '../support/real-context.js';

it('changes no key of a service that the ledger has at another address, and names the command that moves it', async () => {
  const { order, connection, means, ledger, vendor, draft, clock } = await managedAtVendor();
  await startOperation(order(), connection, means);
  const [before] = vendor.keys;
  const { get } = vendor.service;
  const service = { ...vendor.service, pause: get, unpause: get };
  const served = { ...connection, isKeyService: true, address: 'http://127.0.0.1:1', service };
  const { sleep, every } = means;
  const { context } = await realContext(clock, { ledger: async () => ledger, sleep, every });
  const changes = createConsoleChanges(served, context);
  for (const change of [
    () => changes.update('id-1', { name: 'shop' }),
    () => changes.pause('id-1'),
    () => changes.unpause('id-1'),
    () => changes.revoke('id-1'),
  ])
    await expect(change()).rejects.toMatchObject({
      code: 'conflict',
      hint: expect.stringContaining('keys ledger readdress https://vendor.example http://127.0.0.1:1'),
    });
  expect(vendor.keys).toEqual([before]);
  expect((await ledger.managed.byName(draft.account, 'web'))?.versions[0]?.state).toBe('active');
});
