import { expect, it } from 'vitest';
import { revocationOf, revokedByText } from '../../src/cli/show/revocation.js';
import { revokeNotice } from '../../src/cli/show/revoke-notice.js';
import { KeysError } from '../../src/domain/errors.js';
import type { Key } from '../../src/domain/key.js';
import type { ManagedKey } from '../../src/domain/managed-key.js';
import type { ResolvedKey } from '../../src/lifecycle/find/resolved-key.js';
import { DAY, inDays, isoSeconds, settableClock } from '../support/settable-clock.js';

const now = settableClock().now();
const ago = (days: number) => isoSeconds(now - days * DAY);

function found(key: Partial<Key>, managed: Partial<ManagedKey> | null = null): ResolvedKey {
  return { key: { id: 'key_1', name: 'web', ...key }, managed: managed as ManagedKey | null, by: 'name' };
}

it('tells age, last use, places and versions of a key before it is revoked', () => {
  const place = (label: string, delivered: object | null) => ({ label, delivered });
  const managed = { places: [place('.env#WEB', { id: 'key_1' }), place('never reached', null)] } as object;
  const key = { created_at: ago(100), last_used: ago(2), expires_at: inDays(30) };
  const { facts, breaks, inUse } = revokeNotice(found(key, managed), ['key_1', 'key_0'], now);
  expect(facts[0]).toMatch(
    /^created: 100d ago \(.+\); last used: 2d ago \(.+\); expires: in (29|30)d \(.+\)$/,
  );
  expect(facts.slice(1)).toEqual([
    'places: .env#WEB (the secret there stops working, and stays)',
    'revokes 2 versions: key_1, key_0',
  ]);
  expect([inUse, breaks]).toEqual([
    true,
    'something used it 2d ago: that will be refused at once; keys roll web replaces it first',
  ]);
});

it('names no place that a roll has reached: the secret of the successor works on', () => {
  const place = (label: string, id: string) => ({ label, delivered: { id, generation: 1, at: now } });
  const places = [place('.env#WEB', 'key_2'), place('keychain', 'key_1')];
  const factsOf = (ids: string[], all: object) => revokeNotice(found({}, all), ids, now).facts[1];
  const stops = '(the secret there stops working, and stays)';
  expect(factsOf(['key_1'], { places })).toBe(`places: keychain ${stops}`);
  expect(factsOf(['key_1'], { places: places.slice(0, 1) })).toBe('places: none has this secret');
  expect(factsOf(['key_2', 'key_1'], { places })).toBe(`places: .env#WEB, keychain ${stops}`);
});

it('says what becomes of the secret at a place, and that what reads there stops, used or not', () => {
  const places = [{ label: '.env#WEB', delivered: { id: 'key_1', generation: 1, at: now } }];
  const managed = { places } as object;
  for (const [last_used, used] of [
    [null, 'never used'],
    [ago(40), 'last used 40d ago'],
  ] as const) {
    const { breaks, inUse, facts } = revokeNotice(found({ last_used }, managed), ['key_1'], now, true);
    expect([breaks, inUse]).toEqual([
      `it was ${used}, and its secret is at .env#WEB: what reads there will be refused`,
      false,
    ]);
    expect(facts[1]).toBe('places: .env#WEB (the secret there stops working, and is removed)');
  }
});

it('counts the use by this program where the service tells no last use', () => {
  const here = revokeNotice(found({ last_used_here: ago(2) }), ['key_1'], now);
  expect([here.inUse, here.facts[0]]).toEqual([true, expect.stringContaining('last used: 2d ago')]);
  expect(here.breaks).toContain('something used it 2d ago');
  const unused = revokeNotice(found({ last_used_here: null }), ['key_1'], now);
  expect(unused.breaks).toContain('is not known');
});

it('quotes a name in a command, because a person pastes the command and a stranger may have chosen the name', () => {
  const { breaks } = revokeNotice(found({ name: "$(id) it's", last_used: ago(2) }), ['key_1'], now);
  expect(breaks).toContain("keys roll '$(id) it'\\''s' replaces it first");
});

it.each([
  [undefined, 'whether something uses this key is not known: its service does not say'],
  [null, 'nothing is known to break: it was never used'],
  [ago(40), 'nothing is known to break: it was last used 40d ago'],
])('says what will break where the last use is %s', (last_used, breaks) => {
  const key = last_used === undefined ? {} : { last_used };
  expect(revokeNotice(found(key), ['key_1'], now)).toMatchObject({ breaks, inUse: false });
});

it('takes the end of a key from the audit trail, else from the ledger, and says nothing that is not known', async () => {
  const ended = { action: 'revoked', at: ago(3), actor: 'key_admin' } as const;
  const event = { ...ended, id: 'event_1', key_id: 'key_1', details: {} };
  const told = { events: async () => ({ events: [event], next_cursor: null }) };
  expect(await revocationOf(found({}), told)).toEqual({ revoked_at: ago(3), revoked_by: 'key_admin' });
  const silent = {
    events: async () => {
      throw new KeysError('unsupported', 'no audit trail');
    },
  };
  const version = { id: 'key_1', state: 'revoked', ends_at: Date.parse(ago(5)) };
  expect(await revocationOf(found({}, { versions: [version] } as object), silent)).toEqual({
    ...{ revoked_at: ago(5), revoked_by: 'this machine' },
  });
  expect(await revocationOf(found({}), silent)).toEqual({ revoked_at: null, revoked_by: null });
});

it('names the key or the person that revoked a key, and never the owner of the key', async () => {
  const known = { get: async (id: string) => ({ id, name: 'admin' }) };
  const lost = {
    get: async () => {
      throw new KeysError('not_found', 'no such key');
    },
  };
  const by = (revoked_by: string | null) => ({ revoked_at: null, revoked_by });
  expect(await revokedByText(by('key_1'), known, false)).toBe('the key admin (key_1)');
  expect(await revokedByText(by('key_1'), lost, false)).toBe('the key key_1');
  expect(await revokedByText(by('owner'), known, true)).toBe('a person on this machine');
  expect(await revokedByText(by('owner'), known, false)).toBe('a person with its database');
  expect(await revokedByText(by('this machine'), known, false)).toBe('this machine');
  expect(await revokedByText(by(null), known, true)).toBeNull();
});
