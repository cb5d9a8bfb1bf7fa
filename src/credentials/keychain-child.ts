/**
 * A process of its own for one keychain call: `node keychain-child.js`, a request as JSON on stdin, the answer as JSON on
 * stdout. A native call that blocks holds up its whole process, `process.exit` included; this one can be killed.
 */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import type { KeychainAnswer, KeychainRequest } from './keychain.js';

/** What both libraries can do. */
interface Library {
  readonly name: string;
  get(service: string, account: string): Promise<string | null>;
  set(service: string, account: string, secret: string): Promise<void>;
  remove(service: string, account: string): Promise<boolean>;
}

const require = createRequire(import.meta.url);

function loadKeytar(): Library | null {
  try {
    const keytar = require('keytar') as typeof import('keytar');
    return {
      name: 'keytar',
      get: keytar.getPassword,
      set: keytar.setPassword,
      remove: keytar.deletePassword,
    };
  } catch {
    return null;
  }
}

/** On Linux only for a Secret Service that answers: without one this library falls to the kernel's keyutils and says nothing. */
async function loadKeyring(): Promise<Library | null> {
  if (process.platform === 'linux' && !(await secretServiceAnswers())) return null;
  try {
    const { AsyncEntry } = require('@napi-rs/keyring') as typeof import('@napi-rs/keyring');
    return {
      name: '@napi-rs/keyring',
      get: async (service, account) => (await new AsyncEntry(service, account).getPassword()) ?? null,
      set: (service, account, secret) => new AsyncEntry(service, account).setPassword(secret),
      remove: async (service, account) => {
        try {
          return Boolean(await new AsyncEntry(service, account).deletePassword());
        } catch {
          return false;
        }
      },
    };
  } catch {
    return null;
  }
}

/** Asks for the default collection; the bus starts the service where it can. */
async function secretServiceAnswers(): Promise<boolean> {
  if (!process.env['DBUS_SESSION_BUS_ADDRESS'] && !process.env['XDG_RUNTIME_DIR']) return false;
  const destination = 'org.freedesktop.secrets';
  const path = '/org/freedesktop/secrets';
  const asks: ReadonlyArray<readonly [string, readonly string[]]> = [
    [
      'dbus-send',
      [
        '--session',
        '--print-reply',
        '--reply-timeout=2000',
        `--dest=${destination}`,
        path,
        'org.freedesktop.DBus.Peer.Ping',
      ],
    ],
    ['busctl', ['--user', '--timeout=2', 'call', destination, path, 'org.freedesktop.DBus.Peer', 'Ping']],
    [
      'gdbus',
      [
        'call',
        '--session',
        '--timeout',
        '2',
        '--dest',
        destination,
        '--object-path',
        path,
        '--method',
        'org.freedesktop.DBus.Peer.Ping',
      ],
    ],
  ];
  for (const [program, args] of asks) {
    try {
      await promisify(execFile)(program, [...args], { timeout: 2_500 });
      return true;
    } catch (error) {
      const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      if (!missing) return false;
    }
  }
  return false;
}

/** Neither library sees what the other keeps (Linux): both are read, and both removed from; the first that loads stores. */
async function answer(request: KeychainRequest): Promise<KeychainAnswer> {
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
  const keyring = wanted.includes('@napi-rs/keyring') ? await loadKeyring() : null;
  if (keyring === null) {
    if (keytar === null) return { ok: false, problem: 'no keychain library can be used here' };
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

/** Where the parent was killed and nobody ends a hanging call: this one ends itself. Longer than any limit of the parent's. */
const LAST_RESORT_MS = 15_000;
setTimeout(() => process.kill(process.pid, 'SIGKILL'), LAST_RESORT_MS).unref();

const request = JSON.parse(await text(process.stdin)) as KeychainRequest;
let result: KeychainAnswer;
try {
  result = await answer(request);
} catch (error) {
  result = { ok: false, problem: error instanceof Error ? error.message : String(error) };
}
process.stdout.write(JSON.stringify(result), () => process.exit(0));
