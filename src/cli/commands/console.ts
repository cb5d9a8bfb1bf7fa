import { join } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { keysErrorOf } from '../../domain/errors.js';
import type { Context } from '../context.js';

/** Between two looks whether the console is idle. */
const LOOK_MS = 10_000;
/** After a sign-out, the browser still gets its page. */
const LEAVE_MS = 1_000;

export function consoleCommand(context: Context) {
  return new Command('console')
    .description(
      'Shows the keys of every profile and of the service on this machine in a browser. It listens on a free port of 127.0.0.1 and opens a page that signs in by itself. It ends with Ctrl-C, with a sign-out, and after 30 minutes without a request.',
    )
    .option('--no-open', 'print the file to open instead of opening it')
    .addHelpText(
      'after',
      `
The page is a file in the data directory that only you may read. It signs in one browser, once, and is then removed.
BROWSER names the program that opens it. Snap and Flatpak browsers may not read it: open it with another browser.

Examples:
  keys console
  keys console --no-open`,
    )
    .action((flags) => runConsole(flags, context));
}

async function runConsole(flags: { readonly open: boolean }, context: Context): Promise<void> {
  const [{ createAllServicesConsole }, { serveConsole }, { createConsoleServices }, { SESSION_IDLE_MS }] =
    await Promise.all([
      import('../../service/console/all-services.js'),
      import('../../service/http/serve-console.js'),
      import('../console/console-services.js'),
      import('../../service/console/session-table.js'),
    ]);
  const [{ newIdempotencyKey: randomText }, { removeFile }] = await Promise.all([
    import('../../domain/idempotency.js'),
    import('../../storage/files.js'),
  ]);
  const { clock, output, sleep } = context;
  const end = new AbortController();
  const interrupted = context.process.interruption();
  interrupted.addEventListener('abort', () => end.abort('interrupted'), { once: true });
  const [base, token] = [`/${randomText()}`, randomText()];
  context.redactor.add(token);
  let file = '';
  const app = createAllServicesConsole({
    ...{ base, token, clock, sleep, reveal: keysErrorOf, services: createConsoleServices(context) },
    signedIn: () => removeFile(file),
    signedOut: () => void sleep(LEAVE_MS).then(() => end.abort('signed out')),
  });
  const running = await serveConsole(app, clock);
  const stop = context.every(LOOK_MS, async () => {
    if (running.idleMs() >= SESSION_IDLE_MS) end.abort('no request for 30 minutes');
  });
  try {
    file = await writeSignIn(`${running.url}${base}/sign-in`, token, context);
    await show(file, flags.open, context);
    await new Promise<void>((resolve) => {
      if (end.signal.aborted) resolve();
      end.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    output.say(`the console ends: ${String(end.signal.reason)}`);
  } finally {
    stop();
    if (file !== '') removeFile(file);
    await running.close();
  }
}

/** Writes the page that signs in, and returns its path. The port is in its name: no other console has it. */
async function writeSignIn(action: string, token: string, context: Context): Promise<string> {
  const [{ removeFile, replaceFile }, { makeFolder }, { signInFile }] = await Promise.all([
    import('../../storage/files.js'),
    import('../../storage/files/folders.js'),
    import('../../service/console/sign-in-file.js'),
  ]);
  const { data } = context.directories();
  const path = join(data, `console-${new URL(action).port}.html`);
  makeFolder(data);
  // One that a killed console left may have other rights.
  removeFile(path);
  replaceFile(path, signInFile(action, token), { secret: true });
  return path;
}

/** Opens the file, or says how to. */
async function show(file: string, wanted: boolean, context: Context): Promise<void> {
  const [{ pageOpener }, { pathToFileURL }] = await Promise.all([
    import('../../connect/open-page.js'),
    import('node:url'),
  ]);
  const { href } = pathToFileURL(file);
  const opened = wanted && (await pageOpener(context)(href));
  if (opened) context.output.say(`the console opens in the browser; if it does not, open ${href}`);
  else context.output.say(`open this file in a browser of this machine: ${href}`);
  context.output.say('Ctrl-C ends the console');
}
