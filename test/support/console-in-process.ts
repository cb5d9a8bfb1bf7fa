import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import { type ConsoleBrowser, consoleBrowser } from './console-browser.js';
import type { KeysProgram } from './keys.js';
import { openContext } from './real-context.js';
import { type SettableClock, settableClock } from './settable-clock.js';
import { underWay } from './under-way.js';

const ROOT = new URL('../../', import.meta.url);
const FROM_FILE = { origin: 'null', 'sec-fetch-site': 'cross-site' };

export interface ConsoleInProcess {
  /** Signed in. */
  readonly browser: ConsoleBrowser;
  /** Such as `http://127.0.0.1:41873`. */
  readonly origin: string;
  /** Path of the console. */
  readonly base: string;
  readonly clock: SettableClock;
  /** What it wrote to stderr. */
  said(): string;
  /** How often it has let other work of this process have its turn. */
  pauses(): number;
  /** Does now what the console does every few seconds. */
  look(): Promise<unknown>;
  /** Resolves when the console has ended. */
  readonly ended: Promise<unknown>;
}

/**
 * `keys console --no-open` of the built program in this process, over the home of `keys`, and a browser that
 * is signed in.
 */
export async function consoleInProcess({ env }: Pick<KeysProgram, 'env'>): Promise<ConsoleInProcess> {
  const load = async <Module>(path: string) => (await import(new URL(path, ROOT).href)) as Module;
  const [{ createContext }, { consoleCommand }, { textSink }, { createRedactor }] = await Promise.all([
    load<typeof import('../../src/cli/create-context.js')>('dist/cli/create-context.js'),
    load<typeof import('../../src/cli/commands/console.js')>('dist/cli/commands/console.js'),
    load<typeof import('../../src/terminal/node-streams.js')>('dist/terminal/node-streams.js'),
    load<typeof import('../../src/domain/redactor.js')>('dist/domain/redactor.js'),
  ]);
  const clock = settableClock();
  const makers = { createContext, createRedactor, textSink };
  const { context, said, close } = await openContext(makers, env, clock);
  let look: () => Promise<unknown> = async () => undefined;
  const every = (ms: number, work: () => Promise<unknown>) => {
    // The console's own look comes first; leases have others.
    if (ms === 10_000) look = work;
    return () => undefined;
  };
  // On a busy machine, each page would be late. These are the waits before a page of waiting, and before one
  // that counts.
  let pauses = 0;
  const sleep = async (ms: number) => {
    if (ms === 0) pauses += 1;
    return await (ms === 1_000 || ms === 900 ? new Promise<void>(() => {}) : context.sleep(ms));
  };
  const ended = underWay(
    consoleCommand({ ...context, every, sleep }).parseAsync(['--no-open'], { from: 'user' }),
  );
  await expect.poll(() => said(), { timeout: 60_000 }).toContain('Ctrl-C ends the console');
  const page = readFileSync(fileURLToPath(/file:\S+/.exec(said())?.[0] ?? ''), 'utf8');
  const { origin, pathname } = new URL(/action="([^"]+)"/.exec(page)?.[1] ?? '');
  const token = /name="token" value="([^"]+)"/.exec(page)?.[1] ?? '';
  const browser = consoleBrowser(origin);
  expect((await browser.post(pathname, { token }, FROM_FILE)).status).toBe(200);
  onTestFinished(async () => {
    clock.advance(24 * 3_600_000);
    await look();
    await ended;
    await close();
    expect(existsSync(fileURLToPath(/file:\S+/.exec(said())?.[0] ?? ''))).toBe(false);
  });
  const base = pathname.replace('/sign-in', '');
  return {
    browser,
    origin,
    base,
    clock,
    said,
    pauses: () => pauses,
    look: () => look(),
    ended,
  };
}
