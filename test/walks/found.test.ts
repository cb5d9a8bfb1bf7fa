import { expect, it } from 'vitest';
import { ALL_CHECKS, type CheckName } from './checks.js';
import { PAST_EXPIRY_HOURS, type Step } from './steps.js';
import { walkThrough } from './walk.js';

/** Walks that random walks found to fail once: what failed, and the fewest steps that led there. */
const FOUND: ReadonlyArray<readonly [check: CheckName, steps: readonly Step[]]> = [
  [
    'a command ends as documented',
    [
      {
        do: 'create',
        at: 'plain',
        name: 'web',
        to: ['exec'],
        rights: 'none',
        fault: { request: 2, kind: 'kill after', lasting: false },
      },
      { do: 'resume', at: 'plain' },
    ],
  ],
  [
    'a place holds one key',
    [
      { do: 'create', at: 'plain', name: 'web', to: ['exec', 'a#WEB'], rights: 'none' },
      { do: 'create', at: 'nameless', name: 'web', to: ['a#WEB'], rights: 'none' },
    ],
  ],
  [
    'a command that succeeds has delivered to every place',
    [
      { do: 'create', at: 'unique', name: 'web', to: ['exec', 'b#SHOP'], rights: 'none' },
      { do: 'roll', at: 'unique', name: 'web', how: 'revoke first', to: [] },
    ],
  ],
  [
    'no version stops before its successor is at every place',
    [
      { do: 'create', at: 'unique', name: 'web', to: ['exec', 'a#WEB'], rights: 'none' },
      { do: 'roll', at: 'unique', name: 'web', how: 'now', to: ['exec'] },
    ],
  ],
  [
    'every live key is known',
    [
      {
        do: 'create',
        at: 'unique',
        name: 'web',
        to: ['exec'],
        rights: 'none',
        fault: { request: 2, kind: 'cut after', lasting: false },
      },
      { do: 'resume', at: 'unique' },
    ],
  ],
  [
    'a place holds a secret that its service accepts',
    [
      { do: 'create', at: 'normalised', name: 'web', to: ['exec', 'b#SHOP'], rights: 'scoped 90d' },
      { do: 'revoke', at: 'normalised', name: 'web' },
      { do: 'create', at: 'normalised', name: 'Web', to: ['exec'], rights: 'none' },
    ],
  ],
  [
    'a place holds a secret that its service accepts',
    [
      { do: 'create', at: 'normalised', name: 'Web', to: ['exec', 'b#SHOP'], rights: 'scoped 90d' },
      { do: 'roll', at: 'normalised', name: 'web', how: 'plain', to: [] },
      { do: 'revoke', at: 'normalised', name: 'Web' },
      { do: 'create', at: 'normalised', name: 'web', to: ['exec'], rights: 'none' },
    ],
  ],
  [
    'an exit code says what was done',
    [
      { do: 'create', at: 'nameless', name: 'web', to: ['exec'], rights: 'none' },
      { do: 'roll', at: 'nameless', name: 'web', how: 'plain', to: [] },
      // The id of the old version, which is its name too at this vendor.
      { do: 'revoke', at: 'nameless', name: 'k1' },
    ],
  ],
  [
    'no command changes a key that it does not name',
    [
      { do: 'stranger', at: 'normalised', name: 'web shop', act: 'create' },
      { do: 'revoke', at: 'normalised', name: 'web shop' },
    ],
  ],
  [
    'a finished walk leaves nothing pending',
    [
      { do: 'create', at: 'normalised', name: 'web', to: ['exec'], rights: 'scoped 90d' },
      {
        do: 'roll',
        at: 'normalised',
        name: 'web',
        how: 'revoke first',
        to: [],
        fault: { request: 3, kind: 'kill after', lasting: true },
      },
    ],
  ],
  [
    'a successor is never wider and never longer-lived',
    [
      { do: 'create', at: 'paged', name: 'web', to: ['exec'], rights: 'scoped 90d' },
      { do: 'roll', at: 'paged', name: 'web', how: 'expires', to: [] },
      { do: 'roll', at: 'paged', name: 'web', how: 'now', to: [] },
    ],
  ],
  [
    'a place holds a secret that its service accepts',
    [
      { do: 'create', at: 'plain', name: 'web', to: ['exec'], rights: 'none' },
      { do: 'place', at: 'plain', name: 'web', what: 'exec', on: true },
      { do: 'roll', at: 'plain', name: 'web', how: 'plain', to: [] },
      {
        do: 'abort',
        at: 'plain',
        name: 'web',
        fault: { request: 1, kind: 'kill after', lasting: false },
      },
      { do: 'place', at: 'plain', name: 'web', what: 'exec', on: false },
    ],
  ],
  [
    'a released place gets nothing more',
    [
      { do: 'create', at: 'plain', name: 'web', to: ['exec', 'a#WEB'], rights: 'none' },
      { do: 'place', at: 'plain', name: 'web', what: 'exec', on: true },
      { do: 'roll', at: 'plain', name: 'web', how: 'plain', to: [] },
      { do: 'places remove', at: 'plain', name: 'web', place: 'exec' },
      { do: 'place', at: 'plain', name: 'web', what: 'exec', on: false },
    ],
  ],
  [
    'a wrong clock ends no grace',
    [
      { do: 'create', at: 'plain', name: 'web', to: ['exec', 'a#WEB'], rights: 'none' },
      { do: 'roll', at: 'plain', name: 'web', how: 'grace', to: [] },
      { do: 'wrong clock', at: 'plain', hours: 100 },
      { do: 'wrong clock', at: 'plain', hours: -30 },
    ],
  ],
  [
    'a place holds a secret that its service accepts',
    [
      { do: 'create', at: 'nameless', name: 'web', to: ['a#WEB'], rights: 'none' },
      { do: 'revoke', at: 'nameless', name: 'web' },
      { do: 'import', at: 'nameless', name: 'web' },
      { do: 'roll', at: 'nameless', name: 'web', how: 'plain', to: [] },
    ],
  ],
  [
    'a dry run, an erased place and a moved ledger are what they say',
    [
      { do: 'create', at: 'nameless', name: 'web shop', to: ['exec'], rights: 'none' },
      {
        do: 'roll',
        at: 'nameless',
        name: 'web shop',
        how: 'revoke first',
        to: [],
        fault: { request: 4, kind: 'kill before', lasting: false },
      },
      { do: 'create', at: 'nameless', name: 'web shop', to: ['exec'], rights: 'scoped 90d', dry: true },
    ],
  ],
  // These were faults of the walk itself.
  [
    'a command that succeeds has delivered to every place',
    [
      { do: 'create', at: 'nameless', name: 'web', to: ['exec', 'a#WEB'], rights: 'scoped 90d' },
      // Both are for a new key of this name, although another one has it as its id.
      { do: 'two', at: 'nameless', name: 'k1', pair: 'creates', to: [] },
    ],
  ],
  [
    'an exit code says what was done',
    [
      { do: 'import', at: 'plain', name: 'web' },
      { do: 'run', at: 'plain', name: 'web' },
    ],
  ],
  [
    'no command changes a key that it does not name',
    [
      { do: 'create', at: 'unique', name: 'web', to: ['exec'], rights: 'none' },
      { do: 'update', at: 'unique', name: 'web', what: 'name' },
      { do: 'clock', hours: 13 },
      { do: 'two dues', at: 'unique' },
      { do: 'create', at: 'unique', name: 'web', to: ['exec'], rights: 'none' },
      { do: 'roll', at: 'unique', name: 'web new', how: 'now', to: [] },
    ],
  ],
  [
    'a paused key does not work',
    [
      { do: 'create', at: 'plain', name: 'web', to: ['exec', 'a#WEB'], rights: 'none' },
      { do: 'roll', at: 'plain', name: 'web', how: 'plain', to: [] },
      { do: 'pause', at: 'plain', name: 'web', dry: true },
      { do: 'unpause', at: 'plain', name: 'web' },
      { do: 'two', at: 'plain', name: 'web', pair: 'roll and pause', to: [] },
    ],
  ],
  [
    'a command that succeeds has delivered to every place',
    [
      { do: 'create', at: 'abrupt', name: 'web', to: ['exec', 'a#WEB'], rights: 'scoped 90d' },
      { do: 'revoke', at: 'abrupt', name: 'web', erase: true },
      { do: 'create', at: 'abrupt', name: 'web', to: ['b#WEB', 'exec'], rights: 'none' },
    ],
  ],
  [
    'a place holds one key',
    [
      { do: 'create', at: 'nameless', name: 'web', to: ['exec', 'a#WEB'], rights: 'scoped 90d' },
      { do: 'clock', hours: 13 },
      // There is no such key: what comes later at a vendor without names is not its.
      { do: 'two', at: 'nameless', name: 'web shop', pair: 'roll and pause', to: ['keychain', 'a#WEB'] },
      { do: 'due', at: 'nameless' },
    ],
  ],
  [
    'a place holds one key',
    [
      { do: 'create', at: 'paged', name: 'web', to: ['exec', 'a#WEB'], rights: 'scoped 90d' },
      { do: 'roll', at: 'paged', name: 'web', how: 'grace', to: ['a#WEB'] },
      // The old version, by its id.
      { do: 'update', at: 'paged', name: 'k1', what: 'name' },
      { do: 'roll', at: 'paged', name: 'web', how: 'plain', to: [] },
    ],
  ],
  [
    'an exit code says what was done',
    [
      { do: 'create', at: 'embedded', name: 'web', to: ['exec', 'b#SHOP'], rights: 'scoped 90d' },
      { do: 'update', at: 'embedded', name: 'web', what: 'scopes' },
      { do: 'update', at: 'embedded', name: 'web', what: 'scopes' },
    ],
  ],
  [
    'a finished walk leaves nothing pending',
    [
      { do: 'create', at: 'service', name: 'web', to: ['exec', 'a#WEB'], rights: 'scoped 90d' },
      { do: 'place', at: 'service', name: 'web', what: 'exec', on: true },
      { do: 'roll', at: 'service', name: 'web', how: 'expires', to: [] },
      { do: 'pause', at: 'service', name: 'web' },
    ],
  ],
  [
    'a refused command changes nothing',
    [
      { do: 'create', at: 'abrupt', name: 'web', to: ['exec', 'a#WEB'], rights: 'scoped 90d' },
      { do: 'roll', at: 'abrupt', name: 'web', how: 'in place', to: ['a#WEB'] },
      { do: 'pause', at: 'abrupt', name: 'web' },
    ],
  ],
  [
    'a finished walk leaves nothing pending',
    [
      { do: 'create', at: 'abrupt', name: 'web', to: ['exec', 'b#SHOP'], rights: 'scoped 90d' },
      { do: 'place', at: 'abrupt', name: 'web', what: 'exec', on: true },
      { do: 'roll', at: 'abrupt', name: 'web', how: 'plain', to: ['b#WEB', 'keychain'] },
      { do: 'pause', at: 'abrupt', name: 'web' },
    ],
  ],
  [
    'a dry run, an erased place and a moved ledger are what they say',
    [
      { do: 'create', at: 'embedded', name: 'web', to: ['exec'], rights: 'none' },
      { do: 'revoke', at: 'embedded', name: 'web' },
      { do: 'pause', at: 'embedded', name: 'web', dry: true },
    ],
  ],
  // The places of a key that an imported one succeeds wait for the next roll: also a fault of the walk.
  [
    'a command that succeeds has delivered to every place',
    [
      { do: 'create', at: 'normalised', name: 'web', to: ['exec', 'b#SHOP'], rights: 'none' },
      { do: 'import to', at: 'normalised', name: 'web', to: ['a#SHOP', 'keychain'], successor: true },
      { do: 'deliver', at: 'normalised', name: 'web', to: ['a#SHOP'] },
    ],
  ],
  // The older of two versions that work was taken for the newer one: also a fault of the walk.
  [
    'a successor is never wider and never longer-lived',
    [
      { do: 'create', at: 'embedded', name: 'web', to: ['exec', 'b#SHOP'], rights: 'scoped 90d' },
      { do: 'import to', at: 'embedded', name: 'web', to: ['a#SHOP'], successor: true },
      { do: 'roll', at: 'embedded', name: 'web', how: 'now', to: ['a#SHOP', 'exec', 'keychain'] },
    ],
  ],
  // The name from before a rename is that of the old version: a revoke means that one alone.
  [
    'no version stops before its successor is at every place',
    [
      { do: 'create', at: 'normalised', name: 'web', to: ['exec', 'b#SHOP'], rights: 'scoped 90d' },
      { do: 'roll', at: 'normalised', name: 'web', how: 'plain', to: [] },
      { do: 'update', at: 'normalised', name: 'web', what: 'name' },
      { do: 'revoke', at: 'normalised', name: 'web' },
    ],
  ],
  // A vendor that stores names in lower case has one key where two names were written.
  [
    'a command that succeeds has delivered to every place',
    [
      { do: 'create', at: 'normalised', name: 'web', to: ['exec', 'b#SHOP'], rights: 'scoped 90d' },
      { do: 'import to', at: 'normalised', name: 'Web', to: ['keychain'], successor: true },
      { do: 'deliver', at: 'normalised', name: 'web', to: ['exec'] },
    ],
  ],
  // A place that an unfinished create waits for is refused: the resume put its secret over the other one.
  [
    'a place holds one key',
    [
      { do: 'create', at: 'paged', name: 'web', to: ['exec', 'a#WEB'], rights: 'none' },
      {
        ...{ do: 'create', at: 'paged', name: 'web new', to: ['exec', 'a#SHOP'], rights: 'none' },
        fault: { request: 3, kind: 'kill before', lasting: false },
      },
      { do: 'import to', at: 'paged', name: 'web shop', to: ['a#SHOP', 'keychain'], successor: true },
      { do: 'resume', at: 'paged' },
    ],
  ],
  // The name of a key that has expired is free. A dry run said so, and the create was refused.
  ...(['embedded', 'service', 'plain'] as const).map(
    (at) =>
      [
        'a dry run, an erased place and a moved ledger are what they say',
        [
          { do: 'create', at, name: 'web', to: ['exec', 'a#WEB'], rights: '90d' },
          { do: 'clock', hours: PAST_EXPIRY_HOURS },
          { do: 'roll', at, name: 'web', how: 'plain', to: [], dry: true },
          { do: 'due', at },
          { do: 'create', at, name: 'web', to: ['a#WEB'], rights: '90d', dry: true },
          { do: 'roll', at, name: 'web', how: 'now', to: [] },
        ],
      ] as const,
  ),
  // A person found it: the last place of a pending secret is removed. A later place takes the secret.
  ...(['graceful', 'plain'] as const).map((at): (typeof FOUND)[number] => [
    'a finished walk leaves nothing pending',
    [
      { do: 'create', at, name: 'web', to: ['exec'], rights: 'none' },
      { do: 'place', at, name: 'web', what: 'exec', on: true },
      { do: 'roll', at, name: 'web', how: 'plain', to: [] },
      { do: 'places remove', at, name: 'web', place: 'exec' },
      { do: 'resume', at },
      ...(at === 'plain' ? [] : [{ do: 'deliver', at, name: 'web', to: ['a#WEB'] } as const]),
    ],
  ]),
  // A key that is imported under the name of one that has expired may do what it may, not what that one did.
  [
    'a successor is never wider and never longer-lived',
    [
      { do: 'create', at: 'normalised', name: 'web', to: ['exec', 'b#SHOP'], rights: 'scoped 90d' },
      { do: 'clock', hours: PAST_EXPIRY_HOURS },
      { do: 'import from', at: 'normalised', name: 'Web', named: true },
      { do: 'roll', at: 'normalised', name: 'web', how: 'plain', to: ['keychain'] },
    ],
  ],
  // A stranger revokes the old key in its grace and its successor. With another key of the account, the roll
  // ends; without one, each resume names the command that forgets it.
  ...[true, false].map((other): (typeof FOUND)[number] => [
    'a finished walk leaves nothing pending',
    [
      { do: 'create', at: 'nameless', name: 'web', to: ['exec', 'a#WEB'], rights: 'scoped 90d' },
      { do: 'due', at: 'nameless' },
      ...(other
        ? [{ do: 'create', at: 'nameless', name: 'web new', to: ['b#SHOP'], rights: 'none' } as const]
        : []),
      { do: 'clock', hours: PAST_EXPIRY_HOURS },
      { do: 'stranger', at: 'nameless', name: 'web', act: 'revoke' },
      { do: 'resume', at: 'nameless' },
    ],
  ]),
];

it.concurrent.each(FOUND)(
  '%s (%#)',
  async (_, steps) => {
    await expect(walkThrough(steps, new Set(ALL_CHECKS))).resolves.toBeUndefined();
  },
  600_000,
);
