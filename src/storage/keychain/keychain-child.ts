/**
 * A process of its own for one keychain call: `node keychain-child.cjs`, a request as one line of JSON on
 * stdin, the response as JSON on stdout. A native call that blocks holds up its whole process, `process.exit`
 * included; this one can be killed.
 */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { STARTED, WAITING } from './child-lines.js';
import type { KeychainRequest, KeychainResponse } from './keychain.js';
import { pingSecretService, type RunProgram, secretServiceHolds } from './secret-service.js';

/** What both libraries can do. */
interface Library {
  readonly name: string;
  get(service: string, account: string): Promise<string | null>;
  set(service: string, account: string, secret: string): Promise<void>;
  remove(service: string, account: string): Promise<boolean>;
}

/**
 * What is used of keytar, said here: both libraries are optional, and the program must build where one is not
 * there.
 */
interface Keytar {
  getPassword(service: string, account: string): Promise<string | null>;
  setPassword(service: string, account: string, password: string): Promise<void>;
  deletePassword(service: string, account: string): Promise<boolean>;
}

interface Keyring {
  readonly AsyncEntry: new (
    service: string,
    account: string,
  ) => {
    getPassword(): Promise<string | null | undefined>;
    setPassword(password: string): Promise<void>;
    deletePassword(): Promise<unknown>;
  };
}

const NOT_INSTALLED = 'neither keytar nor @napi-rs/keyring can be loaded';

const require = createRequire(import.meta.url);

const run: RunProgram = async (program, args) =>
  (await promisify(execFile)(program, [...args], { timeout: 2_500 })).stdout;

function loadKeytar(): Library | null {
  try {
    const keytar = require('keytar') as Keytar;
    return {
      name: 'keytar',
      get: async (service, account) => {
        const secret = await keytar.getPassword(service, account);
        if (secret === null) await refuseLocked(service, account);
        return secret;
      },
      set: keytar.setPassword,
      remove: async (service, account) => {
        const removed = await keytar.deletePassword(service, account);
        if (!removed) await refuseLocked(service, account);
        return removed;
      },
    };
  } catch {
    return null;
  }
}

/**
 * keytar takes an item that stays locked for none at all: one would be called logged out with the credential
 * still there. Throws where the Secret Service keeps what keytar says there is not.
 */
async function refuseLocked(service: string, account: string): Promise<void> {
  if (process.platform === 'linux' && (await secretServiceHolds(run, { service, account }))) {
    throw new Error('it is locked, and nobody has unlocked it');
  }
}

/**
 * On Linux only for a Secret Service that responds: without one this library falls to the kernel's keyutils
 * and says nothing. A text says why it cannot be used.
 */
async function loadKeyring(): Promise<Library | string> {
  if (process.platform === 'linux') {
    const onBus = process.env['DBUS_SESSION_BUS_ADDRESS'] ?? process.env['XDG_RUNTIME_DIR'];
    const state = onBus ? await pingSecretService(run) : 'absent';
    if (state === 'absent') return 'no Secret Service, such as gnome-keyring, runs in this session';
    if (state === 'silent') return 'the Secret Service did not respond';
  }
  try {
    const { AsyncEntry } = require('@napi-rs/keyring') as Keyring;
    return {
      name: '@napi-rs/keyring',
      get: async (service, account) => (await new AsyncEntry(service, account).getPassword()) ?? null,
      set: (service, account, secret) => new AsyncEntry(service, account).setPassword(secret),
      remove: async (service, account) => {
        const entry = new AsyncEntry(service, account);
        // Asked first: removing what is not there fails like removing what is locked.
        return (await entry.getPassword()) != null && Boolean(await entry.deletePassword());
      },
    };
  } catch {
    return NOT_INSTALLED;
  }
}

/**
 * Neither library sees what the other keeps (Linux): both are read, and both removed from; the first that
 * loads stores.
 */
async function response(request: KeychainRequest): Promise<KeychainResponse> {
  const wanted = request.libraries ?? ['keytar', '@napi-rs/keyring'];
  const keytar = wanted.includes('keytar') ? loadKeytar() : null;
  if (keytar !== null && request.op === 'store') {
    await keytar.set(request.service, request.account, request.secret);
    return { ok: true, library: keytar.name };
  }
  if (keytar !== null && request.op === 'probe') {
    await keytar.get(request.service, request.account);
    return { ok: true, library: keytar.name };
  }
  let removed = false;
  if (keytar !== null && request.op === 'read') {
    const secret = await keytar.get(request.service, request.account);
    if (secret !== null) return { ok: true, library: keytar.name, secret };
  }
  if (keytar !== null && request.op === 'remove') {
    removed = await keytar.remove(request.service, request.account);
  }
  const keyring = wanted.includes('@napi-rs/keyring') ? await loadKeyring() : NOT_INSTALLED;
  if (typeof keyring === 'string') {
    if (keytar === null) return { ok: false, problem: keyring };
    return { ok: true, library: keytar.name, ...(request.op === 'remove' ? { removed } : {}) };
  }
  switch (request.op) {
    case 'store':
      await keyring.set(request.service, request.account, request.secret);
      return { ok: true, library: keyring.name };
    case 'remove':
      return {
        ok: true,
        library: keyring.name,
        removed: (await keyring.remove(request.service, request.account)) || removed,
      };
    default: {
      const secret = await keyring.get(request.service, request.account);
      return {
        ok: true,
        library: keyring.name,
        ...(secret === null || request.op === 'probe' ? {} : { secret }),
      };
    }
  }
}

/**
 * The request is one line. The parent holds the pipe open until it has its response: where it closes before,
 * the parent is gone.
 */
function readRequest(): Promise<KeychainRequest> {
  return new Promise((resolve) => {
    let received = '';
    process.stdin.setEncoding('utf8').on('data', (chunk: string) => {
      received += chunk;
      if (received.endsWith('\n')) resolve(JSON.parse(received) as KeychainRequest);
    });
    process.stdin.on('end', endWithDescendants).on('error', endWithDescendants);
    // A line to a parent that is gone fails. Unheard, that failure would end in `process.exit`, which a
    // native call holds up.
    process.stdout.on('error', endWithDescendants);
  });
}

/**
 * A call that hangs for nobody ends, and with it what it has started: this process leads its group, but on
 * Windows. An exit would wait for the call.
 */
function endWithDescendants(): void {
  process.kill(process.platform === 'win32' ? process.pid : -process.pid, 'SIGKILL');
}

/**
 * A keychain that has not responded by now, and is there, asks its user. Less than the parent waits for one
 * that is not.
 */
const ASKS_ITS_USER_MS = 1_500;

/**
 * Tells the parent that the keychain is there. The calls of both libraries block threads of their own, so
 * that this runs.
 */
async function tellWaiting(): Promise<void> {
  const isThere = process.platform !== 'linux' || (await pingSecretService(run)) === 'responds';
  if (isThere) process.stdout.write(WAITING);
}

async function main(): Promise<void> {
  const request = await readRequest();
  process.stdout.write(STARTED);
  let result: KeychainResponse;
  try {
    const waiting = setTimeout(() => void tellWaiting(), ASKS_ITS_USER_MS);
    result = await response(request);
    clearTimeout(waiting);
  } catch (error) {
    result = { ok: false, problem: error instanceof Error ? error.message : String(error) };
  }
  process.stdout.write(JSON.stringify(result), () => process.exit(0));
}

void main();
