import type { ConnectContext } from './connection.js';

/**
 * Opens a page with the program that `BROWSER` names, wherever it is set; else in the desktop's browser. Null if no page can be
 * opened: `--no-browser`, `--no-input`, or neither `BROWSER` nor a desktop with a person at it.
 */
export function pageOpener(
  context: Pick<ConnectContext, 'env' | 'flags' | 'process'>,
): ((url: string) => Promise<void>) | null {
  const { env, flags } = context;
  if (flags.browser === false || flags.input === false) return null;
  const program = env['BROWSER'];
  if (program) return (url) => openWith(program, url, env);
  const { isAttended, platform } = context.process;
  const display = platform === 'darwin' || platform === 'win32' || env['DISPLAY'] || env['WAYLAND_DISPLAY'];
  if (!isAttended || !display || env['CI']) return null;
  return async (url) => {
    const { default: open } = await import('open');
    // The address is on the screen in any case.
    await open(url).catch(() => undefined);
  };
}

/** Starts the first program of a list with colons, with the address in the place of `%s` or at the end, and does not wait for it. */
async function openWith(list: string, url: string, env: ConnectContext['env']): Promise<void> {
  const [{ execa }, { childEnvironment }] = await Promise.all([
    import('execa'),
    import('../domain/child-environment.js'),
  ]);
  const [command = ''] = list.split(':');
  const words = command.split(' ').filter((word) => word !== '');
  const named = words.some((word) => word.includes('%s')) ? words : [...words, '%s'];
  const [program = '', ...args] = named.map((word) => word.replaceAll('%s', url));
  const started = execa(program, args, {
    ...{ env: childEnvironment(env), extendEnv: false, stdio: 'ignore', detached: true, reject: false },
  } as const);
  started.unref();
}
