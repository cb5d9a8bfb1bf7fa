import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { openSqlite } from '../../src/storage/sql/sqlite-driver.js';
import type { VendorResponse } from '../walks/gate.js';
import { VENDOR_KINDS } from '../walks/vendor-kinds.js';
import { openWorld, type World } from '../walks/world.js';

/** Every command that may ask the vendor or write the ledger: one clear error, and nothing is changed. */
const MANY = process.env['KEYS_FAULT_KILLS'] !== undefined;
const AT = 'plain';

let world: World;
let handmade: string;
beforeEach(async () => {
  world = await openWorld(VENDOR_KINDS.filter(({ id }) => id === AT));
  const made = await run(['create', 'web', '--scope', 'a:read', '--to', env('WEB')]);
  expect(made.code, made.stderr).toBe(0);
  handmade = (await world.account(AT).handmade('by hand')).secret;
  const account = `${AT}: { provider: ${AT}, base_url: "${world.account(AT).gate.url}" }`;
  const key = `{ name: fresh, account: ${AT}, scopes: [a:read], to: ["${env('FRESH')}"] }`;
  writeFileSync(join(world.folder, 'keys.yaml'), `version: 1\naccounts: { ${account} }\nkeys: [${key}]\n`);
  return () => world.close();
});

const env = (variable: string) => `${join(world.folder, 'a/.env')}#${variable}`;
const WITHOUT_PROFILE: ReadonlySet<string> = new Set(['plan', 'apply', 'resume', 'pending', 'run']);
const run = async (args: readonly string[]) =>
  await world.run(WITHOUT_PROFILE.has(args[0] ?? '') ? args : [...args, '--profile', AT], {
    stdin: handmade,
  });

const COMMANDS: ReadonlyArray<() => readonly string[]> = [
  () => ['list'],
  () => ['show', 'web'],
  () => ['audit'],
  () => ['verify'],
  () => ['create', 'new', '--scope', 'a:read', '--to', env('NEW')],
  () => ['roll', 'web', '--yes'],
  () => ['roll', 'web', '--yes', '--now'],
  () => ['roll', 'web', '--yes', '--revoke-first'],
  () => ['roll', '--due', '0', '--yes'],
  () => ['update', 'web', '--scope', 'b:read'],
  () => ['import', '--name', 'imported', '--to', env('IMPORTED')],
  () => ['deliver', 'web', '--to', env('ALSO')],
  () => ['places', 'add', 'web', '--to', env('ALSO')],
  () => ['places', 'remove', 'web', env('WEB')],
  () => ['run', '--profile', AT, '--ephemeral', '--', 'true'],
  () => ['plan'],
  () => ['apply', '--yes'],
  () => ['resume'],
  () => ['pending'],
  // Last: a key that the ledger knows is revoked by its id, also where the vendor cannot list it.
  () => ['revoke', 'web', '--yes'],
];

/** Commands that change only what the ledger says, and may do so without the vendor. */
const OWN: ReadonlySet<string> = new Set(['places', 'pending', 'resume']);

/** Commands that write the ledger before they ask the vendor for a change. */
const CHANGES: ReadonlySet<string> = new Set([
  ...(['create', 'roll', 'update', 'import', 'deliver', 'places', 'apply', 'resume', 'revoke'] as const),
]);

/** They say of each key or operation what has stopped it, and that it is not finished. */
const UNFINISHED: ReadonlySet<string> = new Set(['apply', 'resume']);

const response = (status: number, body: unknown = {}): VendorResponse => ({
  ...{ status, body },
  headers: { 'retry-after': '0' },
});
let page = 0;
/** What the vendor responds to each request; undefined: as always. */
const FAULTS: Readonly<Record<string, (method: string, path: string) => VendorResponse | undefined>> = {
  'responds with 503': () => response(503),
  'responds with 500': () => response(500),
  'responds with 429': () => response(429),
  'responds with 401': () => response(401),
  'responds with 403': () => response(403),
  'reads back other JSON': (method) => (method === 'GET' ? response(200, { other: true }) : undefined),
  'reads back text': (method) => (method === 'GET' ? response(200, 'maintenance') : undefined),
  'has a list without an end': (method, path) =>
    method === 'GET' && path === '/keys' ? response(200, { keys: [], next: `page ${page++}` }) : undefined,
};

/** What a failed command leaves as it was. */
async function everything() {
  const keys = (await world.account(AT).keys()).map(({ madeAt: _, ...key }) => key);
  const pending = JSON.parse((await world.run(['pending', '--json'])).stdout);
  return { keys, pending };
}

const failures = MANY ? Object.keys(FAULTS) : ['responds with 503', 'reads back other JSON'];

it.each(failures)(
  'a vendor that %s: each command says so once, and changes nothing',
  async (fault) => {
    for (const command of COMMANDS) {
      const args = command();
      const before = await everything();
      world.account(AT).gate.respond(({ method, path }, serve) => FAULTS[fault]?.(method, path) ?? serve());
      const { code, stderr } = await run(args);
      world.account(AT).gate.respond(null);
      const about = `${args.join(' ')}: ${code}\n${stderr}`;
      expect(stderr, about).not.toMatch(/a bug in keys|unexpected/);
      // A plan of several accounts warns of the one that it could not read.
      const said = stderr.match(args[0] === 'plan' ? /^keys: warning: /gm : /^keys: error: /gm) ?? [];
      if (code !== 0) expect(said, about).toHaveLength(1);
      const isDone = code === 0 && !OWN.has(args[0] ?? '');
      if (!isDone) expect(await everything(), about).toEqual(before);
    }
  },
  600_000,
);

it.runIf(MANY)(
  'a ledger that another program holds: what would change it says so after some seconds, and sends nothing',
  async () => {
    const repaired = join(world.folder, 'repaired');
    expect((await run(['create', 'late', '--to', `exec:test -e ${repaired} && cat > /dev/null`])).code).toBe(
      9,
    );
    writeFileSync(repaired, '');
    const before = (await everything()).keys;
    const other = openSqlite(join(world.home, '.local/share/keys/ledger.db'), 0);
    onTestFinished(() => other.close());
    other.exec('BEGIN EXCLUSIVE');
    for (const command of COMMANDS.filter((one) => CHANGES.has(one()[0] ?? '') && one()[1] !== '--due')) {
      const args = command();
      const { code, stderr } = await run(args);
      expect([args[0], code, stderr]).toEqual([
        args[0],
        UNFINISHED.has(args[0] ?? '') ? 9 : 5,
        expect.stringContaining('locked by another process'),
      ]);
    }
    const keys = (await world.account(AT).keys()).map(({ madeAt: _, ...key }) => key);
    expect(keys).toEqual(before);
  },
  600_000,
);
