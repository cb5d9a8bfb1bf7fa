import type { Account, SeenKey } from './accounts.js';
import { type ManagedKey, secretsIn } from './model.js';
import { isImport, REFUSED } from './note.js';
import { OTHER_SCOPE } from './perform.js';
import type { PlaceName } from './places.js';
import { type Taken, transcript, type Walk } from './walk.js';

/** What must hold after every step; each name says it. */
const CHECKS = {
  'a place holds a secret that its service accepts': placesAreAccepted,
  'no version stops before its successor is at every place': nothingStopsEarly,
  'a command that succeeds has delivered to every place': deliveredEverywhere,
  'a place holds one key': placesAreNotShared,
  'a released place gets nothing more': releasedPlacesAreLeft,
  'a paused key does not work': pausedKeysStop,
  'a dry run, an erased place and a moved ledger are what they say': stepsHold,
  'a version in use outlives its grace': usedVersionsLive,
  'a wrong clock ends no grace': wrongClocksEndNothing,
  'a refused command changes nothing': refusalsChangeNothing,
  'a successor is never wider and never longer-lived': successorsAreExact,
  'no command changes a key that it does not name': nothingElseChanges,
  'an exit code says what was done': exitCodesAreHonest,
  'a credential goes to its own origin': credentialsStayHome,
  'no secret is in any output but its own': outputsHoldNoSecret,
  'a command ends as documented': commandsEndProperly,
} as const satisfies Record<string, (walk: Walk, taken: Taken) => Promise<string[]> | string[]>;

/** What must hold when everything was repaired and finished. */
const LAST_CHECKS = {
  'every live key is known': liveKeysAreKnown,
  'a finished walk leaves nothing pending': nothingIsPending,
} as const satisfies Record<string, (walk: Walk) => Promise<string[]> | string[]>;

export type CheckName = keyof typeof CHECKS | keyof typeof LAST_CHECKS;
export const ALL_CHECKS = [...Object.keys(CHECKS), ...Object.keys(LAST_CHECKS)] as CheckName[];

export async function afterStep(walk: Walk, taken: Taken): Promise<void> {
  for (const [name, check] of Object.entries(CHECKS) as Array<
    [CheckName, (typeof CHECKS)[keyof typeof CHECKS]]
  >)
    if (walk.checks.has(name)) failFor(walk, name, await check(walk, taken));
}

export async function atTheEnd(walk: Walk): Promise<void> {
  for (const [name, check] of Object.entries(LAST_CHECKS) as Array<
    [CheckName, (walk: Walk) => Promise<string[]>]
  >)
    if (walk.checks.has(name)) failFor(walk, name, await check(walk));
}

function failFor(walk: Walk, name: CheckName, problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new Error(
    `${name}:\n${problems.map((problem) => `  ${problem}`).join('\n')}\nafter\n${transcript(walk)}`,
  );
}

/** What stands at one place of a key, with the key at its service. */
interface Standing {
  readonly place: string;
  readonly secret: string;
  readonly version: SeenKey | undefined;
  readonly accepted: boolean;
}

async function standing({ world, model }: Walk, key: ManagedKey, taken: Taken): Promise<Standing[]> {
  const found: Standing[] = [];
  for (const place of key.places) {
    const here: Standing[] = [];
    for (const secret of world.places.read(place, key.owner)) {
      const given = model.secrets.get(secret);
      if (given === undefined || model.owners.get(`${given.account.id}/${given.id}`) !== key) continue;
      const version = taken.after.get(given.account.id)?.get(given.id);
      here.push({ place, secret, version, accepted: (await key.account.holder(secret)) !== null });
    }
    // A keychain may keep older versions beside the one in use.
    const best = here.find(({ accepted }) => accepted) ?? here.at(-1);
    if (best !== undefined) found.push(best);
  }
  return found;
}

