import { isoTime } from '../../domain/clock.js';
import { compact } from '../../domain/compact.js';
import { credentialDigests } from '../../domain/credential-digests.js';
import { isEnded } from '../../domain/ended-key.js';
import { KeysError } from '../../domain/errors.js';
import { requireChangeable, requireOwnSlot } from '../../domain/expressible.js';
import { passesFilters, statusAt } from '../../domain/filter-keys.js';
import { graceSeconds } from '../../domain/grace.js';
import type { Key, RolledKey } from '../../domain/key.js';
import type {
  CreateKey,
  CreationOptions,
  KeyService,
  RollKey,
  UpdateKey,
  Verdict,
  VerifyKey,
} from '../../domain/key-service.js';
import type { Provider } from '../../domain/provider.js';
import { succeeded } from '../../domain/succeeded.js';
import { shownTime } from '../../domain/whole-seconds.js';
import type { LedgerKey } from '../../storage/ledger/ledger.js';
import { bothZones } from '../../terminal/absolute-time.js';
import { requireExpressibleByHand, withLedger } from './expressible-by-hand.js';
import { DASHBOARD_NAME, dashboardOf, type GuidedOptions, IMPORTED_AT, takeInKey } from './take-in-key.js';

interface Guide extends GuidedOptions {
  readonly dashboard: NonNullable<Provider['dashboard']>;
}

/**
 * The contract where a vendor has only a dashboard: a person does what the steps say, the secret goes into
 * the keychain and the record into the ledger. Everything else works on that record. Errors: `declined`,
 * `missing_answer`, `invalid_request` for a pasted key that cannot be one, `unsupported`.
 */
export function createGuidedService(options: GuidedOptions): KeyService {
  const { provider, ledger, clock } = options;
  const { dashboard } = provider;
  if (dashboard === null) throw new TypeError(`${provider.id} has no dashboard`);
  const guide = { ...options, dashboard };
  return {
    create: (request) => createKey(guide, request),
    async list(query) {
      const keys = (await ledger.keys(dashboardOf(provider))).map((known) => shown(guide, known));
      // The ledger has what it learned last first; a list has the newest key first.
      keys.sort((one, other) => createdAt(other) - createdAt(one));
      return { keys: keys.filter((key) => passesFilters(key, query)), next_cursor: null };
    },
    get: async (id) => shown(guide, await entry(guide, id)),
    async update(id, changes: UpdateKey) {
      const before = await entry(guide, id);
      requireChangeable(withLedger(provider), changes);
      const key = changed(guide, before.key, changes);
      await ledger.put({ ...before, key }, clock.now());
      sayWhatStays(guide, key, changes);
      return shown(guide, { ...before, key });
    },
    roll: (id, request, creation) => rollKey(guide, id, request, creation),
    revoke: (id) => revokeKey(guide, id),
    verify: (request) => verifyKey(guide, request),
    async events() {
      throw new KeysError('unsupported', `${provider.title} has no API for who did what to its keys`, {
        hint: "is there an audit trail in the vendor's dashboard? the ledger keeps none",
      });
    },
    whoami: async () => null,
    acknowledge: async () => undefined,
  };
}

async function entry({ ledger, provider }: Guide, id: string): Promise<LedgerKey> {
  const found = await ledger.find(dashboardOf(provider), id);
  if (found !== null) return found;
  throw new KeysError('not_found', `no such key: ${id}`, {
    next: 'list_or_import_keys',
    details: { key_id: id },
  });
}

function current({ clock }: Guide, key: Key): Key {
  return { ...key, status: statusAt(key, clock.now()) };
}

/** A key as others see it: with its last use by this program, which the ledger keeps beside the record. */
function shown(guide: Guide, { key, used_here }: LedgerKey): Key {
  return { ...current(guide, key), last_used_here: used_here ? shownTime(used_here) : null };
}

function createdAt({ created_at }: Key): number {
  return created_at ? Date.parse(created_at) : 0;
}

function nameInDashboard({ name, metadata }: Pick<Key, 'name' | 'metadata'>): string {
  return metadata?.[DASHBOARD_NAME] ?? name;
}

