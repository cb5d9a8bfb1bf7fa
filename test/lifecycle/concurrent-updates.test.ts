import { describe, expect, it } from 'vitest';
import type { OptionValues } from '../../src/domain/key.js';
import type { ManagedKey } from '../../src/domain/managed-key.js';
import { createHttpTransport } from '../../src/http/create-http-transport.js';
import type { AccountConnection } from '../../src/lifecycle/account-connection.js';
import { pauseKey } from '../../src/lifecycle/pause-key.js';
import { updateKey } from '../../src/lifecycle/update-key.js';
import { bearer } from '../../src/providers/define-provider.js';
import { createProviderService } from '../../src/providers/engine.js';
import { provider, text } from '../../src/providers/language/index.js';
import { faultyServer, sendJson } from '../support/faulty-server.js';
import { underWay } from '../support/under-way.js';
import { managedAtVendor } from './memory-vendor.js';

// Two programs on one ledger change one key of a vendor whose update replaces the whole record. The vendor
// holds the first write.

const FIRST = { id: 'k1', name: 'web', color: 'red', size: 'small', active: true };
const DEFINITION = provider({
  id: 'replacing',
  title: 'Replacing',
  documentation: 'https://replacing.example',
  variable: 'REPLACING_KEY',
  auth: bearer,
  keys: {
    path: '/keys',
    secret: 'secret',
    update: { replaces: true },
    pause: { paused: { active: false }, active: { active: true } },
    fields: { name: text('name', { updates: true }) },
  },
  options: {
    color: text('color', { accepts: 'any', updates: true }),
    size: text('size', { accepts: 'any', updates: true }),
  },
});

type Record = typeof FIRST;

/** Shows what was written `shownAfterMs` later by its clock, as vendors do whose changes need time. */
async function replacingVendor(clock: { now(): number }, shownAfterMs = 0) {
  const written: { at: number; record: Record }[] = [{ at: 0, record: FIRST }];
  const shown = () => written.findLast(({ at }) => at === 0 || at + shownAfterMs <= clock.now())?.record;
  let onHeld: ((go: () => void) => void) | null = null;
  const { url, seen } = await faultyServer((response, { method, url: path }) => {
    if (method !== 'PUT') return sendJson(response, 200, path === '/keys' ? [shown()] : shown());
    const body = seen.at(-1)?.body ?? '';
    const write = () => {
      written.push({ at: clock.now(), record: JSON.parse(body) });
      sendJson(response, 200, written.at(-1)?.record);
    };
    const held = onHeld;
    onHeld = null;
    if (held === null) write();
    else held(write);
  });
  return {
    url,
    last: () => written.at(-1)?.record,
    /** Resolves when the next write has arrived, to what lets it go on. */
    holdWrite: async () =>
      await new Promise<() => void>((resolve) => {
        onHeld = resolve;
      }),
  };
}

/** Two programs that have found the key, which the ledger knows or does not know. */
async function twoPrograms({ known, shownAfterMs = 0 }: { known: boolean; shownAfterMs?: number }) {
  const { ledger, means, connection, draft, clock } = await managedAtVendor();
  const vendor = await replacingVendor(clock, shownAfterMs);
  const definition = { ...DEFINITION, settling: { ...DEFINITION.settling, listed: shownAfterMs / 1000 } };
  const { sleep } = means;
  const service = createProviderService(definition, {
    ...{
      baseUrl: vendor.url,
      credential: { secret: 'fake_admin_for_tests' },
      userAgent: 'keys/test',
      clock,
      sleep,
    },
    transport: createHttpTransport({ clock, sleep }),
  });
  const here: AccountConnection = { ...connection, provider: definition, service };
  const key = await service.get('k1');
  const version = { ...{ id: key.id, generation: 1, record: key, state: 'active' as const }, ends_at: null };
  const managed: ManagedKey | null = known ? { ...draft, versions: [version] } : null;
  if (managed !== null) {
    const { address } = connection;
    const entry = { ...{ provider: 'resend', address, key }, ...{ digests: [], secret_item: null } };
    await ledger.put({ ...entry, base_url: null, roll_by: null }, clock.now());
    await ledger.managed.save(managed, null);
  }
  const found = { key, managed };
  const program = (pid: number) => {
    const own = { ...means, holder: { machine: 'here', pid } };
    return {
      set: (options: OptionValues) => updateKey(found, { options }, here, own),
      rename: (name: string) => updateKey(found, { name }, here, own),
      pause: () => pauseKey({ ...found, by: 'id' }, 'paused', here, { ...own, minutesAhead: () => null }),
    };
  };
  const remembered = async () => (await ledger.managed.byVersion(draft.account, 'k1'))?.versions[0]?.record;
  return { vendor, first: program(1), second: program(2), remembered };
}

describe.each([true, false])('two programs change a key at once, which the ledger knows: %s', (known) => {
  it('one is refused while the other one writes, whatever it changes, and nothing is lost', async () => {
    const { vendor, first, second, remembered } = await twoPrograms({ known });
    const held = vendor.holdWrite();
    const writing = underWay(first.set({ color: 'blue' }));
    const go = await held;
    for (const other of [
      () => second.set({ color: 'green' }),
      () => second.set({ size: 'large' }),
      second.pause,
    ])
      await expect(other()).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringContaining('another run of keys is working on this key (process 1'),
      });
    go();
    expect((await writing).options).toEqual({ color: 'blue', size: 'small' });
    await second.set({ size: 'large' });
    await second.pause();
    expect(vendor.last()).toEqual({ ...FIRST, color: 'blue', size: 'large', active: false });
    if (known) expect((await remembered())?.options).toEqual({ color: 'blue', size: 'large' });
  });

  it('a change that the vendor shows only later is not undone by the next one', async () => {
    const { vendor, first, second } = await twoPrograms({ known, shownAfterMs: 8_000 });
    expect((await first.set({ color: 'blue' })).options).toEqual({ color: 'blue', size: 'small' });
    expect((await second.set({ size: 'large' })).options).toEqual({ color: 'blue', size: 'large' });
    expect(vendor.last()).toEqual({ ...FIRST, color: 'blue', size: 'large' });
  });
});

it('the second of two changes of one option is refused, where the first was made after the key was found', async () => {
  const { vendor, first, second } = await twoPrograms({ known: true });
  await first.set({ color: 'blue' });
  await first.rename('shop');
  await expect(second.set({ color: 'green', size: 'large' })).rejects.toMatchObject({
    code: 'conflict',
    message: 'another program has just changed color of web',
  });
  await expect(second.rename('store')).rejects.toMatchObject({ code: 'conflict' });
  expect(vendor.last()).toEqual({ ...FIRST, name: 'shop', color: 'blue' });
});
