/** The composition root's edge: the only file that touches `process`. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}

/** `node:sqlite` announces itself as experimental on Node 22; that is for us to know, not for every call to say. */
function muteSqliteWarning(): void {
  const emit = process.emitWarning.bind(process);
  process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
    if (String(warning).includes('SQLite is an experimental feature')) return;
    (emit as (warning: string | Error, ...rest: unknown[]) => void)(warning, ...rest);
  }) as typeof process.emitWarning;
}

/** Aborts at the first SIGINT, SIGTERM or SIGHUP, for what has to be shut down in order; a second one ends the process. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => controller.abort());
  }
  return controller.signal;
}

const argv = process.argv.slice(2);

if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  process.stdout.write(`${packageVersion()}\n`);
} else {
  muteSqliteWarning();
  process.title = 'keys';
  const { runProgram } = await import('./compose.js');
  const code = await runProgram({
    argv,
    env: process.env,
    platform: process.platform,
    homeDirectory: homedir,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    version: packageVersion(),
    clock: { now: Date.now },
    interruption,
  });
  // Not `exitCode` alone: a prompt or a pooled socket must not keep a finished call alive.
  process.exit(code);
}
