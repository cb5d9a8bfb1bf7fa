import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startTestService } from '../support/key-service-server.js';
import type { KeysProgram } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { missing } from '../support/needs.js';
import { testClient } from '../support/test-client.js';
import { vendorServer, writeVendorProvider } from '../support/vendor-server.js';
import { damageByPoint } from './fault-table.js';
import {
  collectSinks,
  killAfter,
  killAt,
  killPoints,
  newTally,
  resume,
  type Scenario,
  sampled,
  type Tally,
} from './kills.js';

/**
 * Kills of each scenario at system calls. Under `npm test` three, at even distances over what the program
 * does; each scenario begins elsewhere in the first distance, so that all of them together meet every kind of
 * act. `npm run faults` kills at many more.
 */
const KILLS = Number(process.env['KEYS_FAULT_KILLS'] ?? 3);
const SEED = Number(process.env['KEYS_FAULT_SEED'] ?? 20261121);
const TIMEOUT = 1_800_000;

/** What is on the server, seen from outside: id, whether live, and its secret where the server tells. */
interface Created {
  readonly id: string;
  readonly live: boolean;
}

interface Place {
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  created(): Promise<Created[]>;
  /** The key that a secret belongs to; null where it is no longer good. */
  idOf(secret: string): Promise<string | null>;
  /** Ids of the ready-made keys. */
  readonly before: readonly string[];
}

async function keyService(): Promise<Place> {
  const service = await startTestService({ clock: { now: Date.now } });
  const { service: manager } = testClient(service.url, service.managementKey);
  const all = async () => {
    const { keys } = await manager.list({ limit: 1000 });
    return keys.filter(({ name }) => !name.startsWith('management key'));
  };
  return {
    env: { KEYS_API_KEY: service.managementKey, KEYS_BASE_URL: service.url },
    args: [],
    before: [],
    created: async () =>
      (await all()).map(({ id, status }) => ({ id, live: status === 'active' || status === 'retiring' })),
    async idOf(secret) {
      const verdict = await manager.verify({ key: secret });
      return verdict.valid ? verdict.key.id : null;
    },
  };
}

async function vendorPlace(): Promise<Place> {
  const vendor = await vendorServer();
  return {
    env: { KEYS_API_KEY: vendor.admin, KEYS_BASE_URL: vendor.url, KEYS_PROVIDER: 'vendor' },
    args: [],
    before: [],
    created: async () => vendor.keys.map(({ id, revoked }) => ({ id, live: !revoked })),
    idOf: async (secret) => vendor.keys.find((key) => key.secret === secret && !key.revoked)?.id ?? null,
  };
}

const PLACES = [
  ['keys serve', keyService],
  ['a vendor without idempotency', vendorPlace],
] as const;
const SCENARIOS = [
  ...([
    'create',
    'create, 3 places',
    'roll, 3 places',
    'resume',
    'deliver',
    'places add',
    'places remove',
  ] as const),
];
/** They send nothing that creates a key: fewer kills tell as much. */
const LOCAL: readonly string[] = ['deliver', 'places add', 'places remove'];

