import { startOnTerminal } from './pseudo-terminal.js';

/**
 * What makes a shell offer: its words, how it is started, and a key (ctrl-x ctrl-a) that inserts every
 * candidate into the line.
 */
const SHELLS = {
  bash: {
    args: ['--norc', '--noprofile', '-i'],
    setup: (script: string) =>
      `PS1=; bind 'set enable-bracketed-paste off'; bind 'set bell-style none'; bind '"\\C-x\\C-a": insert-completions'; source '${script}'`,
    shown: `shown() { printf '\\001%s\\002' "$@"; printf '\\003'; }`,
    ready: `printf 'rea''dy\\n'`,
  },
  zsh: {
    args: ['-f', '-i'],
    setup: (script: string) =>
      [
        `PS1=; unsetopt prompt_sp zle_bracketed_paste 2>/dev/null; unset zle_bracketed_paste; bindkey -e`,
        `fpath=('${script.slice(0, script.lastIndexOf('/'))}' $fpath); autoload -U compinit; compinit -u -D`,
        `zle -C all-matches complete-word _generic; bindkey '^X^A' all-matches`,
        `zstyle ':completion:all-matches:*' insert yes`,
        `zstyle ':completion:all-matches::::' completer _all_matches _complete`,
      ].join('; '),
    shown: `shown() { printf '\\001%s\\002' "$@"; printf '\\003' }`,
    // Said by the line editor. Before it runs, the terminal itself would take ctrl-d for the end of input.
    ready: `zle-line-init() { printf 'rea''dy\\n' }; zle -N zle-line-init`,
  },
} as const;

export interface ShellSession {
  /**
   * The words that the line has after every candidate (or, by the tab key, the only one) was inserted, as the
   * shell itself reads them.
   */
  complete(line: string, by?: 'all' | 'tab'): Promise<string[]>;
  /** What the screen shows after these keys. */
  see(keys: string, expected: RegExp): Promise<void>;
  end(): void;
}

/** A real interactive shell under a pseudo-terminal with a completion script. */
export async function shellSession(
  shell: keyof typeof SHELLS,
  script: string,
  { env, cwd }: { env: Record<string, string>; cwd: string },
): Promise<ShellSession> {
  const { args, setup, shown, ready } = SHELLS[shell];
  const pty = startOnTerminal(shell, args, { cols: 500, rows: 50, env: { ...env, TERM: 'xterm' }, cwd });
  let output = '';
  let look = () => {};
  pty.onData((data) => {
    output += data;
    look();
  });
  /** A test that waits in vain is ended by its own limit, with the line that it was about. */
  const until = (expected: RegExp) =>
    new Promise<void>((resolve) => {
      look = () => {
        if (expected.test(output)) resolve();
      };
      look();
    });
  pty.write(`${setup(script)}\n`);
  pty.write(`${shown}; ${ready}\n`);
  await until(/ready/);
  return {
    async complete(line, by = 'all') {
      output = '';
      // To the line's start, after the candidates are there; then it is run as the arguments of `shown`.
      pty.write(`${line}${by === 'all' ? '\u0018\u0001' : '\t'}\u0001shown \n`);
      await until(/\u0003/);
      return [...output.matchAll(/\u0001([^\u0002]*)\u0002/g)].map(([, word]) => word ?? '');
    },
    async see(keys, expected) {
      output = '';
      pty.write(keys);
      await until(expected);
      pty.write('\u0015');
    },
    end: () => pty.kill('SIGKILL'),
  };
}