/**
 * The key after changes to its record. The dashboard calls it what it did, unless `changes` say otherwise.
 */
function changed(guide: Guide, before: Key, changes: UpdateKey): Key {
  const key = { ...before, ...changes } as Key;
  const { [DASHBOARD_NAME]: said, ...notes } = changes.metadata ?? {};
  const { [DASHBOARD_NAME]: _, [IMPORTED_AT]: imported_at, ...kept } = before.metadata ?? {};
  const label = said ?? nameInDashboard(before);
  const metadata = {
    ...(changes.metadata === undefined ? kept : notes),
    ...(label === key.name || !hasNames(guide) ? {} : { [DASHBOARD_NAME]: label }),
    ...compact({ [IMPORTED_AT]: imported_at }),
  };
  return { ...key, metadata };
}

/** Whether the keys have names in the dashboard: its steps have them. */
function hasNames({ dashboard: { create, revoke, roll } }: Guide): boolean {
  return [...create, ...revoke, ...(roll?.steps ?? [])].some((line) => line.includes('{name}'));
}

/** The vendor learns nothing of a change to a record. */
function sayWhatStays({ conversation, provider }: Guide, key: Key, changes: UpdateKey): void {
  const label = nameInDashboard(key);
  if (changes.name !== undefined && label !== key.name)
    conversation.say(`the dashboard of ${provider.title} still names this key ${label}`);
  const others = [
    ...(changes.expires_at === undefined ? [] : ['expiry']),
    ...(changes.service === undefined ? [] : ['service']),
  ];
  if (others.length > 0) {
    conversation.say(
      `only the record here has the new ${others.join(' and ')}: ${provider.title} has what its dashboard says`,
    );
  }
}

/** The keys that the dashboard shows: those that this machine knows and that are not revoked. */
async function shownKeys(guide: Guide): Promise<Key[]> {
  const known = await guide.ledger.keys(dashboardOf(guide.provider));
  return known.map(({ key }) => current(guide, key)).filter(({ status }) => status !== 'revoked');
}

/** The end of a name that `ownName` has proposed: a day, and a number after the first of that day. */
const DATED = / \d{4}-\d\d-\d\d(?: \d+)?$/;

/**
 * A name that no other key in the dashboard has, so that a person can tell a successor from the key that it
 * replaces.
 */
async function ownName(guide: Guide, name: string): Promise<string> {
  const taken = new Set((await shownKeys(guide)).map(nameInDashboard));
  const day = isoTime(guide.clock.now()).slice(0, 10);
  const undated = name.replace(DATED, '');
  let proposed = name;
  for (let turn = 1; taken.has(proposed); turn++) {
    proposed = `${undated} ${day}${turn === 1 ? '' : ` ${turn}`}`;
  }
  return proposed;
}

/** The request of a key, with its name in the dashboard if that differs. */
function labelled(request: CreateKey, label: string): CreateKey {
  const metadata = withoutLabel(request.metadata ?? {});
  return {
    ...request,
    metadata: label === request.name ? metadata : { ...metadata, [DASHBOARD_NAME]: label },
  };
}

/**
 * Which of several keys is to be deleted: its name alone does not say it if the key is one of two that look
 * alike. Keys that a successor has replaced are not named as keys to keep.
 */
async function deletionNote(guide: Guide, key: Key): Promise<string[]> {
  const { provider, ledger } = guide;
  if (provider.supersedes) return [`the pair to end is the one that ends in …${key.hint ?? ''}`];
  const { address } = dashboardOf(provider);
  const managed = await ledger.managed.byVersion({ provider: provider.id, address }, key.id);
  const replaced = managed?.versions.filter(({ state }) => state === 'retiring').map(({ id }) => id) ?? [];
  const others = (await shownKeys(guide)).filter(({ id, name }) => id !== key.id && name === key.name);
  const end = (one: Key) => `${nameInDashboard(one)}, which ends in …${one.hint ?? ''}`;
  return [
    `the key to delete is ${end(key)}`,
    ...others.map((other) =>
      replaced.includes(other.id) ? `after this one: ${end(other)}` : `keep ${end(other)}`,
    ),
  ];
}

/**
 * Shows the steps, with the key's own values in them. The title names the environment and service, where the
 * key has them.
 */
