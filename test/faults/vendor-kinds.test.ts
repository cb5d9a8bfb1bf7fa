import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { BIN, type KeysProgram } from '../support/keys.js';
import { missing } from '../support/needs.js';
import type { Account } from '../walks/accounts.js';
import type { PlaceName } from '../walks/places.js';
import { VENDOR_KINDS } from '../walks/vendor-kinds.js';
import { openWorld, type World } from '../walks/world.js';
import {
  collectSinks,
  type KillPoint,
  killAfter,
  killAt,
  killPoints,
  newTally,
  resume,
  row,
  type Scenario,
  sampled,
  type Tally,
} from './kills.js';

/** Kills at each vendor: a few under `npm test`, more under `npm run faults`. */
const KILLS = Math.max(2, Math.floor(Number(process.env['KEYS_FAULT_KILLS'] ?? 12) / 6));
/** `npm run faults`: each vendor's own kill points, and two programs at once at more vendors. */
const MANY = process.env['KEYS_FAULT_KILLS'] !== undefined;
const SEED = Number(process.env['KEYS_FAULT_SEED'] ?? 20261121);
const TIMEOUT = 1_800_000;
const THREE: readonly PlaceName[] = ['exec', 'a#WEB', 'keychain'];

const rows: string[] = [];
afterAll(() => console.log(`\nA roll to three places, at vendors of each kind:\n${rows.join('\n')}\n`));

/** A machine with an account at one vendor, and a key with three places there. */
async function machine(id: string) {
  const world = await openWorld(VENDOR_KINDS.filter((kind) => kind.id === id));
  onTestFinished(() => world.close());
  const account = world.account(id);
  const owner = `${id}/web`;
  const keys: KeysProgram = {
    home: world.home,
    env: { PATH: process.env['PATH'] ?? '', HOME: world.home, LANG: 'C.UTF-8', TZ: 'UTC' },
    async run(args) {
      // A request of the program that was killed may arrive for a minute: `resume` waits for that.
      const later = args[0] === 'resume' ? { aheadHours: 0.02 } : {};
      const { code, stdout, stderr } = await world.run(args, later);
      return { code: code ?? -1, stdout, stderr };
    },
    remove: async () => {},
  };
  const made = await keys.run([
    'create',
    '--name',
    'web',
    '--profile',
    id,
    ...world.places.options(THREE, owner),
  ]);
  expect(made.code, made.stderr).toBe(0);
  const places = () => THREE.flatMap((place) => world.places.read(place, owner));
  return { world, account, owner, keys, places };
}

/** Active keys of the account, and which of them are neither at a place nor reported. */
async function judge(account: Account, tally: Tally) {
  const held = new Set<string>();
  for (const secret of tally.held) {
    const id = await account.holder(secret);
    if (id !== null) held.add(id);
  }
  const live = (await account.keys()).filter((key) => key.live);
  return {
    live: live.length,
    held: held.size,
    orphaned: live.filter(({ id }) => !held.has(id) && !tally.reported.has(id)).map(({ id }) => id),
  };
}

async function pendingRows(keys: KeysProgram): Promise<Array<Record<string, unknown>>> {
  return JSON.parse((await keys.run(['pending', '--json'])).stdout || '[]') as Array<Record<string, unknown>>;
}

