import { expect, it } from 'vitest';
import { sayNextSteps } from '../../src/cli/show/next-steps.js';
import { targetWords } from '../../src/cli/show/target-words.js';
import { unmarked } from '../../src/terminal/unbroken.js';

type Steps = Parameters<typeof sayNextSteps>;

function steps(key: Steps[0], kinds: readonly string[]): string[] {
  const said: string[] = [];
  const deliveries = kinds.map((kind) => ({
    place: { id: kind, label: kind, spec: { kind } },
    remembered: true,
  }));
  sayNextSteps(key, deliveries, { human: true, say: (line) => void said.push(unmarked(line)) });
  return said;
}

it('says after a create how to replace the key, and after a roll how to stop the old one now', () => {
  expect(steps({ name: 'web' }, ['file'])).toEqual([
    'next: keys roll web replaces it and delivers to the same places again',
  ]);
  const target = targetWords({ profile: 'team', provider: 'tylt', set: ['a=b c'] });
  expect(steps({ name: 'web', target }, ['file'])[0]).toContain(
    "keys roll web --profile team --provider tylt --set 'a=b c' replaces it",
  );
  expect(steps({ name: 'web', rolled: true, oldId: 'key_1' }, ['file'])).toEqual([
    'next: keys revoke key_1 stops the old key now, if nothing uses it',
  ]);
  expect(steps({ name: 'web', target: ' --provider jahuty' }, ['keychain'])[0]).toBe(
    'next: keys run --key web --provider jahuty -- PROGRAM starts a program with it',
  );
  expect(steps({ name: 'web' }, [])).toEqual([
    'next: put the secret where your program reads it',
    'next: keys places add web --to PLACE tells keys where you put it, such as .env#NAME: the next roll delivers there',
  ]);
  expect(steps({ name: 'web', rolled: true }, ['keychain'])).toEqual([
    'next: keys run --key web -- PROGRAM starts a program with it',
  ]);
});
