import { execFileSync } from 'node:child_process';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { envLines } from '../../src/places/env-lines.js';
import { SHELLS as ALL_SHELLS, assignment, type Shell, shellOf } from '../../src/places/shells.js';
import {
  checkVariableName,
  freeVariableName,
  variableNameFor,
  variablesFor,
} from '../../src/places/variable-name.js';
import { loadAllProviders } from '../../src/providers/registry.js';
import { SETTINGS } from '../../src/storage/settings.js';
import { fc } from '../support/fast-check.js';
import { installed, missing } from '../support/needs.js';

/** Whatever could be read as more than a value. */
const hostile = fc.string({
  unit: fc.oneof(
    fc.constantFrom(...'\'"`$\\!#;&|<>(){}[]*?~^%=\n\t\r -'),
    fc.constantFrom('‘', '’', 'é', '🔑', 'a', '$(id)'),
  ),
  maxLength: 30,
});

const SHELLS: ReadonlyArray<readonly [Shell, string, (line: string) => string[]]> = [
  ['sh', 'sh', (line) => ['-c', `${line}printf '%s' "$X"`]],
  ['bash', 'bash', (line) => ['-c', `${line}printf '%s' "$X"`]],
  ['zsh', 'zsh', (line) => ['-fc', `${line}printf '%s' "$X"`]],
  ['fish', 'fish', (line) => ['--no-config', '-c', `${line}printf '%s' "$X"`]],
  ['powershell', 'pwsh', (line) => ['-NoProfile', '-Command', `${line}[Console]::Out.Write($env:X)`]],
  ['nu', 'nu', (line) => ['-n', '-c', `${line}print --no-newline $env.X`]],
];

for (const [shell, program, args] of SHELLS) {
  describe.skipIf(missing(program))(`a line for ${shell}`, () => {
    it('assigns exactly its value, and does nothing else', () => {
      fc.assert(
        fc.property(hostile, (value) => {
          const line = assignment(shell, 'X', value);
          expect(
            execFileSync(program, args(line), {
              env: { PATH: process.env['PATH'] ?? '', HOME: '/nowhere', LANG: 'C.UTF-8' },
            }).toString(),
          ).toBe(value);
        }),
        { numRuns: installed(program) ? 60 : 0 },
      );
    });
  });
}

