import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { FAKE_CLOCK } from '../support/fake-clock.js';
import { BIN } from '../support/keys.js';
import { callKeys, needsProcess } from '../support/keys-in-process.js';
import { type Account, embeddedAccount, serviceAccount, vendorAccount } from './accounts.js';
import type { Fault } from './gate.js';
import { openPlaces, type Places } from './places.js';
import { VENDOR_KINDS, writeProviderFile } from './vendor-kinds.js';

/** A command as it was run. */
export interface Ran {
  readonly number: number;
  readonly args: readonly string[];
  /** null: it was killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Of two programs at once: each of them. */
  readonly parts?: readonly [Ran, Ran];
  /** What the step has found wrong itself. */
  readonly problems?: readonly string[];
}

interface RunOptions {
  /** Where the fault strikes. */
  readonly at?: Account | undefined;
  readonly fault?: Fault | undefined;
  readonly stdin?: string;
  /** How many hours the program's clock is ahead of the services'. */
  readonly aheadHours?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** One machine with the built program, an account at each service, places, and a clock for all of them. */
export interface World {
  /** Where the commands run. */
  readonly folder: string;
  readonly home: string;
  readonly accounts: readonly Account[];
  readonly places: Places;
  readonly ran: Ran[];
  /** Returns the address of an empty database for a ledger; null: there is no server. */
  readonly freshLedger: (() => Promise<string>) | null;
  account(id: string): Account;
  now(): number;
  pass(hours: number): void;
  run(args: readonly string[], options?: RunOptions): Promise<Ran>;
  /**
   * `file`: secrets are kept in a file; `keychain`: there is no keychain here, so that nothing can be kept.
   */
  keep(storage: 'file' | 'keychain'): void;
  /** The service is at its other address from now on, and its profile says so. */
  readdress(id: string): { readonly from: string; readonly to: string };
  /** From now on pending secrets are sealed in the ledger with this key. */
  sealWith(ledgerKey: string): void;
  close(): Promise<void>;
}

interface Settings {
  readonly profiles: Readonly<Record<string, { readonly base_url?: string }>>;
}

const CLOCK = new URL('./shifted-clock.cjs', import.meta.url).pathname;
/** Longest that one command may take; the retries of a network that is down take some seconds. */
const LONGEST_MS = 90_000;

export async function openWorld(
  kinds = VENDOR_KINDS,
  freshLedger: World['freshLedger'] = null,
): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'keys-walk-'));
  const home = join(folder, 'home');
  mkdirSync(home);
  let passed = 0;
  const now = () => Date.now() + passed;
  const accounts = [
    await serviceAccount(folder, now),
    embeddedAccount(home, now),
    ...(await Promise.all(kinds.map((kind) => vendorAccount(kind, now)))),
  ];
  const ran: Ran[] = [];
  let number = 0;
  let busy = false;
  const env: Record<string, string> = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    LANG: 'C.UTF-8',
    TZ: 'UTC',
  };

  async function run(
    args: readonly string[],
    { at, fault, stdin = '', aheadHours = 0, env: more = {} }: RunOptions = {},
  ): Promise<Ran> {
    const all = { ...env, ...more };
    const mine = ++number;
    const aheadMs = passed + aheadHours * 3_600_000;
    const expectAt = (kill: () => void) => {
      for (const { gate, id } of accounts)
        gate.expect(mine, at === undefined || at.id === id ? (fault ?? null) : null, kill);
    };
    // Only a process can be killed, two programs at once are two processes, and so are a program and what it
    // runs.
    const inProcess = !busy && !fault?.kind.startsWith('kill') && !needsProcess(args, all);
    let done: Ran;
    if (inProcess) {
      busy = true;
      expectAt(() => undefined);
      const { code, stdout, stderr } = await callKeys(args, all, { stdin, cwd: folder, aheadMs }).finally(
        () => {
          busy = false;
        },
      );
      done = { number: mine, args, code, stdout: withoutEnd(stdout), stderr: withoutEnd(stderr) };
    } else {
      const child = execa(process.execPath, ['--require', CLOCK, '--', BIN, ...args], {
        env: { ...FAKE_CLOCK, ...all, KEYS_WALK_CLOCK_MS: String(aheadMs) },
        extendEnv: false,
        cwd: folder,
        input: stdin,
        reject: false,
        timeout: LONGEST_MS,
        killSignal: 'SIGKILL',
      });
      expectAt(() => void child.kill('SIGKILL'));
      const { exitCode, stdout, stderr, timedOut } = await child;
      if (timedOut) throw new Error(`keys ${args.join(' ')} did not end within ${LONGEST_MS} ms: ${stderr}`);
      done = { number: mine, args, code: exitCode ?? null, stdout, stderr };
    }
    ran.push(done);
    return done;
  }
  const accountOf = (id: string) => {
    const found = accounts.find((account) => account.id === id);
    if (found === undefined) throw new Error(`there is no account ${id}`);
    return found;
  };
  const config = join(home, '.config/keys/config.json');
  const settings = { storage: 'file' };
  writeSettings(home, {
    accounts,
    settings,
    providers: kinds.map((kind) => [kind.id, writeProviderFile(folder, kind)]),
  });
  const keep = (storage: string) => {
    const content = JSON.parse(readFileSync(config, 'utf8')) as { settings: object };
    writeFileSync(config, JSON.stringify({ ...content, settings: { ...content.settings, storage } }), {
      mode: 0o600,
    });
  };
  return {
    folder,
    home,
    accounts,
    places: openPlaces(folder, home, await usesTo()),
    ran,
    freshLedger,
    account: accountOf,
    now,
    pass(hours) {
      passed += hours * 3_600_000;
    },
    run,
    keep,
    readdress(id) {
      const { gate, admin } = accountOf(id);
      const settings = JSON.parse(readFileSync(config, 'utf8')) as Settings;
      const from = settings.profiles[id]?.base_url ?? '';
      const to = from === gate.url ? gate.otherUrl : gate.url;
      const profiles = { ...settings.profiles, [id]: { ...settings.profiles[id], base_url: to } };
      writeFileSync(config, JSON.stringify({ ...settings, profiles }), { mode: 0o600 });
      const secrets = join(home, '.config/keys/credentials.json');
      const kept = JSON.parse(readFileSync(secrets, 'utf8')) as object;
      writeFileSync(secrets, JSON.stringify({ ...kept, [id]: { secret: admin, origin: to } }), {
        mode: 0o600,
      });
      return { from, to };
    },
    sealWith(ledgerKey) {
      env['KEYS_LEDGER_KEY'] = ledgerKey;
    },
    async close() {
      await Promise.all(accounts.map((account) => account.close()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Without its last line end, as execa returns the output of a child. */
const withoutEnd = (text: string) => text.replace(/\n$/, '');

/**
 * Profiles, providers and credentials as `keys login` and `keys provider add` leave them, without starting
 * the program.
 */
function writeSettings(
  home: string,
  about: { readonly accounts: readonly Account[]; readonly settings: object; readonly providers: string[][] },
): void {
  const folder = join(home, '.config/keys');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { accounts, settings } = about;
  const profiles = Object.fromEntries(
    accounts.map(({ id, gate, kind }) => [
      id,
      { ...(gate.url === '' ? {} : { base_url: gate.url }), ...(kind === null ? {} : { provider: kind.id }) },
    ]),
  );
  const credentials = Object.fromEntries(
    accounts
      .filter(({ gate }) => gate.url !== '')
      .map(({ id, gate, admin }) => [id, { secret: admin, origin: gate.url }]),
  );
  const write = (name: string, content: object) =>
    writeFileSync(join(folder, name), JSON.stringify(content), { mode: 0o600 });
  write('config.json', { settings, profiles, providers: Object.fromEntries(about.providers) });
  write('credentials.json', credentials);
}

let help: Promise<boolean> | undefined;

/** Whether places are named by `--to`. */
function usesTo(): Promise<boolean> {
  help ??= execa(process.execPath, ['--', BIN, 'create', '--help']).then(({ stdout }) =>
    stdout.includes('--to '),
  );
  return help;
}