/** Why a version need not work: it was revoked or stopped on request, or its own end has come. */
function isExcused(key: ManagedKey, version: SeenKey | undefined, walk: Walk): boolean {
  if (key.ended || key.mayStop || version === undefined || version.paused) return true;
  const end = key.naturalEnds.get(version.id);
  if (end !== null && end !== undefined && end <= walk.world.now()) return true;
  // The service's own window has passed while the successor was pending.
  return !key.settled && key.account.kind?.roll != null && !version.revoked;
}

async function placesAreAccepted(walk: Walk, taken: Taken): Promise<string[]> {
  const problems: string[] = [];
  for (const key of walk.model.keys.values()) {
    for (const { place, version, accepted } of await standing(walk, key, taken))
      if (!accepted && !isExcused(key, version, walk) && !stoppedNow(taken, key, version))
        problems.push(`${place} of ${key.owner} holds the secret of ${version?.id}, which is not accepted`);
  }
  return problems;
}

const stoppedNow = ({ before, after }: Taken, { account }: ManagedKey, version: SeenKey | undefined) =>
  version !== undefined &&
  before.get(account.id)?.get(version.id)?.live === true &&
  after.get(account.id)?.get(version.id)?.live === false;

async function nothingStopsEarly(walk: Walk, taken: Taken): Promise<string[]> {
  const problems: string[] = [];
  if (taken.ran === null) return problems;
  for (const key of walk.model.keys.values()) {
    for (const { place, version, accepted } of await standing(walk, key, taken))
      if (!accepted && !isExcused(key, version, walk) && stoppedNow(taken, key, version))
        problems.push(`${version?.id} of ${key.owner} was stopped while ${place} still holds its secret`);
  }
  return problems;
}

const DELIVERING: ReadonlyArray<Taken['step']['do']> = [
  'create',
  'roll',
  'deliver',
  'two',
  'due',
  'two dues',
  'several',
];

function deliveredEverywhere(walk: Walk, taken: Taken): string[] {
  const { step, key, ran } = taken;
  if (ran?.code !== 0 || !DELIVERING.includes(step.do)) return [];
  if (ran.parts?.some(({ code }) => code === 9 || code === null)) return [];
  // Of a pair, the other program may have succeeded, where the roll was refused.
  if (step.do === 'two' && step.pair.startsWith('roll and') && ran.parts?.[0]?.code !== 0) return [];
  const problems: string[] = [];
  for (const owner of new Set([
    ...(key === null ? [] : [key]),
    ...made(walk, taken).map(({ owner }) => owner),
  ])) {
    // After a drop, the newest secret may be one that was given up.
    if (step.do === 'deliver' && owner.dropped) continue;
    const newest = newestSecret(walk, owner, taken);
    if (newest === undefined) continue;
    for (const place of owner.promised) {
      // A revocation beside it takes the saved secret away.
      if (place === 'keychain' && owner.ended) continue;
      const secrets = walk.world.places.read(place, owner.owner);
      if (secrets.includes(newest)) continue;
      const ids = secrets.map((secret) => walk.model.secrets.get(secret)?.id).join(' and ') || 'nothing';
      problems.push(`${place} of ${owner.owner} holds ${ids}, not ${walk.model.secrets.get(newest)?.id}`);
    }
  }
  return problems;
}

/** The versions that came of a command, each with its key. */
function made({ model }: Walk, { before, after }: Taken): Array<{ owner: ManagedKey; version: SeenKey }> {
  return [...after].flatMap(([account, versions]) =>
    [...versions.values()].flatMap((version) => {
      const owner = model.owners.get(`${account}/${version.id}`);
      if (before.get(account)?.has(version.id) || owner === undefined || owner === 'stranger') return [];
      return [{ owner, version }];
    }),
  );
}

/** The secret that the program was given last for a key, of those whose version works. */
function newestSecret({ model }: Walk, key: ManagedKey, { after }: Taken): string | undefined {
  return [...model.secrets].findLast(
    ([, { account, id }]) =>
      model.owners.get(`${account.id}/${id}`) === key && after.get(account.id)?.get(id)?.live,
  )?.[0];
}