describe.skipIf(missing('strace')).each(PLACES)('against %s', (where, makePlace) => {
  it.each(SCENARIOS)(
    '%s, killed anywhere: nothing is lost, and every key that is left is known',
    async (what) => {
      const place = await makePlace();
      const keys = await keysInProcess();
      await keys.run(['config', 'set', 'storage', 'file']);
      await keys.run(['provider', 'add', writeVendorProvider(keys.home, { keepsMetadata: true })]);
      const [envFile, sink, gate] = ['env', 'sink', 'gate'].map((name) => join(keys.home, name)) as [
        string,
        string,
        string,
      ];
      const places = (n: number) => [
        ...['--to', `${envFile}#KEY_${n}`],
        ...['--to', `exec:cat >> ${sink}; echo >> ${sink}`],
        '--to',
        'keychain',
      ];
      const sinks = [envFile, sink, join(keys.home, '.config/keys/credentials.json')];
      const calls: Record<(typeof SCENARIOS)[number], (n: number) => readonly string[]> = {
        create: (n) => ['create', '--name', `k${n}`, '--raw'],
        'create, 3 places': (n) => ['create', '--name', `k${n}`, ...places(n)],
        'roll, 3 places': (n) => ['roll', 'rolled', '--yes', '--grace', '1d', ...places(n)],
        resume: () => ['resume', '--show'],
        deliver: (n) => ['deliver', `k${n}`, '--to', `${envFile}#KEY_${n}`],
        'places add': (n) => ['places', 'add', `k${n}`, '--to', `${envFile}#KEY_${n}`],
        'places remove': (n) => ['places', 'remove', `k${n}`, `${envFile}#KEY_${n}`, '--erase', '--yes'],
      };
      const removes = what === 'places remove';
      const scenario: Scenario = { name: what, args: calls[what], env: place.env, sinks };
      const tally = newTally();
      // What the scenario begins with: a key to roll, or a pending delivery.
      const prepare = async (n: number) => {
        if (what === 'roll, 3 places') {
          for (const key of JSON.parse((await keys.run(['list', '--json'], { env: place.env })).stdout)) {
            if (key.name === 'rolled') await keys.run(['revoke', key.id, '--yes'], { env: place.env });
          }
          const made = await keys.run(['create', '--name', 'rolled', '--raw'], { env: place.env });
          tally.held.add(made.stdout.trim());
        }
        if (LOCAL.includes(what))
          await keys.run(
            [
              ...['create', '--name', `k${n}`, '--to', 'keychain'],
              ...(removes ? ['--to', `${envFile}#KEY_${n}`] : []),
            ],
            { env: place.env },
          );
        if (what === 'resume') {
          await keys.run(
            [
              'create',
              '--name',
              `k${n}`,
              '--to',
              `exec:test -e ${gate} && cat >> ${sink} && echo >> ${sink}`,
            ],
            {
              env: place.env,
            },
          );
          writeFileSync(gate, '');
        }
      };
      await prepare(0);
      const points = sampled(
        await killPoints(keys, scenario, tally),
        LOCAL.includes(what) ? Math.ceil(KILLS / 3) : KILLS,
        SEED + SCENARIOS.indexOf(what) * 3 + (where === 'keys serve' ? 0 : 5),
      );
      await resume(keys, scenario, tally);
      const table = damageByPoint(where, what);
      const note = async (point: string) => {
        collectSinks(scenario, tally);
        const { lost, orphaned } = await judge(place, tally);
        table.note(point, { lost, orphaned, pending: (await unfinished(keys)).length });
      };
      let round = 1;
      for (const point of points) {
        rmSync(gate, { force: true });
        await prepare(round);
        await killAt(keys, scenario, round, point, tally);
        await resume(keys, scenario, tally);
        await note(point.about);
        round++;
      }
      for (let i = 0; i < Math.floor(KILLS / 3); i++) {
        await prepare(round);
        await killAfter(keys, scenario, round, 60 + ((i * 37 + SCENARIOS.indexOf(what) * 97) % 300), tally);
        await resume(keys, scenario, tally);
        await note('at any time');
        round++;
      }
      table.end();
      // What was killed is done by the same command again. A place that was removed already is not there to
      // be removed.
      for (let n = 1; LOCAL.includes(what) && n < round; n++) {
        const again = await keys.run(scenario.args(n), { env: place.env });
        expect(removes ? [0, 3] : [0], `again ${n}: ${again.stderr}`).toContain(again.code);
        const listed = await keys.run(['places', 'list', `k${n}`, '--json']);
        expect(listed.stdout.includes(`${envFile}#KEY_${n}`), `places of k${n}`).toBe(!removes);
      }
      if (removes) expect(readFileSync(envFile, 'utf8')).not.toMatch(/^KEY_[1-9]/m);
      collectSinks(scenario, tally);
      const { lost, orphaned, created, delivered } = await judge(place, tally);
      expect({ lost, orphaned, pending: await unfinished(keys) }).toEqual({
        ...{ lost: 0, orphaned: 0, pending: [] },
      });
      expect(created).toBeGreaterThan(0);
      expect(delivered).toBeGreaterThan(0);
      await keys.remove();
    },
    TIMEOUT,
  );
});

/** Operations that do more than wait for the end of an old key. */
async function unfinished(keys: KeysProgram): Promise<Array<{ readonly step: string }>> {
  const rows = JSON.parse((await keys.run(['pending', '--json'])).stdout) as Array<{ readonly step: string }>;
  return rows.filter(({ step }) => step !== 'retiring');
}

/** lost: live, its secret neither held nor told of; orphaned: live and not even reported. */
async function judge(place: Place, tally: Tally) {
  const held = new Set<string>();
  for (const secret of tally.held) {
    const id = await place.idOf(secret);
    if (id !== null) held.add(id);
  }
  const created = await place.created();
  const live = created.filter((key) => key.live);
  return {
    created: created.length,
    delivered: live.filter(({ id }) => held.has(id)).length,
    lost: live.filter(({ id }) => !held.has(id)).length,
    orphaned: live.filter(({ id }) => !held.has(id) && !tally.reported.has(id)).length,
  };
}
