import { randomBytes } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { SeenKey } from './accounts.js';
import { type ManagedKey, type Snapshot, secretsIn, snapshot } from './model.js';
import { newName, REFUSED } from './note.js';
import type { PlaceName } from './places.js';
import { printStep, type Rights, type RollForm, type Step } from './steps.js';
import type { Walk } from './walk.js';
import type { Ran } from './world.js';

const RIGHTS: Readonly<Record<Rights, readonly string[]>> = {
  none: [],
  scoped: ['--scope', 'a:read'],
  '90d': ['--expires', '90d'],
  'scoped 90d': ['--scope', 'a:read', '--expires', '90d'],
};
const FORMS: Readonly<Record<RollForm, readonly string[]>> = {
  plain: [],
  now: ['--now'],
  grace: ['--grace', '2h'],
  'revoke first': ['--revoke-first'],
  expires: ['--expires', '30d'],
  'in place': ['--in-place'],
};
/** The scope that an update gives. */
export const OTHER_SCOPE = 'b:read';

const CHANGES = {
  name: (name: string) => ['--name', newName(name)],
  expires: () => ['--expires', '200d'],
  scopes: () => ['--scope', OTHER_SCOPE],
} as const;

/** Runs the command of a step, or does what else it says. Returns null where no command was run. */
export async function perform(
  walk: Walk,
  step: Step,
  key: ManagedKey | null,
  before: Snapshot,
): Promise<Ran | null> {
  const { world, model } = walk;
  const { places } = world;
  switch (step.do) {
    case 'clock':
      world.pass(step.hours);
      return null;
    case 'keychain':
      world.keep(step.there ? 'file' : 'keychain');
      return null;
    case 'place':
      places.block(step.what, key?.owner ?? '', step.on);
      return null;
    case 'stranger':
      for (const id of await world.account(step.at).stranger(step.act, step.name))
        model.owners.set(`${step.at}/${id}`, 'stranger');
      return null;
    default:
  }
  const at = world.account(step.at);
  const options = { at, fault: 'fault' in step ? step.fault : undefined };
  const profile = ['--profile', step.at];
  if (step.do === 'wrong clock') return await world.run(['resume', '--json'], { at, aheadHours: step.hours });
  if (step.do === 'resume') return await world.run(['resume', '--json'], options);
  if (step.do === 'due') return await world.run(['roll', '--due', '1h', '--yes', ...profile], options);
  if (step.do === 'two dues') {
    const due = ['roll', '--due', '1h', '--yes', ...profile];
    return await atOnce(walk, [due, due]);
  }
  if (step.do === 'several') return await world.run([step.what, ...step.names, '--yes', ...profile], options);
  if (step.do === 'ephemeral')
    return await world.run(['run', '--ephemeral', ...profile, '--scope', 'a:read', '--', 'true'], options);
  if (step.do === 'move ledger') return await moveLedger(walk);
  if (step.do === 'readdress') return await readdress(walk, step.at);
  if (step.do === 'copy service') return await copyService(walk, step);
  if (step.do === 'pending') return await world.run(['pending', '--json']);
  if (step.do === 'list') return await world.run(['list', '--json', ...profile]);
  if (key === null || !('name' in step)) throw new TypeError(`a step without a key: ${printStep(step)}`);
  const { name } = step;
  const { owner } = key;
  switch (step.do) {
    case 'create':
    case 'roll':
    case 'revoke':
    case 'update':
    case 'pause': {
      const args = [...changeOf(step, owner, walk), ...profile];
      return step.dry ? await withDryRun(walk, args, before) : await world.run(args, options);
    }
    case 'unpause':
      return await world.run(['unpause', name, ...profile], options);
    case 'two':
      return await atOnce(walk, withProfile(pairOf(step, owner, walk), profile));
    case 'deliver':
      return await world.run(['deliver', name, ...profile, ...places.options(step.to, owner)], options);
    case 'places add':
      return await world.run(['places', 'add', name, ...profile, ...places.options(step.to, owner)]);
    case 'places remove': {
      const listed = await world.run(['places', 'list', name, '--json', ...profile]);
      const rows = JSON.parse(listed.stdout || '[]') as Array<{ readonly place: string }>;
      const row = rows.find(({ place }) => place.includes(places.address(step.place, owner)));
      if (row === undefined) return null;
      if (step.erase)
        return await erase(walk, key, step.place, ['places', 'remove', name, row.place, ...profile]);
      return await world.run(['places', 'remove', name, row.place, ...profile]);
    }
    case 'drop': {
      const listed = await world.run(['pending', '--json']);
      const rows = JSON.parse(listed.stdout || '[]') as Array<{
        readonly id: string;
        readonly name: string;
        readonly key_id: string | null;
      }>;
      const row = rows.find((one) => one.name === name && isOf(walk, key, one));
      return row === undefined ? null : await world.run(['pending', 'drop', row.id, '--yes']);
    }
    case 'use': {
      // Of two versions that work, the older one: its successor is at every place already.
      const [old, successor] = liveVersions(walk, key, before);
      if (old === undefined || successor === undefined || !key.settled) return null;
      key.account.use(old.id);
      if (key.account.kind?.shows.includes('last_used')) key.uses.set(old.id, false);
      return null;
    }
    case 'abort':
      return await world.run(['roll', name, '--abort', '--yes', ...profile], options);
    case 'import':
    case 'import from':
    case 'import to':
      return await takeIn(walk, step, key);
    case 'show':
      return await world.run(['show', name, '--json', ...profile]);
    case 'verify':
      return await verify(walk, key, profile);
    case 'env':
      return await world.run(['env', name, '--shell', 'sh', ...profile]);
    case 'run':
      return await world.run([
        'run',
        '--key',
        `${name}=WALKED`,
        ...profile,
        '--',
        'sh',
        '-c',
        'echo "$WALKED"',
      ]);
  }
}