/** A place that was removed keeps what it has: no later version of its key comes there. */
function releasedPlacesAreLeft({ model, world }: Walk, { left, ran }: Taken): string[] {
  if (ran === null) return [];
  const problems: string[] = [];
  for (const key of model.keys.values()) {
    for (const place of key.released) {
      const before = left.get(`${key.owner} ${place}`);
      for (const secret of world.places.read(place, key.owner)) {
        const given = model.secrets.get(secret);
        if (before === undefined || before.includes(secret) || given === undefined) continue;
        if (model.owners.get(`${given.account.id}/${given.id}`) === key)
          problems.push(`${place} was removed from ${key.owner}, and got the secret of ${given.id}`);
      }
    }
  }
  return problems;
}

/** Nobody has unpaused it, and it works: a roll has made a version that does, or a pause has left one out. */
function pausedKeysStop({ model }: Walk, { after }: Taken): string[] {
  return [...model.keys.values()].flatMap((key) => {
    if (key.ended) return [];
    const versions = [...(after.get(key.account.id)?.values() ?? [])];
    return versions
      .filter(
        ({ id, live, paused }) =>
          live &&
          !paused &&
          (key.paused || key.pausedIds.has(id)) &&
          model.owners.get(`${key.account.id}/${id}`) === key,
      )
      .map(({ id }) => `${key.owner} is paused, and ${id} works`);
  });
}

function stepsHold(_: Walk, { ran }: Taken): string[] {
  return [...(ran?.problems ?? [])];
}

/** A program that still uses the old version after the delivery gets one more grace, once it is noticed. */
function usedVersionsLive({ model }: Walk, { step, ran, before, after }: Taken): string[] {
  const atOnce = step.do === 'roll' && ['now', 'revoke first'].includes(step.how);
  const isAsked = step.do === 'revoke' || (step.do === 'two' && step.pair === 'roll and revoke');
  if (ran === null || atOnce || isAsked) return [];
  const problems: string[] = [];
  for (const { account, uses, mayStop, ended } of model.keys.values()) {
    for (const [id, noticed] of uses) {
      const revoked = !before.get(account.id)?.get(id)?.revoked && after.get(account.id)?.get(id)?.revoked;
      if (revoked && !noticed && !mayStop && !ended)
        problems.push(`keys ${step.do} revoked ${account.id}/${id}, which was used after the delivery`);
    }
  }
  return problems;
}

/**
 * The embedded service has no other clock than the program's. What a roll stops at once is not a question of
 * time.
 */
function wrongClocksEndNothing({ world, model }: Walk, { step, before, after }: Taken): string[] {
  if (step.do !== 'wrong clock') return [];
  return world.accounts
    .filter(({ id }) => id !== 'embedded')
    .flatMap(({ id: account }) =>
      [...(after.get(account)?.values() ?? [])].flatMap(({ id, revoked }) => {
        const owner = model.owners.get(`${account}/${id}`);
        const wasLive = before.get(account)?.get(id)?.live === true;
        if (!wasLive || !revoked || owner === undefined || owner === 'stranger') return [];
        return owner.settled && !owner.ended ? [`${account}/${id} was revoked by a clock that is wrong`] : [];
      }),
    );
}

/** Exit codes 2, 3, 4 and 6 mean that nothing was done. */
function refusalsChangeNothing(walk: Walk, taken: Taken): string[] {
  return taken.named.flatMap((key) => refusalOf(key, walk, taken));
}

function refusalOf(key: ManagedKey, walk: Walk, { step, ran, before, after, stood }: Taken): string[] {
  if (ran === null || ran.parts !== undefined || !REFUSED.has(ran.code)) return [];
  if ('fault' in step && step.fault !== undefined) return [];
  const label = `keys ${step.do} of ${key.owner} ended with ${ran.code}, and changed`;
  const problems: string[] = [];
  for (const [id, seen] of after.get(key.account.id) ?? []) {
    const own = walk.model.owners.get(`${key.account.id}/${id}`) === key;
    if (own && isChanged(before.get(key.account.id)?.get(id), seen)) problems.push(`${label} ${id}`);
  }
  for (const [place, secret] of stood)
    if (walk.world.places.read(place as PlaceName, '')[0] !== secret) problems.push(`${label} ${place}`);
  return problems;
}

