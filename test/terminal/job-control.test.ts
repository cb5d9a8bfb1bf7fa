import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { fileClipboard } from '../support/file-clipboard.js';
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

/** What is typed, and what is waited for in between. */
type Steps = ReadonlyArray<string | RegExp>;

interface AskedQuestion {
  /** The command that asks it. */
  readonly line: string;
  /** What comes before it. */
  readonly first?: Steps;
  /** How it is known. */
  readonly question: RegExp;
  /** An answer, and the exit code that follows. */
  readonly answer: Steps;
  readonly code: number;
}

const NAME = /\u001b\[1mName/;
const BEFORE_SEVERAL = [
  NAME,
  'several\r',
  /Type/,
  '\r',
  /Environment/,
  '\r',
  /Expires/,
  '\r',
  /Scopes/,
  '\r',
];
const IPS = /space select[\s\S]*IP addresses that may use it.*commas between/;

/** Each kind of question. */
const QUESTIONS: Readonly<Record<string, AskedQuestion>> = {
  'a name to type': {
    line: 'revoke precious',
    question: /to confirm\)/,
    answer: ['wrong\r'],
    code: 130,
  },
  'yes or no': { line: 'pause precious', question: /Pause precious .*\(y\/N\)/, answer: ['n\r'], code: 130 },
  'masked text': { line: 'verify', question: /\u001b\[1mKey/, answer: ['sk_live_fake\r'], code: 7 },
  'one of many': { line: 'revoke', question: /esc.*leave/, answer: ['\u001b'], code: 130 },
  text: { line: 'create', question: NAME, answer: ['shop\r', /Type/, '\u001b'], code: 130 },
  'a choice': {
    line: 'create',
    first: [NAME, 'shop\r'],
    question: /❯ secret[\s\S]*esc.*leave/,
    answer: ['\u001b'],
    code: 130,
  },
  several: {
    line: 'create',
    first: BEFORE_SEVERAL,
    question: /Restrict the key to[\s\S]*space select[\s\S]*esc.*leave/,
    answer: [' \r', IPS, '\u0004'],
    code: 130,
  },
  // Each key has a name of its own.
  'a key to press': { line: 'create copy-$RANDOM', question: /go on:/, answer: ['c'], code: 0 },
};

/** A shell with job control, which runs one command after the other. */
function shell() {
  const { env } = fileClipboard(keys.home);
  const screen = onTerminal(keys, ['bash', '--norc', '--noprofile', '-i'], {
    env: { ...env, PS1: 'ready> ' },
  });
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

async function asking({ line, first = [], question, answer: steps }: AskedQuestion) {
  const bash = shell();
  await bash.see(/ready> /);
  const take = async (all: Steps) => {
    for (const step of all) {
      if (typeof step === 'string') bash.type(step);
      else await bash.see(step);
    }
  };
  const ask = async () => {
    bash.type(`${process.execPath} ${BIN} ${line}\r`);
    await take(first);
    await bash.see(question);
  };
  const answer = async () => await take(steps);
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
  return { ...bash, ask, answer, ended };
}

describe.each(Object.entries(QUESTIONS))('a question for %s', (_, asked) => {
  const { question, code } = asked;
  it('ends with 130 at keys and signals, and the terminal is as before', { timeout: 300_000 }, async () => {
    const { ask, answer, ended, type, screen, see } = await asking(asked);
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
    await answer();
    await see(/ready> $/);
    expect(screen.shown()).not.toContain('Debugger');
  });

  it('is drawn again after Ctrl-Z and fg, and takes its answer', { timeout: 300_000 }, async () => {
    const { ask, answer, ended, type, see, settings, since } = await asking(asked);
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
    await answer();
    await ended(code);
  });

  it('is drawn again after another program stopped it, and ends at Ctrl-D', {
    timeout: 300_000,
  }, async () => {
    const { ask, ended, type, see, screen } = await asking(asked);
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
    const { ask, screen } = await asking(asked);
    await ask();
    const running = children(screen.pid);
    expect(running).toHaveLength(1);
    onTestFinished(() => {
      for (const pid of running) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It has ended, as it should.
        }
      }
    });
    screen.signal('SIGHUP');
    await expect.poll(() => running.filter(isRunning), { timeout: 60_000 }).toEqual([]);
  });
});

function isRunning(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
