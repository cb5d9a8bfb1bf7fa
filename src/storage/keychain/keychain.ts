import { type ChildProcess, spawn } from 'node:child_process';
import { execPath, kill, platform } from 'node:process';
import { fileURLToPath } from 'node:url';
import { KeysError, type KeysErrorOptions } from '../../domain/errors.js';

export type KeychainLibrary = 'keytar' | '@napi-rs/keyring';

export type KeychainRequest = {
  readonly service: string;
  readonly account: string;
  /** Which libraries may be used; absent: keytar, and where it cannot be loaded the other. */
  readonly libraries?: readonly KeychainLibrary[];
} & ({ readonly op: 'read' | 'remove' | 'probe' } | { readonly op: 'store'; readonly secret: string });

export type KeychainAnswer =
  | { readonly ok: true; readonly library: string; readonly secret?: string; readonly removed?: boolean }
  | { readonly ok: false; readonly problem: string };

/** The OS keychain. Every call ends within `timeoutMs`: `keychain_timeout`, or `keychain_unavailable` with the ways out. */
export interface Keychain {
  call(request: KeychainRequest): Promise<Extract<KeychainAnswer, { ok: true }>>;
}

/** All that a keychain library needs to find its keychain; no credential of ours among it. */
const PASSED_ON = [
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'DBUS_SESSION_BUS_ADDRESS', 'XDG_RUNTIME_DIR', 'DISPLAY'],
  ...[
    'WAYLAND_DISPLAY',
    'SYSTEMROOT',
    'WINDIR',
    'USERPROFILE',
    'APPDATA',
    'LOCALAPPDATA',
    'TEMP',
    'TMP',
    'USERNAME',
  ],
];

const WAYS_OUT = {
  hint: 'unlock or start a keychain, or give the credential in KEYS_API_KEY',
  next: 'log_in_insecurely',
} as const satisfies KeysErrorOptions;

interface KeychainOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Default 3,000. */
  readonly timeoutMs?: number;
  readonly libraries?: readonly KeychainLibrary[];
  /** The compiled child; default the one beside this file. */
  readonly program?: URL;
}

const CHILD = new URL('./keychain-child.cjs', import.meta.url);

export function createKeychain(options: KeychainOptions): Keychain {
  const { env, timeoutMs = 3_000, libraries, program = CHILD } = options;
  return {
    async call(request) {
      const answer = await ask({ ...request, ...(libraries ? { libraries } : {}) }, env, timeoutMs, program);
      if (answer.ok) return answer;
      throw new KeysError('keychain_unavailable', `the keychain cannot be used: ${answer.problem}`, WAYS_OUT);
    },
  };
}

/** Runs the child and kills it when its time is up: whatever it hangs in, it ends. */
function ask(
  request: KeychainRequest,
  env: Readonly<Record<string, string | undefined>>,
  timeoutMs: number,
  program: URL,
): Promise<KeychainAnswer> {
  return new Promise((resolve, reject) => {
    const passedOn = Object.fromEntries(
      PASSED_ON.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])),
    );
    const child = spawn(execPath, [fileURLToPath(program)], {
      env: passedOn,
      // A group of its own, so that what it has started itself ends with it.
      detached: platform !== 'win32',
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    let answer = '';
    const timer = setTimeout(() => {
      killWithDescendants(child);
      reject(
        new KeysError(
          'keychain_timeout',
          `the keychain did not answer within ${timeoutMs / 1000} seconds`,
          WAYS_OUT,
        ),
      );
    }, timeoutMs);
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      answer += chunk;
    });
    child.on('error', (error) => {
      clearTimeout(timer);
      resolve({ ok: false, problem: error.message });
    });
    child.on('close', () => {
      clearTimeout(timer);
      try {
        resolve(JSON.parse(answer) as KeychainAnswer);
      } catch {
        resolve({ ok: false, problem: 'its library ended without an answer' });
      }
    });
    child.stdin.on('error', () => undefined);
    // Not ended: should this process be killed, the pipe closes, and the child knows.
    child.stdin.write(`${JSON.stringify(request)}\n`);
  });
}

/** A bus that accepts and says nothing holds up what the child asked it with, too. */
function killWithDescendants(child: ChildProcess): void {
  if (platform === 'win32' || child.pid === undefined) {
    child.kill('SIGKILL');
    return;
  }
  try {
    kill(-child.pid, 'SIGKILL');
  } catch {
    // It ended in this very moment.
  }
}
