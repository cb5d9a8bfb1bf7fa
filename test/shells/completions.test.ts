import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { POLICY_IDS } from '../../src/cli/completion/words.js';
import { PROVIDER_IDS } from '../../src/providers/registry.js';
import { POLICIES } from '../../src/service/policies/find-policy.js';
import { BIN } from '../support/keys.js';
import { type KeysInProcess, keysInProcess } from '../support/keys-in-process.js';
import { missing } from '../support/needs.js';
import { type ShellSession, shellSession } from '../support/shell-session.js';

const COMPLETIONS = join(import.meta.dirname, '../../completions');

const NAMES = ["ci's runner", 'saved', 'team: "pay" $x', 'web', 'ключ 鍵'].sort();
const KEY_TAKERS = ['show', 'update', 'roll', 'revoke', 'events'];

/** Lines up to the cursor, and the words that a shell makes of each candidate. */
const CASES: ReadonlyArray<readonly [line: string, candidates: readonly string[]]> = [
  ['keys cr', ['create']],
  ['keys create --expi', ['--expires']],
  ['keys create --type ', ['public', 'secret']],
  ['keys list --status re', ['retiring', 'revoked']],
  ['keys create --shell p', ['powershell']],
  ['keys audit --fail-on ', ['high', 'low', 'medium']],
  ['keys completion z', ['zsh']],
  ['keys guard ', ['install']],
  ['keys list --environment t', ['test']],
  ['keys list --sort exp', ['expires_at']],
  ['keys config get ', ['environment', 'keychain_wait', 'ledger', 'profile', 'shell', 'storage']],
  ['keys help prov', ['provider']],
  ['keys api P', ['PATCH', 'POST', 'PUT']],
  ...KEY_TAKERS.map((command) => [`keys ${command} `, NAMES] as const),
  ['keys show we', ['web']],
  ["keys show ci\\'s\\ r", ["ci's runner"]],
  ['keys show team', ['team: "pay" $x']],
  ['keys show team:', ['team: "pay" $x']],
  ['keys show к', ['ключ 鍵']],
  ['keys roll --grace 1d we', ['web']],
  ['keys env ', ['saved']],
  ['keys env SHOP_KEY=sa', ['SHOP_KEY=saved']],
  ['keys run --key ', ['saved']],
  ['keys api GET / --key ', ['saved']],
  ['keys webhook verify --key ', ['saved']],
  ['keys --profile ', ['other', 'team']],
  ['keys list --profile te', ['team']],
  ['keys -p te', ['team']],
  ['keys -p other show else', ['elsewhere']],
  ['keys rm we', ['web']],
  ['keys profile use ', ['other', 'team']],
  ['keys profile remove ', ['other', 'team']],
  ['keys --provider langf', ['langfuse']],
  ['keys create --provider acm', ['acme']],
  ['keys provider show ty', ['tylt', 'typesense']],
  ['keys provider test langf', ['langfuse']],
  ['keys provider remove ', ['acme']],
  ['keys serve --policy ', [...POLICY_IDS].sort()],
  ['keys profile add x --policy sw', ['swiftsell']],
  ['keys --profile other show else', ['elsewhere']],
  ['keys show --profile other else', ['elsewhere']],
  ['keys run -- keys-hel', ['keys-helper']],
  ['keys webhook verify pay', ['pay load.json']],
  ['keys create --to pay', ['pay load.json']],
  ['keys audit --html pay', ['pay load.json']],
  ['keys audit --repo fol', ['folder']],
];

/** Lines at whose end nothing is to be offered. */
const NOTHING = [
  'keys show web ',
  'keys profile use team ',
  'keys create --name ',
  'keys update web --name ',
  'keys __',
  'keys rot',
];

/**
 * A `keys` for the PATH that runs the real program once for the same arguments, and prints the same from then
 * on: nothing in the home changes any more. Three shells ask some hundred times for a dozen lists.
 */
const onceEach = (folder: string) => `#!/bin/sh
mkdir -p '${folder}'
printed='${folder}'/$(printf '%s\n' "$@" | cksum | tr ' ' -)
if [ ! -e "$printed" ]; then
  '${process.execPath}' -- '${BIN}' "$@" > "$printed.$$" || exit
  mv "$printed.$$" "$printed"
fi
exec cat "$printed"
`;

let keys: KeysInProcess;
let env: Record<string, string>;

beforeAll(async () => {
  keys = await keysInProcess();
  const bin = join(keys.home, 'bin');
  mkdirSync(bin);
  const program = join(bin, 'keys');
  writeFileSync(program, onceEach(join(keys.home, 'printed')), { mode: 0o755 });
  chmodSync(program, 0o755);
  writeFileSync(join(bin, 'keys-helper'), '#!/bin/sh\n', { mode: 0o755 });
  chmodSync(join(bin, 'keys-helper'), 0o755);
  mkdirSync(join(keys.home, 'folder'));
  writeFileSync(join(keys.home, 'pay load.json'), '{}');
  env = { ...keys.env, PATH: `${bin}:${keys.env['PATH']}` };
  const run = async (...args: string[]) => {
    const result = await keys.run(args, { cwd: keys.home });
    expect(result.code, `${args.join(' ')}: ${result.stderr}`).toBe(0);
  };
  await run('config', 'set', 'storage', 'file');
  for (const name of NAMES)
    await run('create', '--name', name, ...(name === 'saved' ? ['--to', 'keychain'] : ['--raw']));
  await run('create', '--name', 'ended', '--raw');
  await run('revoke', 'ended', '--yes');
  await run('profile', 'add', 'team', '--base-url', 'http://127.0.0.1:9');
  await run('profile', 'add', 'other', '--policy', 'keys');
  await run('--profile', 'other', 'create', '--name', 'elsewhere', '--raw');
  await run('provider', 'new', 'acme');
  await run('provider', 'add', './acme.mjs');
});
afterAll(() => keys?.remove());

