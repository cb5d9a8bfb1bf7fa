import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { BIN, type KeysProgram, keysProgram, storeSecretsInFile } from '../support/keys.js';
import { onTerminal } from '../support/terminal.js';

let keys: KeysProgram;
beforeAll(async () => {
  keys = await keysProgram();
  await storeSecretsInFile(keys);
  await keys.run(['create', 'precious', '--to', 'keychain']);
  await keys.run(['create', 'other', '--raw']);
  return async () => await keys.remove();
});

/**
 * Each kind of question: the command that asks it, what is typed first, how it is known, and an answer with
 * the exit code that follows.
 */
const QUESTIONS = [
  ['a name to type', 'revoke precious', '', /to confirm\)/, 'wrong\r', 130],
  ['yes or no', 'pause precious', '', /Pause precious .*\(y\/N\)/, 'n\r', 130],
  ['masked text', 'verify', '', /\u001b\[1mKey/, 'sk_live_fake\r', 7],
  ['one of many', 'revoke', '', /esc.*leave/, '\u001b', 130],
  ['text', 'create', '', /\u001b\[1mName/, 'shop\r\u001b', 130],
  ['a choice', 'create', 'shop\r', /❯ secret[\s\S]*esc.*leave/, '\u001b', 130],
] as const;

/** A shell with job control, which runs one command after the other. */
function shell() {
  const screen = onTerminal(keys, ['bash', '--norc', '--noprofile', '-i'], { env: { PS1: 'ready> ' } });
  let from = 0;
  const since = () => screen.shown().slice(from);
  const see = async (text: RegExp) => await expect.poll(since, { timeout: 60_000 }).toMatch(text);
  const type = (text: string) => {
    from = screen.shown().length;
    screen.type(text);
  };
  return {
    screen,
    since,
    see,
    type,
    /** Waits until the shell is there, and says how the terminal is set. */
    async settings() {
      type('stty -a; echo set\r');
      await see(/iexten[\s\S]*\nset/);
      return since();
    },
  };
}

const children = (pid: number) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter((child) => child !== '')
    .map(Number);

async function asking(line: string, first: string, question: RegExp) {
  const bash = shell();
  await bash.see(/ready> /);
  const ask = async () => {
    bash.type(`${process.execPath} ${BIN} ${line}\r`);
    if (first !== '') {
      await bash.see(/\u001b\[1mName/);
      bash.screen.type(first);
    }
    await bash.see(question);
  };
  /** How the command ended, and that the terminal is as before. */
  const ended = async (code: number) => {
    await bash.see(/ready> $/);
    bash.type('echo "code=$?;"\r');
    await bash.see(/code=\d+;\r\n/);
    expect(/code=(\d+);\r\n/.exec(bash.since())?.[1]).toBe(String(code));
    const settings = await bash.settings();
    expect(settings).toMatch(/[^-]icanon/);
    expect(settings).toMatch(/[^-]echo /);
    expect(children(bash.screen.pid)).toEqual([]);
  };
  return { ...bash, ask, ended };
}

describe.each(QUESTIONS)('a question for %s', (_, line, first, question, answer, code) => {
  it('ends with 130 at keys and signals, and the terminal is as before', { timeout: 300_000 }, async () => {
    const { ask, ended, type, screen, see } = await asking(line, first, question);
    for (const key of ['\u0003', '\u0004', '\u001c']) {
      await ask();
      type(key);
      await ended(130);
    }
    // The others are tried at one kind of question, in process.test.ts.
    for (const signal of ['SIGTERM', 'SIGQUIT', 'SIGHUP'] as const) {
      await ask();
      type('');
      for (const pid of children(screen.pid)) process.kill(pid, signal);
      await ended(130);
    }
    // One that a debugger would be opened by changes nothing.
    await ask();
    for (const pid of children(screen.pid)) process.kill(pid, 'SIGUSR1');
    type(answer);
    await see(/ready> $/);
    expect(screen.shown()).not.toContain('Debugger');
  });

  it('is drawn again after Ctrl-Z and fg, and takes its answer', { timeout: 300_000 }, async () => {
    const { ask, ended, type, see, settings, since } = await asking(line, first, question);
    await ask();
    for (let times = 0; times < 2; times++) {
      type('\u001a');
      await see(/Stopped/);
      const while_ = await settings();
      expect(while_).toMatch(/[^-]icanon/);
      expect(while_).toMatch(/[^-]echo /);
      type('fg\r');
      await see(question);
      // The line of the shell above it is still there.
      expect(since()).toMatch(/fg\r\n/);
    }
    type(answer);
    await ended(code);
  });

  it('is drawn again after another program stopped it, and ends at Ctrl-D', {
    timeout: 300_000,
  }, async () => {
    const { ask, ended, type, see, screen } = await asking(line, first, question);
    await ask();
    type('');
    for (const pid of children(screen.pid)) process.kill(pid, 'SIGSTOP');
    await see(/Stopped/);
    type('fg\r');
    await see(question);
    type('\u0004');
    await ended(130);
  });

  it('ends when its terminal is closed', { timeout: 300_000 }, async () => {
    const { ask, screen } = await asking(line, first, question);
    await ask();
    const asked = children(screen.pid);
    expect(asked).toHaveLength(1);
    onTestFinished(() => {
      for (const pid of asked) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It has ended, as it should.
        }
      }
    });
    screen.signal('SIGHUP');
    await expect.poll(() => asked.filter(isRunning), { timeout: 60_000 }).toEqual([]);
  });
});

function isRunning(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