function showSteps(
  { conversation, provider }: Guide,
  title: string,
  lines: readonly string[],
  facts: Partial<CreateKey>,
): void {
  const filled: Record<string, string> = {
    name:
      facts.name === undefined
        ? ''
        : nameInDashboard({ name: facts.name, ...compact({ metadata: facts.metadata }) }),
    type: facts.type ?? 'secret',
    environment: facts.environment ?? provider.environments[0] ?? '',
    service: facts.service ?? 'the one that the key is for',
    expires: facts.expires_at ? bothZones(Date.parse(facts.expires_at)) : 'none was asked for',
  };
  const about = [
    ...(provider.environments.length > 1 && facts.environment ? [facts.environment] : []),
    ...(facts.service ? [`service ${facts.service}`] : []),
  ];
  conversation.steps(
    about.length === 0 ? title : `${title} (${about.join(', ')})`,
    lines.map((line) => line.replace(/\{(\w+)\}/g, (whole, name: string) => filled[name] ?? whole)),
  );
}

/**
 * Opens the dashboard. The address of one environment is not the other's, so then a person has to find it.
 */
async function openDashboard(
  { conversation, dashboard, provider }: Guide,
  environment: string | null | undefined,
): Promise<void> {
  const here = dashboard.environment;
  if (here === undefined || (environment ?? here) === here) return await conversation.open(dashboard.url);
  conversation.say(
    `the address of the ${environment} dashboard of ${provider.title} is not known: open it yourself`,
  );
}

/**
 * The end of a successor with the lifetime of the old key; the old key's own end where its creation is not
 * known.
 */
function endAnew({ created_at, expires_at }: Key, now: number): string | undefined {
  if (!expires_at) return undefined;
  return created_at ? isoTime(now + Date.parse(expires_at) - Date.parse(created_at)) : expires_at;
}

/** Throws where the secret is to be saved and cannot be. */
async function requireSafe({ saves, secrets }: Guide): Promise<void> {
  if (saves) await secrets.reserve();
}

async function createKey(guide: Guide, request: CreateKey) {
  const { provider, conversation, dashboard, clock } = guide;
  requireExpressibleByHand(provider, request, clock.now());
  requireOwnSlot(provider, request);
  await Promise.all([requireSafe(guide), guide.providers(), conversation.prepare()]);
  const superseded = await warnOfSuperseding(guide, request);
  const named = labelled(request, await ownName(guide, request.name));
  showSteps(guide, `A new key of ${provider.title}`, dashboard.create, named);
  await openDashboard(guide, named.environment);
  const created = await takeInKey(guide, named, {});
  if (superseded !== null) await endAfter(guide, superseded, created.key.id, 0);
  return created;
}

/** Records the successor and the end of a key. Returns its record. */
async function endAfter(
  { ledger, clock }: Guide,
  entry: LedgerKey,
  successor: string,
  seconds: number,
): Promise<Key> {
  const key = succeeded(entry.key, successor, seconds, clock.now());
  await ledger.put({ ...entry, key, roll_by: null }, clock.now());
  return key;
}

/**
 * Warns that the new key revokes the previous one, and asks whether to go on. Returns the previous one; null:
 * none is known.
 */
async function warnOfSuperseding(
  guide: Guide,
  request: Pick<CreateKey, 'service' | 'environment'>,
): Promise<LedgerKey | null> {
  const { provider, conversation, dashboard, ledger } = guide;
  const warning = dashboard.roll?.warning;
  if (warning === undefined || !provider.supersedes) return null;
  const { environment = provider.environments[0] ?? null } = request;
  const same = (await ledger.keys(dashboardOf(provider))).find(
    ({ key }) =>
      current(guide, key).status === 'active' &&
      key.service === (request.service ?? null) &&
      key.environment === environment,
  );
  conversation.warn(same === undefined ? warning : `${warning}: ${same.key.name} (${same.key.id})`);
  await conversation.confirm('Go on?');
  return same ?? null;
}

