import type { ChildProcess } from 'node:child_process';
import type { ConnectContext } from './connection.js';

/** How long a program that opens a page is watched. One that still runs then has opened it. */
const FAILS_WITHIN_MS = 2_000;

/** Opens a page. Returns false if every program for it could not be started or failed at once. */
type OpenPage = (url: string) => Promise<boolean>;

/**
 * Returns a function that opens a page and returns whether it did; it warns if every program for that failed.
 * The program is the one that `BROWSER` names, wherever it is set; else the desktop's browser. It opens
 * nothing with `--no-browser` and `--no-input`, and with neither `BROWSER` nor a desktop with a person at it.
 */
export function pageOpener(context: Pick<ConnectContext, 'env' | 'flags' | 'output' | 'process'>): OpenPage {
  const open = opener(context);
  return async (url) => {
    if (open === null) return false;
    const opened = await open(url);
    if (!opened) context.output.warn('no browser opened the page');
    return opened;
  };
}

function opener({ env, flags, process }: Pick<ConnectContext, 'env' | 'flags' | 'process'>): OpenPage | null {
  if (flags.browser === false || flags.input === false) return null;
  const program = env['BROWSER'];
  const { isAttended, platform } = process;
  if (program) return (url) => openWith(program.split(platform === 'win32' ? ';' : ':'), url, env);
  const display = platform === 'darwin' || platform === 'win32' || env['DISPLAY'] || env['WAYLAND_DISPLAY'];
  if (!isAttended || !display || env['CI']) return null;
  return async (url) => {
    const { default: open } = await import('open');
    try {
      const started = await open(url);
      return await hasOpened(started, endOf(started));
    } catch {
      return false;
    }
  };
}

/** Whether a started program ended well. */
function endOf(started: ChildProcess): Promise<boolean> {
  return new Promise((resolve) => {
    started.once('error', () => resolve(false));
    started.once('exit', (code) => resolve(code === 0));
  });
}

/**
 * Starts the programs of a list, one after another, with the address in the place of `%s` or at the end,
 * until one has opened the page. Returns false if none has.
 */
async function openWith(list: readonly string[], url: string, env: ConnectContext['env']): Promise<boolean> {
  const [{ execa }, { childEnvironment }] = await Promise.all([
    import('execa'),
    import('../domain/child-environment.js'),
  ]);
  for (const command of list) {
    const words = command.split(' ').filter((word) => word !== '');
    if (words.length === 0) continue;
    const named = words.some((word) => word.includes('%s')) ? words : [...words, '%s'];
    const [program = '', ...args] = named.map((word) => word.replaceAll('%s', url));
    const started = execa(program, args, {
      ...{ env: childEnvironment(env), extendEnv: false, stdio: 'ignore', detached: true, reject: false },
    } as const);
    const ended = started.then(({ exitCode }) => exitCode === 0);
    if (await hasOpened(started, ended)) return true;
  }
  return false;
}

/**
 * Whether a program was started and did not fail within `FAILS_WITHIN_MS`. It does not keep this process
 * running.
 */
async function hasOpened(started: { ref(): void; unref(): void }, ended: Promise<boolean>): Promise<boolean> {
  const watch = AbortSignal.timeout(FAILS_WITHIN_MS);
  const stillRuns = new Promise<boolean>((resolve) => {
    watch.addEventListener('abort', () => resolve(true), { once: true });
  });
  // The time-out alone does not keep this process running.
  started.ref();
  try {
    return await Promise.race([ended, stillRuns]);
  } finally {
    started.unref();
  }
}