function placesAreNotShared(walk: Walk, { step, key, ran, before, stood }: Taken): string[] {
  if (ran === null) return [];
  const erases = (step.do === 'places remove' || step.do === 'revoke') && step.erase === true;
  const { model, world } = walk;
  const ownerOf = (secret: string | undefined) => {
    const given = secret === undefined ? undefined : model.secrets.get(secret);
    if (given === undefined) return { owner: undefined, live: false };
    const { account, id } = given;
    return { owner: model.owners.get(`${account.id}/${id}`), live: before.get(account.id)?.get(id)?.live };
  };
  const problems: string[] = [];
  for (const [place, secret] of stood) {
    const then = ownerOf(secret);
    const now = ownerOf(world.places.read(place as PlaceName, '')[0]);
    if (then.owner === undefined || then.owner === 'stranger' || then.owner.ended || !then.live) continue;
    if (erases && then.owner === key && now.owner === undefined) continue;
    if (now.owner !== then.owner)
      problems.push(`${place} held ${then.owner.owner}, and ${ownerName(now.owner)} took its place`);
  }
  return problems;
}

const ownerName = (owner: ManagedKey | 'stranger' | undefined) =>
  owner === undefined ? 'nothing' : owner === 'stranger' ? owner : owner.owner;

function newestOfBefore({ model }: Walk, before: Taken['before'], key: ManagedKey): SeenKey | undefined {
  // A service may list the newest first.
  return [...(before.get(key.account.id)?.values() ?? [])]
    .toSorted((one, other) => one.madeAt - other.madeAt)
    .findLast(({ id, live }) => live && model.owners.get(`${key.account.id}/${id}`) === key);
}

function successorsAreExact(walk: Walk, taken: Taken): string[] {
  const problems: string[] = [];
  const { step } = taken;
  if (step.do === 'create' || isImport(step)) return problems;
  // What the successor may do depends on which of the two came first.
  if (step.do === 'two' && step.pair === 'roll and update') return problems;
  for (const { owner, version } of made(walk, taken)) {
    const old = newestOfBefore(walk, taken.before, owner);
    if (old === undefined) continue;
    const { id, scopes, expiresAt, madeAt } = version;
    const wider = (scopes ?? []).filter((scope) => !old.scopes?.includes(scope));
    const rightless = (old.scopes?.length ?? 0) > 0 && (scopes?.length ?? 0) === 0;
    if (wider.length > 0 || rightless)
      problems.push(
        `${id} may ${scopes?.join(', ') || 'everything'}, ${old.id} may ${old.scopes?.join(', ')}`,
      );
    const end = owner.naturalEnds.get(old.id) ?? null;
    const lifetime = end === null ? Number.POSITIVE_INFINITY : end - old.madeAt;
    const newLifetime = expiresAt === null ? Number.POSITIVE_INFINITY : expiresAt - madeAt;
    if (newLifetime > lifetime + 120_000)
      problems.push(`${id} lives longer than ${old.id} of ${owner.owner}`);
  }
  return problems;
}

const isChanged = (one: SeenKey | undefined, other: SeenKey) =>
  one === undefined ||
  one.revoked !== other.revoked ||
  one.paused !== other.paused ||
  one.name !== other.name ||
  one.expiresAt !== other.expiresAt ||
  String(one.scopes) !== String(other.scopes);

/** Steps that send nothing that changes a key. */
const READING: ReadonlyArray<Taken['step']['do']> = [
  ...([
    'env',
    'run',
    'pending',
    'list',
    'drop',
    'places add',
    'places remove',
    'use',
    'move ledger',
    'readdress',
    'copy service',
    'show',
    'verify',
  ] as const),
];

