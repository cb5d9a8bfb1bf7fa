import { type ChildProcess, spawn } from 'node:child_process';
import { execPath, kill, platform } from 'node:process';
import { fileURLToPath } from 'node:url';
import { KeysError, type KeysErrorOptions } from '../../domain/errors.js';
import { STARTED, WAITING } from './child-lines.js';

export type KeychainLibrary = 'keytar' | '@napi-rs/keyring';

export type KeychainRequest = {
  readonly service: string;
  readonly account: string;
  /** Which libraries may be used; absent: keytar, and where it cannot be loaded the other. */
  readonly libraries?: readonly KeychainLibrary[];
} & ({ readonly op: 'read' | 'remove' | 'probe' } | { readonly op: 'store'; readonly secret: string });

export type KeychainResponse =
  | { readonly ok: true; readonly library: string; readonly secret?: string; readonly removed?: boolean }
  | { readonly ok: false; readonly problem: string };

/**
 * The OS keychain. A call fails with `keychain_timeout` if the child has not started after `startMs`, if
 * there is no response for `timeoutMs` from then on, or after `unlockMs` if its user is asked to unlock it;
 * and with `keychain_unavailable`, which names the ways out.
 */
export interface Keychain {
  call(request: KeychainRequest): Promise<Extract<KeychainResponse, { ok: true }>>;
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
  /** How long the child may take to start. Default 30,000: a busy machine is no broken keychain. */
  readonly startMs?: number;
  /** How long to wait for a keychain that does not respond. Default 4,000. */
  readonly timeoutMs?: number;
  /** How long to wait for one that its user is asked to unlock. Default 120,000. */
  readonly unlockMs?: number;
  /** Called when the keychain seems to wait for its user. */
  readonly onWaiting?: () => void;
  readonly libraries?: readonly KeychainLibrary[];
  /** The compiled child; default the one beside this file. */
  readonly program?: URL;
}

/** Most characters of a response. No item that keys has stored is nearly as long. */
const MOST_CHARACTERS = 16_000_000;

const CHILD = new URL('./keychain-child.cjs', import.meta.url);

export function createKeychain(options: KeychainOptions): Keychain {
  const { libraries } = options;
  return {
    async call(request) {
      const response = await ask({ ...request, ...(libraries ? { libraries } : {}) }, options);
      if (response.ok) return response;
      throw new KeysError(
        'keychain_unavailable',
        `the keychain cannot be used: ${inWords(response.problem)}`,
        WAYS_OUT,
      );
    },
  };
}

/** How gnome-keyring says that it could not write its file: most often its disk is full. */
const NOT_WRITTEN = /error occurred on the device/;

function inWords(problem: string): string {
  return NOT_WRITTEN.test(problem)
    ? `it could not write its file: is its disk full, or its folder read-only? (${problem})`
    : problem;
}

function startChild(program: URL, env: KeychainOptions['env']) {
  const passedOn = Object.fromEntries(
    PASSED_ON.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])),
  );
  return spawn(execPath, [fileURLToPath(program)], {
    env: passedOn,
    // A group of its own, so that what it has started itself ends with it.
    detached: platform !== 'win32',
    stdio: ['pipe', 'pipe', 'ignore'],
  });
}

/** Runs the child and kills it when its time is up: whatever it hangs in, it ends. */
function ask(
  request: KeychainRequest,
  {
    env,
    startMs = 30_000,
    timeoutMs = 4_000,
    unlockMs = 120_000,
    onWaiting,
    program = CHILD,
  }: KeychainOptions,
): Promise<KeychainResponse> {
  return new Promise((resolve, reject) => {
    const child = startChild(program, env);
    let response = '';
    const giveUpAfter = (ms: number, what: string) =>
      setTimeout(() => {
        killWithDescendants(child);
        reject(
          new KeysError('keychain_timeout', `the keychain ${what} within ${ms / 1000} seconds`, WAYS_OUT),
        );
      }, ms);
    let timer = giveUpAfter(startMs, 'could not be asked');
    const wait = (ms: number, what: string) => {
      clearTimeout(timer);
      timer = giveUpAfter(ms, what);
    };
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      // What has no end is no response: it is read as damaged.
      if (response.length < MOST_CHARACTERS) response += chunk;
      if (response.startsWith(STARTED)) {
        response = response.slice(STARTED.length);
        wait(timeoutMs, 'did not respond');
      }
      if (response.startsWith(WAITING)) {
        response = response.slice(WAITING.length);
        wait(unlockMs, 'was not unlocked');
        onWaiting?.();
      }
    });
    child.on('error', (error) => {
      clearTimeout(timer);
      resolve({ ok: false, problem: error.message });
    });
    child.on('close', () => {
      clearTimeout(timer);
      try {
        resolve(JSON.parse(response) as KeychainResponse);
      } catch {
        resolve({ ok: false, problem: 'its library ended without a response' });
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