describe('a line for cmd (reviewed, not run)', () => {
  it('is one line in quotes that hold, whatever cmd reads it: prompt, batch file or for /f', () => {
    const printable = fc.string({ unit: fc.constantFrom(...'%^!"&|<>()=;, ab1~:\t\né'), maxLength: 12 });
    fc.assert(
      fc.property(printable, (value) => {
        let line: string;
        try {
          line = assignment('cmd', 'X', value);
        } catch (error) {
          expect(error).toMatchObject({ code: 'refused' });
          expect(value).toMatch(/^$|[%!"\t\né]/);
          return;
        }
        expect(line).toBe(`set "X=${value}"\n`);
        expect(value).toMatch(/^[^%!"\t\né]+$/);
      }),
    );
  });

  it.each([
    ['a%PATH%b', 'it reads a % differently from place to place'],
    ['a!b', 'it reads a ! differently'],
    ['a" & calc', 'it reads a " differently'],
    ['clé', 'one line of ASCII'],
    ['a\nb', 'one line of ASCII'],
    ['', 'no empty variables'],
    ['x'.repeat(9000), 'no line that long'],
  ])('refuses %j and says why', (value, why) => {
    expect(() => assignment('cmd', 'X', value)).toThrow(why);
  });
});

it('may be chosen once and for all, whichever shell', () => {
  for (const shell of ALL_SHELLS) {
    expect(shell).toMatch(SETTINGS.shell.pattern);
    expect(SETTINGS.shell.like).toContain(shell);
  }
});

it('is read back from a .env file as it was, or refused', () => {
  fc.assert(
    fc.property(hostile, (value) => {
      let line: string;
      try {
        line = assignment('dotenv', 'X', value);
      } catch (error) {
        expect(error).toMatchObject({ code: 'refused' });
        return;
      }
      expect(parseEnv(`${line}AFTER=1\n`)).toEqual({ X: value, AFTER: '1' });
    }),
  );
});

it("cannot end its own block in GitHub's file", () => {
  const [first = '', ...rest] = assignment('github', 'X', 'a\nX<<EOF\nb').trimEnd().split('\n');
  const delimiter = /^X<<(keys_[0-9a-f]{32})$/.exec(first)?.[1];
  expect(rest).toEqual(['a', 'X<<EOF', 'b', delimiter]);
});

it('has two lines for a pair', () => {
  const pair = { api_key: 'a', secret_key: 'b' };
  const twilio = { variables: { api_key: 'TWILIO_API_KEY', secret_key: 'TWILIO_API_SECRET' } };
  expect(envLines('sh', pair, variablesFor(twilio))).toBe(
    "export TWILIO_API_KEY='a'\nexport TWILIO_API_SECRET='b'\n",
  );
  expect(variablesFor(twilio, 'PAY')).toEqual(['PAY', 'PAY_SECRET_KEY']);
  expect(variablesFor(twilio, 'SHOP_API_KEY')).toEqual(['SHOP_API_KEY', 'SHOP_SECRET_KEY']);
});

it('offers variables for a pair that fit each other and are both free', () => {
  const own = { variables: { api_key: 'TWILIO_API_KEY', secret_key: 'TWILIO_API_SECRET' } };
  const offered = (name: string, ...taken: string[]) =>
    variablesFor(own, freeVariableName(name, new Set(taken), Object.values(own.variables)));
  expect(offered('b2')).toEqual(['B2_API_KEY', 'B2_SECRET_KEY']);
  expect(offered('b2', 'B2_API_KEY')).toEqual(['B2_API_KEY_2', 'B2_SECRET_KEY_2']);
  expect(offered('b2', 'B2_SECRET_KEY')).toEqual(['B2_API_KEY_2', 'B2_SECRET_KEY_2']);
  expect(offered('b2', 'B2_API_KEY', 'B2_SECRET_KEY_2')).toEqual(['B2_API_KEY_3', 'B2_SECRET_KEY_3']);
  expect(offered('🔑', 'TWILIO_API_KEY')).toEqual(['TWILIO_API_KEY_2', 'TWILIO_API_SECRET_2']);
  expect(variablesFor(own, 'PAY_2')).toEqual(['PAY_2', 'PAY_2_SECRET_KEY']);
});

it.each([
  ['web', 'WEB_API_KEY'],
  ['ci runner', 'CI_RUNNER_API_KEY'],
  ['Über-Shop №7', 'UBER_SHOP_NO7_API_KEY'],
  ['Gro\u0308ße 1', 'GROSSE_1_API_KEY'],
  ['web api key', 'WEB_API_KEY'],
  ['7eleven', '_7ELEVEN_API_KEY'],
  ['🔑', 'API_KEY'],
  ['keys', 'MY_KEYS_API_KEY'],
])('makes a name from %s', (name, variable) => expect(variableNameFor(name)).toBe(variable));

it('makes a name that is allowed from any key', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (name) => {
      expect(checkVariableName(variableNameFor(name))).toMatch(/^[A-Z_][A-Z0-9_]*$/);
    }),
  );
});

it.each([
  'PATH',
  'LD_PRELOAD',
  'DYLD_INSERT_LIBRARIES',
  'NODE_OPTIONS',
  'BASH_ENV',
  'ENV',
  'IFS',
  'KEYS_API_KEY',
  'PYTHONPATH',
])('refuses %s', (name) => expect(() => checkVariableName(name)).toThrow(/reserved by/));

it('takes the documented variable of every provider', async () => {
  for (const { id, variables } of await loadAllProviders())
    for (const name of Object.values(variables)) expect([id, checkVariableName(name)]).toEqual([id, name]);
});

it.each(['web', 'Web', '1X', 'A-B', '', 'A B', 'A=B', 'A\nB', 'É'])('refuses %j', (name) => {
  expect(() => checkVariableName(name)).toThrow(/not a name for an environment variable/);
});

it('speaks of the flag only where the name is the value of a flag', () => {
  const hintOf = (name: string, ofFlag: boolean) => {
    try {
      return checkVariableName(name, ofFlag);
    } catch (error) {
      return String((error as { hint?: string }).hint);
    }
  };
  expect(hintOf('web', false)).toBe('capital letters, digits and _, such as WEB');
  expect(hintOf('live', false)).toBe('capital letters, digits and _, such as LIVE');
  expect(hintOf('web', true)).toContain('put it before the flag');
});

it('takes the shell from the environment', () => {
  expect(shellOf({ SHELL: '/usr/bin/fish' }, 'linux')).toBe('fish');
  expect(shellOf({ SHELL: '/bin/dash' }, 'linux')).toBe('sh');
  expect(shellOf({}, 'linux')).toBe('sh');
  expect(shellOf({}, 'win32')).toBe('powershell');
});