function nothingElseChanges(walk: Walk, taken: Taken): string[] {
  const { step, key, ran, before, after } = taken;
  if (ran === null) return [];
  const problems: string[] = [];
  for (const account of walk.world.accounts) {
    for (const [id, seen] of after.get(account.id) ?? []) {
      const known = before.get(account.id)?.get(id);
      if (!isChanged(known, seen)) continue;
      const owner = walk.model.owners.get(`${account.id}/${id}`);
      if ((isImport(step) || step.do === 'ephemeral') && known === undefined) continue;
      if (READING.includes(step.do)) problems.push(`${step.do} changed ${account.id}/${id}`);
      else if (key !== null && owner === key) continue;
      else if (owner === 'stranger' || owner === undefined)
        problems.push(
          `${known === undefined ? 'made' : 'changed'} ${account.id}/${id}, which is nobody's here`,
        );
      // Whatever is due may be finished on the way: a successor, and the end of a version that has one.
      else if (known !== undefined && !hasSuccessor(walk, taken, owner, account, seen))
        problems.push(`changed ${account.id}/${id} of ${owner.owner}`);
    }
  }
  return problems;
}

function hasSuccessor(
  { model }: Walk,
  { after }: Taken,
  owner: ManagedKey,
  account: Account,
  key: SeenKey,
): boolean {
  if (owner.ended) return true;
  return [...(after.get(account.id)?.values() ?? [])].some(
    ({ id, madeAt, live }) =>
      id !== key.id && live && madeAt >= key.madeAt && model.owners.get(`${account.id}/${id}`) === owner,
  );
}

function exitCodesAreHonest(walk: Walk, taken: Taken): string[] {
  const { step, key, ran, before, after } = taken;
  if (step.do === 'several' || step.do === 'ephemeral') return severalAreHonest(walk, taken);
  if (key === null || ran === null || ran.code === null) return [];
  const own = (seen: SeenKey) => walk.model.owners.get(`${key.account.id}/${seen.id}`) === key;
  const now = [...(after.get(key.account.id)?.values() ?? [])].filter(own);
  const then = before.get(key.account.id) ?? new Map<string, SeenKey>();
  const fresh = now.filter(({ id, live }) => live && !then.has(id));
  const label = `keys ${step.do} of ${key.owner} ended with ${ran.code}`;
  const problems: string[] = [];
  const inPlace = key.account.kind?.roll?.inPlace === true && step.do === 'roll';
  const given = walk.world.account(key.account.id).gate.given.some(({ command }) => command === ran.number);
  const creates = step.do === 'create' || (step.do === 'two' && step.pair === 'creates');
  if (creates && ran.code === 0 && fresh.length !== 1)
    problems.push(`${label}, and made ${fresh.length} keys`);
  if (
    step.do === 'create' &&
    ![0, 9].includes(ran.code) &&
    fresh.some(({ id }) => !isReported(walk, ran.number, id))
  )
    problems.push(`${label}, and ${fresh.map(({ id }) => id).join(', ')} is live and not reported`);
  if (step.do === 'revoke' && ran.code === 0) {
    // An id means that version, a name every one.
    const meant = then.has(step.name) ? now.filter(({ id }) => id === step.name) : now;
    const left = meant.filter(({ live }) => live).map(({ id }) => id);
    if (left.length > 0) problems.push(`${label}, and ${left} is live`);
  }
  if (step.do === 'roll' && ran.code === 0 && fresh.length !== 1 && !inPlace && !given)
    problems.push(`${label}, and made ${fresh.length} keys`);
  const isChange = now.some((seen) => isChanged(then.get(seen.id), seen));
  // It may have had the scope before.
  const isAsAsked = step.do === 'update' && step.what === 'scopes' && now.at(-1)?.scopes?.[0] === OTHER_SCOPE;
  if (step.do === 'update' && ran.code === 0 && !isChange && !isAsAsked)
    problems.push(`${label}, and changed nothing`);
  if ((step.do === 'env' || step.do === 'run') && ran.code === 0) {
    const printed = secretsIn(walk.model, ran.stdout);
    if (printed.length !== 1) problems.push(`${label}, and printed ${printed.length} secrets`);
    for (const secret of printed) {
      const { account, id } = walk.model.secrets.get(secret) ?? { account: null, id: '' };
      const seen = account && after.get(account.id)?.get(id);
      const end = key.naturalEnds.get(id);
      const ownEnd = end != null && end <= walk.world.now();
      if (account !== key.account || !seen || !own(seen))
        problems.push(`${label}, and printed another key's secret`);
      else if (!seen.live && !ownEnd)
        problems.push(`${label}, and printed the secret of ${id}, which is not accepted`);
    }
  }
  return problems;
}