/** Takes in a key that a person has made by hand. */
async function takeIn(
  { world, model }: Walk,
  step: Extract<Step, { do: `import${string}` }>,
  key: ManagedKey,
): Promise<Ran> {
  const made = await key.account.handmade(step.name);
  model.secrets.set(made.secret, { account: key.account, id: made.id });
  const file = join(world.folder, 'by-hand.env');
  writeFileSync(file, `OTHER=1\nBY_HAND="${made.secret}"\n`);
  const args = [
    ...['import', '--name', step.name, '--profile', step.at],
    ...(step.do === 'import' ? [] : ['--from', `${file}#BY_HAND`]),
    ...(step.do !== 'import to' && step.named ? ['--id', made.id] : []),
    ...(step.do === 'import to' ? world.places.options(step.to, key.owner) : []),
    ...(step.do === 'import to' && step.successor ? ['--successor'] : []),
  ];
  const ran = await world.run(args, step.do === 'import' ? { stdin: made.secret } : {});
  const isTaken = ran.code === 0 || (step.do === 'import to' && isInLedger(ran));
  model.owners.set(`${step.at}/${made.id}`, isTaken ? key : 'stranger');
  return ran;
}

/** Whether an import that failed has taken its key in: then only a place has failed. */
export function isInLedger({ code, stderr }: Pick<Ran, 'code' | 'stderr'>): boolean {
  return code === 1 && stderr.includes('is imported, but was not delivered to');
}

/** Tries a secret that stands at a place of the key: good if, and only if, its service accepts it. */
async function verify({ world }: Walk, key: ManagedKey, profile: readonly string[]): Promise<Ran | null> {
  const [secret] = [...key.places].flatMap((place) => world.places.read(place, key.owner));
  if (secret === undefined) return null;
  const accepted = (await key.account.holder(secret)) !== null;
  const ran = await world.run(['verify', '--json', ...profile], { stdin: secret });
  const wanted = accepted ? 0 : 7;
  const problem = `keys verify ended with ${ran.code}, and the key is ${accepted ? 'good' : 'not valid'}`;
  return { ...ran, problems: ran.code === wanted ? [] : [problem] };
}

/** The command line of a change, without its profile. */
function changeOf(
  step: Extract<Step, { do: 'create' | 'roll' | 'revoke' | 'update' | 'pause' }>,
  owner: string,
  { world: { places } }: Walk,
): string[] {
  const { name } = step;
  switch (step.do) {
    case 'create':
      return ['create', '--name', name, ...RIGHTS[step.rights], ...places.options(step.to, owner)];
    case 'roll':
      return ['roll', name, '--yes', ...FORMS[step.how], ...places.options(step.to, owner)];
    case 'update':
      return ['update', name, ...CHANGES[step.what](name)];
    case 'revoke':
      return ['revoke', name, '--yes', ...(step.erase ? ['--erase'] : [])];
    case 'pause':
      return ['pause', name, '--yes'];
  }
}

/** A command after the same one with `--dry-run`, which changes nothing and makes the same checks. */
async function withDryRun(walk: Walk, args: readonly string[], before: Snapshot): Promise<Ran> {
  const { world, model } = walk;
  const stood = standing(walk);
  const dry = await world.run([...args, '--dry-run']);
  const problems: string[] = [];
  const between = await snapshot(world.accounts);
  for (const [account, versions] of between)
    for (const [id, seen] of versions)
      if (!isDeepStrictEqual(before.get(account)?.get(id), seen))
        problems.push(`keys ${args[0]} --dry-run changed ${account}/${id}`);
  if (!isDeepStrictEqual(stood, standing(walk))) problems.push(`keys ${args[0]} --dry-run changed a place`);
  if (secretsIn(model, dry.stdout + dry.stderr).length > 0)
    problems.push(`keys ${args[0]} --dry-run printed a secret`);
  const ran = await world.run(args);
  if (REFUSED.has(dry.code) !== REFUSED.has(ran.code) || (REFUSED.has(dry.code) && dry.code !== ran.code))
    problems.push(
      `keys ${args[0]} --dry-run ended with ${dry.code}, and without it with ${ran.code}: ${dry.stderr}`,
    );
  return { ...ran, problems };
}