it('knows the systems whose rules a key service follows', () => {
  expect(POLICY_IDS).toEqual(POLICIES.map(({ id }) => id));
});

describe.each(['bash', 'zsh'] as const)('%s', (shell) => {
  describe.skipIf(missing(shell))('is run, and', () => {
    let session: ShellSession;
    beforeAll(async () => {
      const script = join(COMPLETIONS, shell === 'bash' ? 'keys.bash' : '_keys');
      session = await shellSession(shell, script, { env, cwd: keys.home });
    });
    afterAll(() => session?.end());

    it.each(CASES)('%s', async (line, candidates) => {
      const before = line.split(/(?<!\\) /).length - 1;
      const words = await session.complete(line);
      expect(
        words
          .slice(before)
          .map((word) => word.replace(/\/$/, ''))
          .sort(),
      ).toEqual(candidates);
    });

    it.each([
      [`keys show "ci's r`, "ci's runner"],
      [`keys show 'te`, 'team: "pay" $x'],
      [`keys show "te`, 'team: "pay" $x'],
      ['keys create --type=pu', '--type=public'],
      ['keys --profile=other show el', 'elsewhere'],
    ])('completes in a word that was begun: %s', async (line, candidate) => {
      expect((await session.complete(line, 'tab')).at(-1)).toBe(candidate);
    });

    it.each(NOTHING)('%s: nothing', async (line) => {
      const words = line.trimEnd().split(' ');
      // zsh offers flags where nothing else is left.
      expect(
        (await session.complete(line)).filter((word) => words.includes(word) || !/^-/.test(word)),
      ).toEqual(words);
    });

    it('offers every provider', async () => {
      expect((await session.complete('keys --provider ')).slice(2)).toHaveLength(PROVIDER_IDS.length + 1);
    });
  });
});

describe.skipIf(missing('zsh'))('zsh', () => {
  it('says what a command, a flag, a profile is', async () => {
    const session = await shellSession('zsh', join(COMPLETIONS, '_keys'), { env, cwd: keys.home });
    try {
      await session.see('keys r\u0004', /revoke +-- stop keys at once and for good/);
      await session.see('keys create --e\u0004', /--expires.*when it expires: 30d/);
      await session.see('keys --profile \u0004', /team +-- http:\/\/127\.0\.0\.1:9/);
      await session.see('keys --provider l\u0004', /langfuse +-- Langfuse/);
    } finally {
      session.end();
    }
  });

  it('takes the script from `keys completion zsh` too', async () => {
    const script = 'autoload -U compinit; compinit -u -D; source <(keys completion zsh); print $_comps[keys]';
    const { stdout } = await execa('zsh', ['-fc', script], { env, extendEnv: false });
    expect(stdout).toBe('_keys');
  });
});

describe.skipIf(missing('fish'))('fish', () => {
  const offered = async (lines: readonly string[]) => {
    const script = 'source $argv[1]; for line in $argv[2..]; complete -C $line; echo \u0001; end';
    const { stdout } = await execa(
      'fish',
      ['--no-config', '-c', script, join(COMPLETIONS, 'keys.fish'), ...lines],
      { env, extendEnv: false, cwd: keys.home },
    );
    return stdout.split('\u0001').map((rows) => rows.split('\n').filter(Boolean));
  };
  const words = (rows: readonly string[] | undefined) =>
    (rows ?? []).map((row) => row.split('\t')[0]?.replace(/\/$/, '')).sort();

  it('completes all of it', async () => {
    const found = await offered(CASES.map(([line]) => line));
    expect(CASES.map(([line], at) => [line, words(found[at])])).toEqual(CASES);
  });

  it('offers nothing where nothing is known', async () => {
    const found = await offered(NOTHING);
    expect(NOTHING.map((line, at) => [line, words(found[at])])).toEqual(NOTHING.map((line) => [line, []]));
  });

  it('says what a command, a flag, a profile is', async () => {
    const [commands, flags, profiles, providers] = await offered([
      'keys rev',
      'keys create --expi',
      'keys --profile ',
      'keys --provider langf',
    ]);
    expect(commands).toEqual(['revoke\tstop keys at once and for good']);
    expect(flags?.[0]).toMatch(/^--expires\twhen it expires: 30d/);
    expect(profiles).toContain('team\thttp://127.0.0.1:9');
    expect(providers).toEqual(['langfuse\tLangfuse']);
  });
});

describe.skipIf(missing('pwsh'))('PowerShell', () => {
  it.each(CASES.filter(([, candidates]) => candidates.every((word) => /^[\w-]+$/.test(word))))(
    '%s',
    async (line, candidates) => {
      const script = `. '${join(COMPLETIONS, 'keys.ps1')}'; (TabExpansion2 '${line.replaceAll("'", "''")}' ${line.length}).CompletionMatches.CompletionText`;
      const { stdout } = await execa('pwsh', ['-NoProfile', '-Command', script], { env, extendEnv: false });
      expect(stdout.split('\n').filter(Boolean).sort()).toEqual(candidates);
    },
  );
});

describe.skipIf(missing('mandoc'))('man pages', () => {
  it('pass the checks of mandoc', async () => {
    const { stdout, exitCode } = await execa('sh', ['-c', 'mandoc -T lint -W warning man/*.[17]'], {
      cwd: join(COMPLETIONS, '..'),
      reject: false,
    });
    expect([stdout, exitCode]).toEqual(['', 0]);
  });
});