describe.skipIf(missing('strace'))('a roll with three places', () => {
  /**
   * Of the vendor that is first: an undisturbed roll under strace takes as long as a kill, and its calls are nearly the same at each
   * vendor. Every vendor begins elsewhere in them.
   */
  let counted: readonly KillPoint[] | undefined;
  it.each(VENDOR_KINDS.filter(({ names }) => names !== 'none').map(({ id }) => id))(
    'killed anywhere at %s: every key that is left active is at a place or reported',
    async (id) => {
      const { world, account, owner, keys } = await machine(id);
      const scenario: Scenario = {
        name: `roll at ${id}`,
        args: () => ['roll', 'web', '--yes', '--profile', id, ...world.places.options(THREE, owner)],
        env: {},
        sinks: [join(world.home, '../a/.env'), join(world.home, '.config/keys/credentials.json')],
      };
      const tally = newTally();
      const note = () => {
        for (const place of THREE)
          for (const secret of world.places.read(place, owner)) tally.held.add(secret);
      };
      // The first key too, and the one of the roll that only counts the calls: the next roll replaces each of them.
      note();
      if (MANY || counted === undefined) counted = await killPoints(keys, scenario, tally);
      note();
      const points = sampled(counted, KILLS, SEED + VENDOR_KINDS.findIndex((kind) => kind.id === id));
      for (const [n, point] of points.entries()) {
        await killAt(keys, scenario, n, point, tally);
        note();
        await resume(keys, scenario, tally);
        note();
      }
      await killAfter(keys, scenario, KILLS, 250, tally);
      const said = await resume(keys, scenario, tally);
      note();
      collectSinks(scenario, tally);
      const { live, held, orphaned } = await judge(account, tally);
      rows.push(row(`roll, 3 places, ${id}`, { kills: tally.kills, live, held, orphaned: orphaned.length }));
      expect(orphaned).toEqual([]);
      // A vendor that proves nothing leaves one thing open: whether a new key is ours. Then `resume` names the operation and the key.
      const open = (id: unknown) => said.includes(`(${id}): whether it was created is not known; `);
      expect(
        (await pendingRows(keys)).filter(
          ({ id, step }) => ['intended', 'sent', 'created'].includes(String(step)) && !open(id),
        ),
      ).toEqual([]);
    },
    TIMEOUT,
  );
});

/** Starts the program and lets another run beside it. */
function start(world: World, args: readonly string[]) {
  return execa(process.execPath, ['--', BIN, ...args], {
    env: { PATH: process.env['PATH'] ?? '', HOME: world.home, LANG: 'C.UTF-8', TZ: 'UTC' },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    timeout: 120_000,
    killSignal: 'SIGKILL',
  });
}

describe('two programs at once', () => {
  const AT = ['paged', ...(MANY ? ['inplace', 'plain', 'graceful', 'fixed', 'unique'] : [])];
  const PAIRS: ReadonlyArray<readonly [what: string, first: readonly string[], second: readonly string[]]> = [
    ['two rolls', ['roll', 'web', '--yes'], ['roll', 'web', '--yes']],
    ['a roll and an update', ['roll', 'web', '--yes'], ['update', 'web', '--name', 'web']],
    ['a roll and a resume', ['roll', 'web', '--yes'], ['resume']],
  ];

  const all = AT.flatMap((id) => PAIRS.map(([what, first, second]) => ({ id, what, first, second })));
  // A roll in place differs from one with a successor where two of them meet.
  const twoInPlace = PAIRS.slice(0, 1).map(([what, first, second]) => ({
    ...{ id: 'inplace', what, first, second },
  }));

  it.each(MANY ? all : [...all, ...twoInPlace])(
    '$what at $id leave a working secret at every place, and no unknown key',
    async ({ id, first, second }) => {
      const { world, account, owner, keys, places } = await machine(id);
      const to = world.places.options(THREE, owner);
      const args = (line: readonly string[]) => [
        ...line,
        ...(line[0] === 'resume' ? [] : ['--profile', id]),
        ...(line[0] === 'roll' ? to : []),
      ];
      const results = await Promise.all([start(world, args(first)), start(world, args(second))]);
      const tally = newTally();
      for (const { stderr } of results)
        for (const [word] of stderr.matchAll(/\bk\d+\b/g)) tally.reported.add(word);
      const scenario: Scenario = { name: id, args: () => [], env: {}, sinks: [] };
      await resume(keys, scenario, tally);
      for (const secret of places()) tally.held.add(secret);
      const { orphaned } = await judge(account, tally);
      expect(orphaned).toEqual([]);
      for (const place of THREE) {
        const ids = await Promise.all(
          world.places.read(place, owner).map((secret) => account.holder(secret)),
        );
        expect(
          ids.filter((holder) => holder !== null),
          place,
        ).not.toEqual([]);
      }
    },
    300_000,
  );
});
