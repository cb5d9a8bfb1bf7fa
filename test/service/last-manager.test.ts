import { expect, it } from 'vitest';
import type { Key } from '../../src/domain/key.js';
import type { KeyService } from '../../src/domain/key-service.js';
import { createLastManagers, isLastManager } from '../../src/service/last-manager.js';
import { inDays } from '../support/settable-clock.js';

const key = (id: string, scopes: readonly string[], more: Partial<Key> = {}): Key => ({
  ...({ id, name: id, type: 'secret', status: 'active', expires_at: null } as const),
  ...{ created_at: inDays(0), scopes },
  ...more,
});

/** A service with these keys, and how many pages of them it was asked for. */
function serviceOf(keys: readonly Key[]) {
  let pages = 0;
  const list: KeyService['list'] = async ({ limit = 0, cursor = '0' }) => {
    pages += 1;
    const from = Number(cursor);
    const next_cursor = from + limit < keys.length ? String(from + limit) : null;
    return { keys: keys.slice(from, from + limit), next_cursor };
  };
  return { service: { list } as KeyService, pages: () => pages };
}

it('says of many keys what is said of each, and reads the keys once', async () => {
  const plain = Array.from({ length: 1_500 }, (_, i) => key(`plain ${i}`, ['orders:read']));
  const others = [key('reader', ['keys:read']), key('soon', ['*'], { expires_at: inDays(1) })];
  const owners = Array.from({ length: 30 }, (_, i) => key(`owner ${i}`, ['*']));
  for (const managers of [[], owners.slice(0, 1), owners]) {
    const keys = [...plain, ...others, ...managers];
    const { service, pages } = serviceOf(keys);
    const isLast = createLastManagers(service);
    const said: boolean[] = [];
    for (const one of keys) said.push(await isLast(one));
    expect(pages()).toBe(2);
    const asked = [...plain.slice(0, 2), ...others, ...managers];
    const each = await Promise.all(asked.map((one) => isLastManager(one, service)));
    expect([...said.slice(0, 2), ...said.slice(plain.length)]).toEqual(each);
  }
});

it('reads nothing where no key can manage others', async () => {
  const { service, pages } = serviceOf([]);
  const isLast = createLastManagers(service);
  expect([await isLast(key('plain', ['orders:read'])), pages()]).toEqual([false, 0]);
});