/** A command of several keys has done it with each; a run leaves no key that works without saying so. */
function severalAreHonest({ model, world }: Walk, { step, named, ran, before, after }: Taken): string[] {
  if (ran === null || ran.code !== 0 || !('at' in step)) return [];
  const now = [...(after.get(step.at)?.values() ?? [])];
  const fresh = now.filter(({ id, live }) => live && !before.get(step.at)?.has(id));
  if (step.do === 'ephemeral')
    return fresh
      .filter(({ id }) => !isReported({ world }, ran.number, id))
      .map(({ id }) => `keys run ended with 0, and left ${id}`);
  if (step.do !== 'several') return [];
  const inPlace = world.account(step.at).kind?.roll?.inPlace === true;
  return named.flatMap((key) => {
    const own = ({ id }: SeenKey) => model.owners.get(`${step.at}/${id}`) === key;
    if (step.what === 'roll')
      return inPlace || fresh.some(own) ? [] : [`keys roll ended with 0, and did not roll ${key.owner}`];
    if (step.names.some((name) => before.get(step.at)?.has(name))) return [];
    return now.some((seen) => seen.live && own(seen))
      ? [`keys revoke ended with 0, and ${key.owner} works`]
      : [];
  });
}

/** Whether the command left an operation behind that names the key, or said its id. */
function isReported({ world }: Pick<Walk, 'world'>, command: number, id: string): boolean {
  const ran = world.ran.find(({ number }) => number === command);
  return ran !== undefined && new RegExp(`\\b${id}\\b`).test(ran.stderr);
}

function credentialsStayHome({ world, model }: Walk): string[] {
  const problems: string[] = [];
  for (const account of world.accounts) {
    for (const { credential, request } of account.gate.credentials) {
      const owner =
        world.accounts.find(({ admin }) => admin === credential) ?? model.secrets.get(credential)?.account;
      if (owner !== account)
        problems.push(`${request} at ${account.id} carried the credential of ${owner?.id ?? 'nobody'}`);
    }
    account.gate.credentials.length = 0;
  }
  return problems;
}

function outputsHoldNoSecret({ model, world }: Walk, { step, ran }: Taken): string[] {
  if (ran === null) return [];
  const problems = secretsIn(model, ran.stderr).map(() => `keys ${step.do} printed a secret on stderr`);
  const prints =
    step.do === 'env' ||
    step.do === 'run' ||
    (step.do === 'several' && step.what === 'roll') ||
    ((step.do === 'roll' || step.do === 'two') && step.to.length === 0);
  if (!prints && secretsIn(model, ran.stdout).length > 0)
    problems.push(`keys ${step.do} printed a secret on stdout`);
  if (world.accounts.some(({ admin }) => `${ran.stdout}${ran.stderr}`.includes(admin)))
    problems.push(`keys ${step.do} printed the credential that manages keys`);
  return problems;
}

