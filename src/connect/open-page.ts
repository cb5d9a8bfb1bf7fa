import type { ConnectContext } from './connection.js';

/**
 * Opens a page with the program that `BROWSER` names, wherever it is set; else in the desktop's browser. Null if no page can be
 * opened: `--no-browser`, `--no-input`, or neither `BROWSER` nor a desktop with a person at it. The opener returns whether a program
 * was started.
 */
export function pageOpener(
  context: Pick<ConnectContext, 'env' | 'flags' | 'process'>,
): ((url: string) => Promise<boolean>) | null {
  const { env, flags } = context;
  if (flags.browser === false || flags.input === false) return null;
  const program = env['BROWSER'];
  const { isAttended, platform } = context.process;
  if (program) return (url) => openWith(program.split(platform === 'win32' ? ';' : ':'), url, env);
  const display = platform === 'darwin' || platform === 'win32' || env['DISPLAY'] || env['WAYLAND_DISPLAY'];
  if (!isAttended || !display || env['CI']) return null;
  return async (url) => {
    const { default: open } = await import('open');
    // The address is on the screen in any case.
    return await open(url).then(
      () => true,
      () => false,
    );
  };
}

/**
 * Starts the first program of a list that can be started, with the address in the place of `%s` or at the end, and does not wait for
 * its end. Returns false if none can be started.
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
    const runs = await new Promise<boolean>((resolve) => {
      started.once('spawn', () => resolve(true));
      started.once('error', () => resolve(false));
      void started.then(({ exitCode }) => resolve(exitCode !== undefined));
    });
    if (!runs) continue;
    started.unref();
    return true;
  }
  return false;
}
