import { expect, it } from 'vitest';
import { ALL_CHECKS, type CheckName } from './checks.js';
import type { Step } from './steps.js';
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
];

it.concurrent.each(FOUND)(
  '%s (%#)',
  async (_, steps) => {
    await expect(walkThrough(steps, new Set(ALL_CHECKS))).resolves.toBeUndefined();
  },
  300_000,
);
