import { type ChildProcess, execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import type { KeychainLibrary } from '../../src/storage/keychain/keychain.js';
import { listening } from '../support/loopback-server.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const PROGRAMS = ['dbus-daemon', 'gnome-keyring-daemon', 'gdbus', 'dbus-send'];

/** What a real keychain takes and this machine lacks; empty where all is there. */
export const MISSING_PROGRAMS = PROGRAMS.filter((program) => {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return false;
  } catch {
    return true;
  }
});

/** A library that is not built here (no compiler, or npm runs no install scripts) cannot be tried. */
export const LIBRARIES = ['keytar', '@napi-rs/keyring'] as const satisfies readonly KeychainLibrary[];
const loads = (library: KeychainLibrary) => {
  const { status } = spawnSync(process.execPath, ['-e', `require(${JSON.stringify(library)})`], {
    cwd: import.meta.dirname,
  });
  return status === 0;
};
export const LOADABLE: readonly KeychainLibrary[] = LIBRARIES.filter(loads);

if (MISSING_PROGRAMS.length > 0) {
  console.error(
    `\n!!! SKIPPED: the tests over a real keychain, because of missing ${MISSING_PROGRAMS.join(', ')}\n!!! .ci/install-system-packages installs them\n`,
  );
}

type Env = Readonly<Record<string, string>>;

export interface KeyringSession {
  /** What a program needs to find this bus, in a home of its own. */
  readonly env: Env;
  /** Stops the daemon where it stands: it owns its name and never responds. */
  freeze(): void;
  /** Ends the daemon, as a crash does: nothing is on the bus any more. */
  end(): Promise<void>;
  /** What is kept stays, and is locked, with nobody to unlock it. */
  lock(): Promise<void>;
  /** What is kept is open again. */
  unlock(): Promise<void>;
}

/**
 * A session bus of the test's own, without activation, so that only what is asked for here is on it: a
 * gnome-keyring that is unlocked, or none, with its files under `home`. All ends with the test.
 */
export async function keyringSession(
  keyring: 'unlocked' | 'none',
  home = temporaryFolder(),
): Promise<KeyringSession> {
  const runtime = join(home, 'run');
  mkdirSync(runtime, { mode: 0o700 });
  const address = `unix:path=${join(home, 'bus')}`;
  const env: Env = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    LANG: 'C.UTF-8',
    XDG_RUNTIME_DIR: runtime,
    DBUS_SESSION_BUS_ADDRESS: address,
  };
  const config = join(home, 'bus.conf');
  writeFileSync(
    config,
    `<busconfig><type>session</type><listen>${address}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`,
  );
  const bus = start('dbus-daemon', [`--config-file=${config}`, '--nofork', '--print-address'], env);
  await once(bus.stdout ?? bus, 'data');
  let daemon = keyring === 'none' ? undefined : await startKeyring(env, ['--unlock']);
  const end = async () => {
    if (daemon === undefined || daemon.signalCode !== null) return;
    const ended = once(daemon, 'exit');
    daemon.kill('SIGKILL');
    await ended;
  };
  const restart = async (flags: readonly string[]) => {
    if (daemon === undefined) return;
    await end();
    daemon = await startKeyring(env, flags);
  };
  return {
    env,
    freeze: () => void daemon?.kill('SIGSTOP'),
    end,
    lock: () => restart([]),
    unlock: () => restart(['--unlock']),
  };
}

async function startKeyring(env: Env, flags: readonly string[]): Promise<ChildProcess> {
  const daemon = start(
    'gnome-keyring-daemon',
    ['--foreground', '--replace', '--components=secrets', ...flags],
    env,
  );
  // A daemon that ends at once does not read it: the wait below says so.
  daemon.stdin?.on('error', () => undefined);
  daemon.stdin?.end('a password for a test\n');
  await promisify(execFile)('gdbus', ['wait', '--session', '--timeout', '60', 'org.freedesktop.secrets'], {
    env,
    timeout: 70_000,
  });
  return daemon;
}

function start(program: string, args: readonly string[], env: Env): ChildProcess {
  const child = spawn(program, [...args], { env, stdio: ['pipe', 'pipe', 'ignore'] });
  // A program that cannot be started is seen by what waits for it.
  child.on('error', () => undefined);
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** A bus that takes every connection and never says a word. */
export async function silentBus(): Promise<Env> {
  const home = temporaryFolder();
  const path = join(home, 'bus');
  await listening(createServer(), { path });
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    LANG: 'C.UTF-8',
    DBUS_SESSION_BUS_ADDRESS: `unix:path=${path}`,
  };
}

/** Command lines of processes that were started for this bus and still run, but for its own daemons. */
export function processesOn({ DBUS_SESSION_BUS_ADDRESS: address = '' }: Env): string[] {
  const found: string[] = [];
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      if (/^(dbus-daemon|gnome-keyring-daemon) /.test(commandLine)) continue;
      // A process that was killed and not yet reaped has no environment any more.
      if (readFileSync(`/proc/${pid}/environ`, 'utf8').includes(address)) found.push(commandLine);
    } catch {
      // It ended, or is not ours to look into.
    }
  }
  return found;
}