const VARIABLES: readonly PlaceName[] = ['a#WEB', 'a#SHOP', 'b#WEB', 'b#SHOP', 'keychain'];

/** What stands in each variable, in the keychain and at the command of each key. */
const standing = ({ world: { places }, model }: Walk) => [
  ...VARIABLES.map((place) => places.read(place, '')),
  ...[...model.keys.values()].map(({ owner }) => places.read('exec', owner)),
];

/** Removes a place with its secret: unless it refuses, none of the key's is left there. */
async function erase(walk: Walk, key: ManagedKey, place: PlaceName, args: readonly string[]): Promise<Ran> {
  const { world, model } = walk;
  const own = () =>
    world.places.read(place, key.owner).filter((secret) => {
      const given = model.secrets.get(secret);
      return given !== undefined && model.owners.get(`${given.account.id}/${given.id}`) === key;
    });
  const held = own();
  const ran = await world.run([...args, '--erase', '--yes']);
  if (ran.code !== 0) return ran;
  // A person has removed the last copy of a key that may still work.
  for (const secret of held) model.printed.add(secret);
  const left = own();
  return { ...ran, problems: left.map(() => `${place} still holds a secret of ${key.owner}`) };
}

const LEDGER_KEY = randomBytes(32).toString('hex');

/** Moves the ledger to PostgreSQL and back: it holds the same keys, places and operations all the time. */
async function moveLedger({ world }: Walk): Promise<Ran | null> {
  if (world.freshLedger === null) return null;
  const address = await world.freshLedger();
  // Secrets that were pending stay sealed with this key when the ledger is back.
  world.sealWith(LEDGER_KEY);
  const env = { KEYS_LEDGER_URL: address };
  const look = async (where: Readonly<Record<string, string>>) =>
    await Promise.all(
      [
        ['places', 'list', '--json'],
        ['pending', '--json'],
      ].map(async (args) => {
        const { stdout } = await onceReached(() => world.run(args, { env: where }));
        return stdout;
      }),
    );
  const before = await look({});
  const there = await onceReached(() => world.run(['ledger', 'move', 'postgres'], { env }));
  if (there.code !== 0) return await unmoved(there, before, await look({}));
  const between = await look(env);
  const back = await onceReached(() => world.run(['ledger', 'move', 'sqlite'], { env }));
  const after = await look({});
  const problems = [
    ...(back.code === 0 ? [] : [`keys ledger move sqlite ended with ${back.code}: ${back.stderr}`]),
    ...(isDeepStrictEqual(before, between) ? [] : ['PostgreSQL has another ledger than was moved there']),
    ...(isDeepStrictEqual(before, after) ? [] : ['the ledger that came back is another one']),
  ];
  return { ...back, problems };
}

/** What the ledger lists, for a comparison. */
const ledgerNow = async ({ world }: Walk) => (await world.run(['places', 'list', '--json'])).stdout;

/**
 * A service moves to another address. Where a key of it stays behind, because something of it is unfinished,
 * the service moves back.
 */
async function readdress(walk: Walk, at: string): Promise<Ran | null> {
  const { world } = walk;
  if (world.account(at).gate.url === '') return null;
  const before = await ledgerNow(walk);
  const { from, to } = world.readdress(at);
  const ran = await world.run(['ledger', 'readdress', from, to, '--json']);
  const { moved = [], kept = [] } = JSON.parse(ran.stdout || '{}') as Partial<Record<string, string[]>>;
  if (kept.length > 0 || ran.code !== 0) world.readdress(at);
  const back =
    kept.length > 0 && moved.length > 0 ? await world.run(['ledger', 'readdress', to, from]) : null;
  const problems = [
    ...(ran.code === 0 || ran.code === 3 ? [] : [`keys ledger readdress ended with ${ran.code}`]),
    ...((back?.code ?? 0) === 0 ? [] : [`keys ledger readdress back ended with ${back?.code}`]),
    ...(isDeepStrictEqual(before, await ledgerNow(walk)) ? [] : ['a ledger with another address is another']),
  ];
  // Nothing is refused: there are no keys at the address.
  return { ...ran, code: ran.code === 3 ? 0 : ran.code, problems };
}

