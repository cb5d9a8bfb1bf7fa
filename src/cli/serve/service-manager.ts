import { spawn } from 'node:child_process';
import type { Context } from '../context.js';

/** What systemd learns of a service with `Type=notify`. Source: sd_notify(3). */
export interface ServiceManager {
  /**
   * The service handles requests. From then on, systemd hears that the event loop turns, if it wants to
   * (`WatchdogSec=`).
   */
  ready(status: string): Promise<void>;
  /** A reload begins; `ready` ends it. */
  reloading(): Promise<void>;
  stopping(): Promise<void>;
}

/** Longest that a notice may take: a program that hangs must not hold up the service. */
const NOTICE_MS = 5_000;

const NOBODY: ServiceManager = {
  ready: async () => undefined,
  reloading: async () => undefined,
  stopping: async () => undefined,
};

/** Whether systemd waits for notices. */
export function isSupervised(env: Context['env']): boolean {
  return Boolean(env['NOTIFY_SOCKET']);
}

/**
 * Sends notices by `systemd-notify`, because Node has no datagram sockets in the file system. Where nobody
 * waits for them, it does nothing. A notice that cannot be sent is warned of, and changes nothing else.
 */
export function createServiceManager(
  {
    env,
    every,
    output,
    process,
  }: Pick<Context, 'env' | 'every' | 'output'> & {
    readonly process: Pick<Context['process'], 'pid'>;
  },
  noticeMs = NOTICE_MS,
): ServiceManager {
  if (!isSupervised(env)) return NOBODY;
  let stopWatchdog: (() => void) | undefined;
  const send = async (...variables: readonly string[]) => {
    const why = await run(env, variables, noticeMs);
    if (why !== null) output.say(`warning: systemd was not notified: ${why}`);
  };
  return {
    async ready(status) {
      await send('READY=1', `STATUS=${status}`);
      const ms = watchdogMs(env, process.pid);
      // Twice in the time that systemd waits, as sd_watchdog_enabled(3) advises.
      if (ms !== null) stopWatchdog ??= every(ms / 2, () => send('WATCHDOG=1'));
    },
    // systemd tells a reload that it asked for from another one by its time.
    reloading: () => send('RELOADING=1', `MONOTONIC_USEC=${globalThis.process.hrtime.bigint() / 1000n}`),
    async stopping() {
      stopWatchdog?.();
      await send('STOPPING=1');
    },
  };
}

/** How long systemd waits for a sign of life of this process; null: it does not. */
function watchdogMs(env: Context['env'], pid: number): number | null {
  const microseconds = Number(env['WATCHDOG_USEC']);
  const ofAnother = env['WATCHDOG_PID'] !== undefined && env['WATCHDOG_PID'] !== String(pid);
  return microseconds > 0 && !ofAnother ? microseconds / 1000 : null;
}

/**
 * Null where it was sent, else why not. The program gets nothing else of our environment, which may hold
 * secrets.
 */
function run(env: Context['env'], variables: readonly string[], timeout: number): Promise<string | null> {
  const child = spawn('systemd-notify', variables, {
    env: { PATH: env['PATH'], NOTIFY_SOCKET: env['NOTIFY_SOCKET'] },
    stdio: 'ignore',
    timeout,
    killSignal: 'SIGKILL',
  });
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) =>
      resolve(code === 0 ? null : `systemd-notify ended with ${code ?? signal}`),
    );
  });
}