function commandsEndProperly(_: Walk, { step, ran }: Taken): string[] {
  if (ran === null || ran.code === null) return [];
  const problems: string[] = [];
  if (![0, 1, 2, 3, 4, 5, 6, 7, 8, 9].includes(ran.code))
    problems.push(`keys ${step.do} ended with ${ran.code}`);
  if (/\bbug\b|unexpected|^\s+at .*:\d+:\d+/m.test(ran.stderr))
    problems.push(`keys ${step.do} ended as by a bug`);
  if (ran.code !== 0 && ran.stderr.trim() === '')
    problems.push(`keys ${step.do} ended with ${ran.code} in silence`);
  return problems;
}

async function liveKeysAreKnown(walk: Walk): Promise<string[]> {
  const { model, world, taken } = walk;
  const last = taken.at(-1);
  if (last === undefined) return [];
  const problems: string[] = [];
  for (const account of world.accounts) {
    for (const { id, live, name } of last.after.get(account.id)?.values() ?? []) {
      const owner = model.owners.get(`${account.id}/${id}`);
      if (live && model.ephemeral.has(`${account.id}/${id}`))
        problems.push(`${account.id}/${id} was for one run, and still works`);
      if (!live || owner === 'stranger' || owner === undefined || owner.dropped) continue;
      const secrets = [...model.secrets].filter(([, given]) => given.account === account && given.id === id);
      const held = secrets.some(
        ([secret]) =>
          model.printed.has(secret) ||
          [...owner.places, ...owner.added, ...owner.released].some((place) =>
            world.places.read(place, owner.owner).includes(secret),
          ),
      );
      if (held || new RegExp(`\\b${id}\\b`).test(model.reports)) continue;
      problems.push(`${account.id}/${id} (${name}) is live, is at no place, and no command has reported it`);
    }
  }
  return problems;
}

const SHOWS_NO_ACCOUNT = /knows neither the old key \S+ nor the new one \S+, and none of the ledger's keys/;

function nothingIsPending({ taken }: Walk): string[] {
  const ran = taken.at(-1)?.ran;
  if (ran == null || ran.code !== 0) return [`keys pending ended with ${ran?.code}`];
  const rows = JSON.parse(ran.stdout || '[]') as Array<Record<string, unknown>>;
  // An outcome that cannot be known stays, and each resume says so, until `keys pending drop`.
  const resumed = taken.findLast(({ step }) => step.do === 'resume')?.ran;
  const isTold = ({ id, step }: Record<string, unknown>) =>
    step === 'sent' && resumed?.code === 9 && resumed.stdout.includes(String(id));
  // A paused successor cannot take over: each resume says so, until it is unpaused.
  const waits = (JSON.parse(resumed?.stdout || '{}') as { operations?: Array<Record<string, unknown>> })
    .operations;
  const waitsFor = (why: RegExp, id: unknown) =>
    waits?.some(({ operation, waiting }) => operation === id && why.test(String(waiting))) === true;
  const isPaused = ({ id }: Record<string, unknown>) => waitsFor(/is paused$/, id);
  // A secret whose last place was removed waits for another one: each resume says so.
  const hasNoPlace = ({ id }: Record<string, unknown>) => waitsFor(/^no place is left for its secret/, id);
  const failsWith = (why: RegExp, id: unknown) =>
    waits?.some(({ operation, error }) => operation === id && why.test(JSON.stringify(error))) === true;
  // A stranger has revoked both versions of the account's only key: nothing shows that it is this account.
  const showsNoAccount = ({ id }: Record<string, unknown>) =>
    failsWith(SHOWS_NO_ACCOUNT, id) &&
    resumed?.stderr.includes(`keys pending drop ${id} forgets it`) === true;
  // Or only the successor: the old key is the only one that works.
  const isOnlyOne = ({ id }: Record<string, unknown>) => failsWith(/works, and is not revoked/, id);
  return rows
    .filter((row) => ![isTold, isPaused, hasNoPlace, showsNoAccount, isOnlyOne].some((is) => is(row)))
    .map((row) => `${row['kind']} of ${row['name']} is pending: ${row['step'] ?? row['state']}`);
}