/** The embedded service goes on with a copy of its database, which has the same keys. */
async function copyService(
  { world, model }: Walk,
  { at, how }: Extract<Step, { do: 'copy service' }>,
): Promise<Ran | null> {
  const account = world.account(at);
  if (account.replaceData === undefined || (await account.keys()).length === 0) return null;
  const copy = mkdtempSync(join(world.folder, 'copy-'));
  const there = ['--data-dir', copy];
  const before = await world.run(['serve', 'export']);
  const file = join(copy, 'backup');
  const steps =
    how === 'export'
      ? [await world.run(['serve', 'import', ...there], { stdin: `${before.stdout}\n` })]
      : [await world.run(['serve', 'backup', file]), await world.run(['serve', 'restore', file, ...there])];
  const after = await world.run(['serve', 'export', ...there]);
  await account.replaceData(copy);
  const problems = [
    ...[before, ...steps, after].flatMap(({ code, args, stderr }) =>
      code === 0 ? [] : [`keys ${args.join(' ')} ended with ${code}: ${stderr}`],
    ),
    ...missing(before.stdout, after.stdout),
    ...secretsIn(model, before.stdout).map(() => 'an export holds a secret'),
  ];
  return { ...after, stdout: '', problems };
}

/** What a copy lacks of an export's keys and events: it has one event more, that it was taken in. */
function missing(whole: string, copy: string): string[] {
  const [, ...lines] = whole.split('\n');
  const there = new Set(copy.split('\n'));
  return lines.filter((line) => !there.has(line)).map((line) => `a copy lacks ${line}`);
}

/** How often a command is run again that did not reach the database: on a busy machine it may be late. */
const MOST_REPEATS = 5;

async function onceReached(run: () => Promise<Ran>): Promise<Ran> {
  for (let repeats = 0; ; repeats++) {
    const ran = await run();
    const isLate = ran.code === 5 && ran.stderr.includes('the database cannot be reached');
    if (!isLate || repeats === MOST_REPEATS) return ran;
  }
}

const unmoved = (ran: Ran, before: readonly string[], after: readonly string[]): Ran => ({
  ...ran,
  problems: [
    ...(ran.code === 6 ? [] : [`keys ledger move postgres ended with ${ran.code}`]),
    ...(isDeepStrictEqual(before, after) ? [] : ['a ledger that was not moved is another one']),
  ],
});

/** The two command lines of a pair, without their profile. */
function pairOf(
  { pair, name, to }: Extract<Step, { do: 'two' }>,
  owner: string,
  { world: { places } }: Walk,
): CommandPair {
  const at = places.options(to, owner);
  const roll = ['roll', name, '--yes', ...at];
  switch (pair) {
    case 'rolls':
      return [roll, roll];
    case 'creates':
      return [
        ['create', '--name', name, ...places.options(['exec'], owner)],
        ['create', '--name', name, ...places.options(['exec'], owner)],
      ];
    case 'roll and revoke':
      return [roll, ['revoke', name, '--yes']];
    case 'roll and deliver':
      return [roll, ['deliver', name, ...places.options(['a#SHOP'], owner)]];
    case 'roll and add':
      return [roll, ['places', 'add', name, ...places.options(['b#WEB'], owner)]];
    case 'roll and update':
      return [roll, ['update', name, ...CHANGES.scopes()]];
    case 'roll and pause':
      return [roll, ['pause', name, '--yes']];
    case 'roll and resume':
      return [roll, ['resume', '--json']];
  }
}

/** Versions of a key that its service accepts, oldest first. */
function liveVersions({ model }: Walk, key: ManagedKey, at: Snapshot): SeenKey[] {
  return [...(at.get(key.account.id)?.values() ?? [])].filter(
    ({ id, live }) => live && model.owners.get(`${key.account.id}/${id}`) === key,
  );
}

/** Whether a row of `keys pending` is about this key: names may be the same in two accounts. */
function isOf({ model }: Walk, key: ManagedKey, { key_id }: { readonly key_id: string | null }): boolean {
  if (key_id !== null) return model.owners.get(`${key.account.id}/${key_id}`) === key;
  return [...model.keys.values()].filter(({ name }) => name === key.name).length === 1;
}

type CommandPair = readonly [readonly string[], readonly string[]];

const withProfile = ([one, other]: CommandPair, profile: readonly string[]): CommandPair => [
  [...one, ...profile],
  [...other, ...profile],
];

/** Two programs at once, as one command: done if one was. */
async function atOnce({ world }: Walk, [first, second]: CommandPair): Promise<Ran> {
  const parts = await Promise.all([world.run(first), world.run(second)]);
  const [one, other] = parts;
  const code = one.code === 0 || other.code === 0 ? 0 : one.code;
  return { ...one, code, stdout: one.stdout + other.stdout, stderr: one.stderr + other.stderr, parts };
}