async function rollKey(
  guide: Guide,
  id: string,
  { grace_seconds }: RollKey,
  { expires_at: chosen }: CreationOptions,
): Promise<RolledKey> {
  const { provider, conversation, dashboard, clock } = guide;
  const before = await entry(guide, id);
  const old = current(guide, before.key);
  const { roll } = dashboard;
  const seconds = graceSeconds({ title: provider.title, grace: roll?.grace ?? null }, grace_seconds);
  if (roll === undefined) throw new TypeError('graceSeconds refuses what has no roll');
  if (old.status !== 'active') {
    throw new KeysError('conflict', `this key is ${old.status}: ${id}`, { hint: 'create a new one' });
  }
  await Promise.all([requireSafe(guide), guide.providers(), conversation.prepare()]);
  if (roll.warning !== undefined) {
    conversation.warn(`${roll.warning}: ${old.name} (${old.id})`);
    await conversation.confirm('Go on?');
  }
  const ends = provider.accepts.expires_at !== undefined;
  const expires_at = chosen === undefined && ends ? endAnew(old, clock.now()) : (chosen ?? undefined);
  // The dashboard's roll keeps the name that the key has there.
  const facts = labelled(
    { ...requestOf(old), ...compact({ expires_at }) },
    hasNames(guide) ? nameInDashboard(old) : old.name,
  );
  showSteps(guide, `A successor of ${old.name} at ${provider.title}`, roll.steps, facts);
  await openDashboard(guide, facts.environment);
  const created = await takeInKey(guide, facts, { rolled_from: old.id });
  const previous = await endAfter(guide, { ...before, key: old }, created.key.id, seconds);
  return { ...created, previous: current(guide, previous) };
}

async function revokeKey(guide: Guide, id: string): Promise<void> {
  const { provider, conversation, dashboard, ledger, secrets, clock } = guide;
  const before = await entry(guide, id);
  const { key, secret_item } = before;
  if (current(guide, key).status === 'revoked') return;
  const steps = [...dashboard.revoke, ...(await deletionNote(guide, key))];
  // The pair of a slot ended when its successor was generated: to generate one more would end that one.
  const ended = provider.supersedes && current(guide, key).status === 'expired';
  if (!ended) {
    showSteps(guide, `The end of ${key.name} at ${provider.title}`, steps, {
      ...requestOf(key),
      metadata: key.metadata ?? {},
    });
    await openDashboard(guide, key.environment);
    await conversation.confirm('Done?');
  }
  await ledger.put(
    { ...before, key: { ...key, status: 'revoked' }, secret_item: null, roll_by: null },
    clock.now(),
  );
  if (secret_item !== null && (await holdsSecretOf(before, secrets))) await secrets.remove(secret_item);
}

/** False where a roll has delivered the successor's secret to the item of the old key. */
async function holdsSecretOf(
  { secret_item, digests }: LedgerKey,
  secrets: Guide['secrets'],
): Promise<boolean> {
  try {
    const saved = credentialDigests(await secrets.read(secret_item ?? ''));
    return saved.every((digest) => digests.includes(digest));
  } catch (error) {
    if (error instanceof KeysError && error.code === 'not_found') return false;
    throw error;
  }
}

/** The verdict on a key that the ledger knows as revoked or expired. Throws `unsupported` for any other. */
async function verifyKey(guide: Guide, { key: secret }: VerifyKey): Promise<Verdict> {
  const [digest = ''] = credentialDigests({ secret });
  const known = await guide.ledger.byDigest(digest);
  const key = known && current(guide, known.key);
  if (isEnded(key?.status)) {
    return { valid: false, reason: key.status, key };
  }
  throw new KeysError('unsupported', `${guide.provider.title} has no endpoint that judges keys`, {
    next: 'verify_key',
  });
}

function requestOf(key: Key): CreateKey {
  return {
    name: key.name,
    ...compact({ type: key.type }),
    ...(key.environment ? { environment: key.environment } : {}),
    service: key.service ?? null,
    metadata: withoutLabel(key.metadata ?? {}),
  };
}

/** The successor has a name of its own in the dashboard, and was not imported. */
function withoutLabel({
  [DASHBOARD_NAME]: _,
  [IMPORTED_AT]: __,
  ...metadata
}: Readonly<Record<string, string>>) {
  return metadata;
}
