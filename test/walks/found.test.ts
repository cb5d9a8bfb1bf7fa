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
];

it.concurrent.each(FOUND)(
  '%s (%#)',
  async (_, steps) => {
    await expect(walkThrough(steps, new Set(ALL_CHECKS))).resolves.toBeUndefined();
  },
  300_000,
);
