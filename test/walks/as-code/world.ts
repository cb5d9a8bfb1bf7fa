import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { BIN } from '../../support/keys.js';
import { callKeys } from '../../support/keys-in-process.js';
import { type Account, serviceAccount, vendorAccount } from '../accounts.js';
import type { Fault } from '../gate.js';
import { type VendorKind, writeProviderFile } from '../vendor-kinds.js';
import type { Machine } from './steps.js';

/** A command as it was run. `code`: null, it was killed. */
export interface CodeRun {
  /** When it began, by the clock of the vendors, in epoch milliseconds. */
  readonly began: number;
  readonly on: Machine;
  readonly args: readonly string[];
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Machines that share a ledger, the vendors, and the places that both machines can write to. */
export interface CodeWorld {
  readonly machines: readonly Machine[];
  readonly accounts: readonly Account[];
  readonly runs: CodeRun[];
  now(): number;
  /** Lets time pass; with two machines a few minutes at most. */
  pass(hours: number): void;
  /** Writes the file on every machine. */
  write(text: string): void;
  run(on: Machine, args: readonly string[], fault?: Fault): Promise<CodeRun>;
  /** The addresses of the places of one entry. */
  places(entry: number): readonly string[];
  /** What stands at a place; undefined: nothing. */
  read(place: string): string | undefined;
  /** A person writes there, or removes what is there. */
  put(place: string, value: string | null): void;
  /** Whether the shelf is logged in to the account of somebody else, which takes no secret. */
  logInElsewhere(elsewhere: boolean): void;
  /** Places of the shelf that somebody else was offered a secret for since the last login there. */
  offered(): readonly string[];
  /** When the command of the shelf fails. */
  fail(when: 'before' | 'after' | 'never'): void;
  close(): Promise<void>;
}

const CLOCK = new URL('../shifted-clock.cjs', import.meta.url).pathname;
/** Longest that one command may take; the retries of a network that is down take some seconds. */
const LONGEST_MS = 120_000;
/** How far two machines may be ahead of their database: longer than the longest request. */
const MOST_AHEAD_MS = 4 * 60_000;

/** A kind of place that is no machine's own: a program that keeps each secret in a file. */
const SHELF = `import { place } from 'keys';
export default place({
  id: 'shelf', title: 'a secret on the shelf', target: '{app}', examples: ['shelf:web#API_KEY'],
  program: 'shelf', install: 'https://shelf.example', failures: [[/no such app/, 'not_found', 'shelf apps']],
  probe: ({ app }) => ['see', app],
  deliver: ({ app, name }) => ['put', app, name],
  erase: ({ app, name }) => ['drop', app, name],
  account: { args: () => ['whoami'], name: (printed) => printed.trim() },
});
`;

interface CodeWorldOptions {
  readonly kinds: readonly VendorKind[];
  /** Whether our own key service is an account, too. */
  readonly service: boolean;
  /** The address of an empty shared ledger; null: one machine, with its own ledger. */
  readonly ledger: string | null;
}

export async function openCodeWorld({ kinds, service, ledger }: CodeWorldOptions): Promise<CodeWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'keys-code-walk-'));
  const bin = join(folder, 'bin');
  const shelf = join(folder, 'shelf');
  for (const path of [bin, shelf]) mkdirSync(path);
  const failing = join(folder, 'failing');
  const [elsewhere, offers] = [join(folder, 'elsewhere'), join(folder, 'offers')];
  writeShelfProgram(join(bin, 'shelf'), shelf, { failing, elsewhere, offers });
  let passed = 0;
  const now = () => Date.now() + passed;
  const accounts = [
    ...(service ? [await serviceAccount(folder, now)] : []),
    ...(await Promise.all(kinds.map((kind) => vendorAccount(kind, now)))),
  ];
  const machines: readonly Machine[] = ledger === null ? ['desk'] : ['desk', 'laptop'];
  const ledgerKey = randomBytes(32).toString('hex');
  const home = (machine: Machine) => join(folder, machine);
  const env = (machine: Machine) => ({
    PATH: `${bin}:${process.env['PATH'] ?? ''}`,
    HOME: home(machine),
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    KEYS_MACHINE: machine,
    KEYS_LEDGER_KEY: ledgerKey,
    ...(ledger === null ? {} : { KEYS_LEDGER_URL: ledger }),
  });
  for (const machine of machines) writeHome(home(machine), { folder, kinds, accounts });
  const runs: CodeRun[] = [];
  let number = 0;
  let busy = false;

  async function run(on: Machine, args: readonly string[], fault?: Fault): Promise<CodeRun> {
    // A database on a busy machine may not respond in time. Nothing was begun then.
    for (let attempt = 1; ; attempt++) {
      const done = await runOnce(on, args, fault);
      if (attempt === 10 || !/database cannot be reached/.test(done.stderr)) return done;
    }
  }

  async function runOnce(on: Machine, args: readonly string[], fault?: Fault): Promise<CodeRun> {
    const mine = ++number;
    const began = now();
    const expectAt = (kill: () => void) => {
      for (const { gate } of accounts) gate.expect(mine, fault ?? null, kill);
    };
    let done: CodeRun;
    // Only a process can be killed, and two programs at once are two processes.
    if (!busy && !fault?.kind.startsWith('kill')) {
      busy = true;
      expectAt(() => undefined);
      const result = await callKeys(args, env(on), { cwd: home(on), aheadMs: passed }).finally(() => {
        busy = false;
      });
      done = { began, on, args, ...result };
    } else {
      const child = execa(process.execPath, ['--require', CLOCK, '--', BIN, ...args], {
        env: { ...env(on), KEYS_WALK_CLOCK_MS: String(passed) },
        extendEnv: false,
        cwd: home(on),
        input: '',
        reject: false,
        timeout: LONGEST_MS,
        killSignal: 'SIGKILL',
      });
      expectAt(() => void child.kill('SIGKILL'));
      const { exitCode, stdout, stderr, timedOut } = await child;
      if (timedOut) throw new Error(`keys ${args.join(' ')} did not end within ${LONGEST_MS} ms: ${stderr}`);
      done = { began, on, args, code: exitCode ?? null, stdout, stderr };
    }
    runs.push(done);
    return done;
  }

  const path = (place: string) => {
    const [, app = '', name = ''] = /^shelf:(.*)#(.*)$/.exec(place) ?? [];
    return app === '' ? join(home('desk'), place.split('#')[0] ?? '') : join(shelf, `${app}-${name}`);
  };
  const text = (at: string) => (existsSync(at) ? readFileSync(at, 'utf8') : '');
  return {
    machines,
    accounts,
    runs,
    now,
    pass(hours) {
      // A database has its own clock, and a machine that is five minutes ahead of it revokes nothing.
      passed = Math.min(passed + hours * 3_600_000, ledger === null ? Infinity : MOST_AHEAD_MS);
    },
    write(content) {
      for (const machine of machines) writeFileSync(join(home(machine), 'keys.yaml'), content);
    },
    run,
    // A file is one machine's own: with two machines, each would have one.
    places: (entry) => [
      `shelf:app${entry}#A`,
      ledger === null ? `app${entry}.env#APP_${entry}` : `shelf:app${entry}#B`,
      `shelf:app${entry}#C`,
    ],
    read(place) {
      const content = text(path(place));
      if (place.startsWith('shelf:')) return content === '' ? undefined : content;
      return /^\w+="?([^"\n]*)"?$/m.exec(content)?.[1];
    },
    put(place, value) {
      if (value === null) return rmSync(path(place), { force: true });
      const isVariable = !place.startsWith('shelf:');
      writeFileSync(path(place), isVariable ? `${place.split('#')[1]}=${value}\n` : value, { mode: 0o600 });
    },
    logInElsewhere(is) {
      if (!is) return rmSync(elsewhere, { force: true });
      writeFileSync(elsewhere, '');
      rmSync(offers, { force: true });
    },
    offered: () => text(offers).split('\n').filter(Boolean),
    fail(when) {
      if (when === 'never') rmSync(failing, { force: true });
      else writeFileSync(failing, when);
    },
    async close() {
      await Promise.all(accounts.map((account) => account.close()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Places named A fail when the walk says so. The account of somebody else notes what it is offered. */
function writeShelfProgram(
  path: string,
  shelf: string,
  { failing, elsewhere, offers }: Readonly<Record<'failing' | 'elsewhere' | 'offers', string>>,
): void {
  const script = `#!/bin/sh
when=$(cat '${failing}' 2>/dev/null)
case "$1" in
whoami) if [ -e '${elsewhere}' ]; then echo theirs; else echo ours; fi ;;
put)
  if [ -e '${elsewhere}' ]; then
    echo "shelf:$2#$3" >> '${offers}'; echo 'this account takes no secret' >&2; exit 1
  fi
  if [ "$3$when" = Abefore ]; then echo 'the shelf is locked' >&2; exit 1; fi
  cat > '${shelf}/'"$2-$3"
  if [ "$3$when" = Aafter ]; then echo 'the shelf fell down' >&2; exit 1; fi ;;
drop) rm -f '${shelf}/'"$2-$3" ;;
esac
`;
  writeFileSync(path, script);
  chmodSync(path, 0o755);
}

/** Profiles, providers, a kind of place and credentials, as the commands leave them. */
function writeHome(
  home: string,
  about: {
    readonly folder: string;
    readonly kinds: readonly VendorKind[];
    readonly accounts: readonly Account[];
  },
): void {
  const settings = join(home, '.config/keys');
  mkdirSync(settings, { recursive: true, mode: 0o700 });
  const { folder, kinds, accounts } = about;
  const shelf = join(folder, 'shelf.mjs');
  writeFileSync(shelf, SHELF, { mode: 0o600 });
  const write = (name: string, content: object) =>
    writeFileSync(join(settings, name), JSON.stringify(content), { mode: 0o600 });
  write('config.json', {
    settings: { storage: 'file' },
    profiles: Object.fromEntries(
      accounts.map(({ id, gate, kind }) => [id, { base_url: gate.url, provider: kind?.id ?? 'keys' }]),
    ),
    providers: Object.fromEntries(kinds.map((kind) => [kind.id, writeProviderFile(folder, kind)])),
    placeKinds: { shelf },
  });
  write(
    'credentials.json',
    Object.fromEntries(accounts.map(({ id, gate, admin }) => [id, { secret: admin, origin: gate.url }])),
  );
}
