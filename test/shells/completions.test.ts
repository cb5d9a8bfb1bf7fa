import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { spawn } from '@lydell/node-pty';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BIN, type KeysProgram, keysProgram } from '../support/keys.js';
import { missing } from '../support/needs.js';

const COMPLETIONS = join(import.meta.dirname, '../../completions');

/** A home with `keys` on its PATH, two keys and a profile. */
async function home(): Promise<{ keys: KeysProgram; env: Record<string, string> }> {
  const keys = await keysProgram();
  onTestFinished(() => keys.remove());
  const bin = join(keys.home, 'bin');
  mkdirSync(bin);
  symlinkSync(BIN, join(bin, 'keys'));
  for (const name of ['web', "ci's runner"]) await keys.run(['create', '--name', name, '--raw']);
  await keys.run(['profile', 'add', 'team']);
  return { keys, env: { ...keys.env, PATH: `${bin}:${keys.env['PATH']}` } };
}

describe.skipIf(missing('bash'))('bash', () => {
  it('completes commands, flags, values, names and profiles', async () => {
    const { env } = await home();
    const candidates = async (...words: string[]) => {
      const script =
        'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _keys; printf "%s\\n" "${COMPREPLY[@]}"';
      const { stdout } = await execa('bash', ['-c', script, join(COMPLETIONS, 'keys.bash'), ...words], {
        env,
        extendEnv: false,
      });
      return stdout.split('\n');
    };
    expect(await candidates('keys', 'cr')).toEqual(['create']);
    expect(await candidates('keys', '')).toContain('serve');
    expect(await candidates('keys', 'create', '--expi')).toEqual(['--expires']);
    expect(await candidates('keys', 'create', '--type', '')).toEqual(['secret', 'public']);
    expect(await candidates('keys', 'profile', '')).toEqual(
      expect.arrayContaining(['list', 'use', 'add', 'remove']),
    );
    expect(await candidates('keys', '--profile', '')).toEqual(['team']);
    expect(await candidates('keys', 'profile', 'use', '')).toEqual(['team']);
    expect((await candidates('keys', 'show', '')).sort()).toEqual(["ci\\'s\\ runner", 'web']);
    expect(await candidates('keys', '--profile', 'x', 'completion', 'z')).toEqual(['zsh']);
  });
});

describe.skipIf(missing('fish'))('fish', () => {
  it('completes commands, flags, values, names and profiles', async () => {
    const { env } = await home();
    const candidates = async (line: string) => {
      const { stdout } = await execa(
        'fish',
        ['--no-config', '-c', 'source $argv[1]; complete -C $argv[2]', join(COMPLETIONS, 'keys.fish'), line],
        { env, extendEnv: false },
      );
      return stdout.split('\n').map((row) => row.split('\t')[0]);
    };
    expect(await candidates('keys cr')).toEqual(['create']);
    expect(await candidates('keys create --expi')).toEqual(['--expires']);
    expect((await candidates('keys create --type ')).sort()).toEqual(['public', 'secret']);
    expect(await candidates('keys profile use ')).toEqual(['team']);
    expect((await candidates('keys show ')).sort()).toEqual(["ci's runner", 'web']);
  });
});

describe.skipIf(missing('zsh'))('zsh', () => {
  it('completes commands, flags, values and names', async () => {
    const { env, keys } = await home();
    const shell = spawn('zsh', ['-f'], {
      cols: 200,
      rows: 50,
      env: { ...env, TERM: 'dumb', PS1: '' },
      cwd: keys.home,
    });
    onTestFinished(() => shell.kill('SIGKILL'));
    let shown = '';
    shell.onData((data) => {
      shown += data;
    });
    shell.write(
      `fpath=('${COMPLETIONS}' $fpath); autoload -U compinit; compinit -u -D; setopt no_auto_menu; PS1=; echo rea""dy\n`,
    );
    await expect.poll(() => shown, { timeout: 15_000 }).toContain('ready');
    const complete = async (line: string, expected: string) => {
      shown = '';
      shell.write(`${line}\t`);
      await expect.poll(() => shown, { timeout: 15_000 }).toContain(expected);
      shell.write('\u0015');
    };
    await complete('keys cre', 'create');
    await complete('keys create --exp', '--expires');
    await complete('keys completion power', 'powershell');
    await complete('keys show we', 'web ');
  });
});

describe.skipIf(missing('pwsh'))('PowerShell', () => {
  it('completes commands', async () => {
    const { env } = await home();
    const script = `. '${join(COMPLETIONS, 'keys.ps1')}'; (TabExpansion2 'keys cr' 7).CompletionMatches.CompletionText`;
    expect((await execa('pwsh', ['-NoProfile', '-Command', script], { env, extendEnv: false })).stdout).toBe(
      'create',
    );
  });
});

describe.skipIf(missing('mandoc'))('man pages', () => {
  it('are as mandoc wants them', async () => {
    const { stdout, exitCode } = await execa('sh', ['-c', 'mandoc -T lint -W warning man/*.1'], {
      cwd: join(COMPLETIONS, '..'),
      reject: false,
    });
    expect([stdout, exitCode]).toEqual(['', 0]);
  });
});
