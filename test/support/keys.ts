import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { requireDocumentedExit } from './documented-exit.js';
import { FAKE_CLOCK } from './fake-clock.js';

const SHIFTED_CLOCK = fileURLToPath(new URL('../walks/shifted-clock.cjs', import.meta.url));
export const BIN = fileURLToPath(new URL('../../bin/keys.js', import.meta.url));

export interface RunOptions {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** How many milliseconds the program's clock is ahead. */
  readonly aheadMs?: number;
  /** Most milliseconds before the program is killed and the test fails. */
  readonly timeoutMs?: number;
}

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built program in an empty home of its own: `await keys.run(['create', '--name', 'ci'])`. */
export interface KeysProgram {
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  run(args: readonly string[], options?: RunOptions): Promise<RunResult>;
  remove(): Promise<void>;
}

/** No variable of the machine's reaches the program but these: a test says what it depends on. */
export async function keysProgram(extra: Readonly<Record<string, string>> = {}): Promise<KeysProgram> {
  const home = await mkdtemp(join(tmpdir(), 'keys-home-'));
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    ...FAKE_CLOCK,
    ...extra,
  };
  return {
    home,
    env,
    async run(args, options = {}) {
      const { aheadMs = 0 } = options;
      const clock = aheadMs === 0 ? [] : ['--require', SHIFTED_CLOCK];
      const result = await execa(process.execPath, [...clock, '--', BIN, ...args], {
        env: { ...env, ...options.env, ...(aheadMs === 0 ? {} : { KEYS_WALK_CLOCK_MS: String(aheadMs) }) },
        extendEnv: false,
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
        input: options.stdin ?? '',
        reject: false,
        stripFinalNewline: false,
        timeout: options.timeoutMs ?? 120_000,
        killSignal: 'SIGKILL',
      });
      if (result.timedOut) throw new Error(`keys ${args.join(' ')} did not end in time: ${result.stderr}`);
      requireDocumentedExit(args, result.exitCode ?? -1);
      return { code: result.exitCode ?? -1, stdout: result.stdout, stderr: result.stderr };
    },
    async remove() {
      await rm(home, { recursive: true, force: true });
    },
  };
}

/**
 * Keeps the saved secrets of a new home in a 0600 file, as `keys config set storage file` does: tests have no
 * keychain.
 */
export async function storeSecretsInFile({ home }: Pick<KeysProgram, 'home'>): Promise<void> {
  const folder = join(home, '.config/keys');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, 'config.json'), '{"settings":{"storage":"file"}}', {
    flag: 'wx',
    mode: 0o600,
  });
}
