import { expect, it } from 'vitest';
import type { Key } from '../../src/domain/key.js';
import type { KeyVersion, ManagedKey, VersionState } from '../../src/domain/managed-key.js';
import { idsMeant } from '../../src/lifecycle/revoke-key.js';
import { isoSeconds, settableClock } from '../support/settable-clock.js';

const clock = settableClock();
const MINUTE = 60_000;
const inMinutes = (minutes: number) => isoSeconds(clock.now() + minutes * MINUTE);

interface Old {
  readonly state?: VersionState;
  readonly record?: Partial<Key>;
  /** The end that this machine was to make, in minutes from now. */
  readonly ends?: number;
}

function idsOf(address: string, { state = 'retiring', record = {}, ends }: Old, minutesAhead: number | null) {
  const version = (id: string, more: Partial<KeyVersion>) =>
    ({
      id,
      generation: 1,
      record: { id, name: 'web' },
      state: 'active',
      ends_at: null,
      ...more,
    }) as KeyVersion;
  const versions = [
    version('new', {}),
    version('old', {
      ...{ state, record: { id: 'old', name: 'web', ...record } },
      ends_at: ends === undefined ? null : clock.now() + ends * MINUTE,
    }),
  ];
  const managed = { account: { provider: 'x', address, context: {} }, versions } as Partial<ManagedKey>;
  const found = { key: { id: 'new', name: 'web' }, managed: managed as ManagedKey, by: 'name' } as const;
  return idsMeant(found, { clock, minutesAhead: () => minutesAhead });
}

const AT = { dashboard: 'dashboard', embedded: 'embedded', served: 'https://keys.example' };

it.each<[what: string, where: keyof typeof AT, old: Old]>([
  ['was revoked', 'served', { state: 'revoked' }],
  ['has expired, as the service said', 'served', { record: { status: 'expired' } }],
  ['ended long ago', 'served', { record: { expires_at: inMinutes(-60) } }],
  [
    'ended this minute, by the clock that the ledger follows',
    'dashboard',
    { record: { expires_at: inMinutes(0) } },
  ],
  ['ended this minute, in this process', 'embedded', { record: { expires_at: inMinutes(0) } }],
])('a name leaves out an old version that %s', (_, where, old) => {
  expect(idsOf(AT[where], old, null)).toEqual(['new']);
});

it.each<[what: string, where: keyof typeof AT, old: Old, minutesAhead: number | null]>([
  ['works on at its vendor until this machine revokes it', 'served', { ends: -60 }, null],
  ['works on in a dashboard until a person deletes it', 'dashboard', { ends: -60 }, null],
  ['works for some hours more', 'dashboard', { record: { expires_at: inMinutes(60) } }, null],
  ['may work by the clock of the service', 'served', { record: { expires_at: inMinutes(-1) } }, null],
  ['may work, because this clock is fast', 'served', { record: { expires_at: inMinutes(-60) } }, 90],
])('a name revokes an old version that %s', (_, where, old, minutesAhead) => {
  expect(idsOf(AT[where], old, minutesAhead)).toEqual(['new', 'old']);
});
