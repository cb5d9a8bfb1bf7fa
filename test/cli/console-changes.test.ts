import { expect, it } from 'vitest';
import { createConsoleChanges } from '../../src/cli/console-changes.js';
import type { Context } from '../../src/cli/context.js';
import type { Connection } from '../../src/connect/connection.js';
import { startOperation } from '../../src/lifecycle/start-operation.js';
import { managedAtVendor } from '../lifecycle/memory-vendor.js';

it('changes no key of a service that the ledger has at another address, and names the command that moves it', async () => {
  const { order, connection, means, ledger, vendor, draft, clock } = await managedAtVendor();
  await startOperation(order(), connection, means);
  const [before] = vendor.keys;
  const service = { ...vendor.service, pause: async () => undefined, unpause: async () => undefined };
  const isOwnCredential = async () => false;
  const served = {
    ...connection,
    isKeyService: true,
    address: 'http://127.0.0.1:1',
    service,
    isOwnCredential,
  };
  const { holder, sleep, every } = means;
  const context = {
    ...{ ledger: async () => ledger, clock, sleep, every, output: {}, redactor: { redact: String } },
    process: { pid: holder.pid, isAlive: () => true },
    flags: {},
  };
  const changes = createConsoleChanges(served as unknown as Connection, context as unknown as Context);
  for (const change of [
    changes.update('id-1', { name: 'shop' }),
    changes.pause('id-1'),
    changes.unpause('id-1'),
    changes.revoke('id-1'),
  ])
    await expect(change).rejects.toMatchObject({
      code: 'conflict',
      hint: expect.stringContaining('keys ledger readdress https://vendor.example http://127.0.0.1:1'),
    });
  expect(vendor.keys).toEqual([before]);
  expect((await ledger.managed.byName(draft.account, 'web'))?.versions[0]?.state).toBe('active');
});
