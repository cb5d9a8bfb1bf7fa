import { isoTime } from '../../domain/clock.js';
import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import type { Key, OptionValue } from '../../domain/key.js';
import type { CreateKey } from '../../domain/key-service.js';
import type { ManagedKey, Rights } from '../../domain/managed-key.js';
import type { Restrictions } from '../../domain/restrictions.js';
import { titleInSentence } from '../../domain/systems.js';
import type { Operation } from '../../storage/ledger/operation.js';
import type { Means } from '../operation/means.js';
import { OPERATION_MARK } from '../operation/same-rights.js';
import type { SuccessorRules } from './successor-rules.js';

/** What the caller says of the successor; it beats what is known of the old key. */
export interface SuccessorChoices {
  readonly scopes?: readonly string[];
  /** Null: without an expiry. */
  readonly expires_at?: string | null;
  /** Names of the vendor's own options that this call gives (`--set`). */
  readonly options?: readonly string[];
  /** Names of those that only the profile gives: what is known of the old key beats them. */
  readonly defaults?: readonly string[];
  /** Rights that the successor gets in place of the old key's. `expires_at` sets its lifetime. */
  readonly rights?: Omit<Rights, 'lifetime_ms'>;
}

/** Rights as they were asked for. `now`: when the key is created. */
export function rightsOf({ name: _, expires_at, ...request }: CreateKey, now: number): Rights {
  return { ...request, lifetime_ms: expires_at ? Date.parse(expires_at) - now : null };
}

/**
 * The request for a key with the same rights as the old one, for the same lifetime. Field by field the
 * vendor's record wins; what it does not tell comes from the ledger. A file of the user's own may read a
 * member that the record does not have: there a right that the record does not show comes from the ledger
 * too, and is unknown without it. Throws `missing_answer` for what neither knows, naming the option that says
 * it, and `unsupported` for a right of the key that the definition no longer has.
 */
export function successorOf(
  old: Key,
  rights: Rights | null,
  provider: SuccessorRules,
  choices: SuccessorChoices,
  now: number,
): CreateKey {
  requireStillTaken(old, rights, provider, choices);
  const shows = fieldsShownBy(provider);
  const isTold = (name: string) => shows(name) && provider.isOwnFile !== true;
  const known = <Name extends keyof Rights & keyof Key>(name: Name) =>
    choices.rights?.[name] ?? (old[name] === undefined && !isTold(name) ? rights?.[name] : old[name]);
  const { accepts } = provider;
  const knownOr = <Name extends 'limits' | 'owner'>(name: Name) => {
    const value = known(name);
    if (value === undefined && rights === null && !(declares(provider) && isTold(name))) {
      throw unknownField(old, provider, name);
    }
    return value;
  };
  const scopes = choices.scopes ?? known('scopes');
  if (scopes === undefined && accepts.scopes !== undefined && !(isTold('scopes') || rights !== null)) {
    throw unknownScopes(old, provider);
  }
  const restrictions = restrictionsOf(old, rights, provider, known('restrictions'));
  if (rights === null) requireRestrictions(old, restrictions, provider, isTold('restrictions'));
  if (rights === null && !declares(provider)) requireSaid(old, provider, choices);
  const { [OPERATION_MARK]: __, ...metadata } = known('metadata') ?? {};
  const successor: Members = {
    name: old.name,
    type: known('type'),
    environment: known('environment') || undefined,
    service: (accepts.service !== undefined && known('service')) || undefined,
    scopes:
      scopes?.length && (accepts.scopes !== undefined || choices.scopes !== undefined) ? scopes : undefined,
    restrictions: filled(restrictions),
    limits: accepts.limits === undefined ? undefined : filled(knownOr('limits')),
    owner: (accepts.owner !== undefined && knownOr('owner')) || undefined,
    metadata: provider.keepsMetadata ? filled(metadata) : undefined,
    options: filled(optionsOf(old, rights, provider, choices)),
    expires_at: expiryOf(old, rights, provider, choices, now),
  };
  return compact(successor);
}

/** Every member of a create, so that the compiler asks for one that is missing here. Undefined: not sent. */
type Members = Pick<CreateKey, 'name'> & {
  readonly [Name in Exclude<keyof CreateKey, 'name'>]-?: Exclude<CreateKey[Name], null> | undefined;
};

/** The restrictions, and those of the ledger that the record of a file of the user's own does not show. */
function restrictionsOf(
  { restrictions }: Key,
  rights: Rights | null,
  { isOwnFile }: SuccessorRules,
  known: Restrictions | undefined,
): Restrictions | undefined {
  if (isOwnFile !== true || known !== restrictions || restrictions === undefined) return known;
  return { ...rights?.restrictions, ...restrictions };
}

/** Throws `missing_answer` for a restriction that a key may have and that neither record nor ledger tells. */
function requireRestrictions(
  old: Key,
  restrictions: Restrictions | undefined,
  provider: SuccessorRules,
  isTold: boolean,
): void {
  const { accepts, isOwnFile } = provider;
  const untold = (['ips', 'referrers', 'endpoints'] as const).find(
    (name) => accepts[name] !== undefined && restrictions?.[name] === undefined,
  );
  if (untold === undefined || (declares(provider) && isTold)) return;
  if (restrictions === undefined || isOwnFile === true)
    throw unknownField(old, provider, isOwnFile === true ? untold : 'restrictions');
}

/** Undefined for a value without a member. */
function filled<Value extends object>(value: Value | undefined): Value | undefined {
  return value === undefined || Object.keys(value).length === 0 ? undefined : value;
}

/**
 * Throws `missing_answer` for an optional setting (`--set`) that the caller does not give. A definition that
 * declares nothing may send it with a create, and no record shows it: a successor without it could do more
 * than the old key.
 */
function requireSaid(old: Key, provider: SuccessorRules, choices: SuccessorChoices): void {
  const unsaid = unsaidSetting(provider, choices);
  if (unsaid === undefined) return;
  throw new KeysError(
    'missing_answer',
    `${titleInSentence(provider)} does not say what ${old.name} has: --set ${unsaid.name}=…`,
    {
      hint: `give --set ${unsaid.name}=…, or --set ${unsaid.name}= for none; nothing was changed`,
    },
  );
}

/**
 * The first optional setting that goes along with a create and that the caller does not give. No record shows
 * it.
 */
export function unsaidSetting(
  { context }: Pick<SuccessorRules, 'context'>,
  { options = [], defaults = [] }: SuccessorChoices,
) {
  return context.find(({ name, required }) => !required && ![...options, ...defaults].includes(name));
}

/** A definition of the first language declares nothing: its records tell what they have. */
function declares({ shows }: SuccessorRules): boolean {
  return shows.list.length + shows.get.length > 0;
}

function fieldsShownBy(provider: SuccessorRules): (name: string) => boolean {
  if (!declares(provider)) return (name) => name !== 'scopes' && name !== 'expires_at' && name !== 'metadata';
  const shown = new Set<string>([...provider.shows.list, ...provider.shows.get]);
  return (name) => shown.has(name);
}

/**
 * The vendor's own options as far as they are known. The provider fills in those that the call or else the
 * profile gives.
 */
function optionsOf(
  old: Key,
  rights: Rights | null,
  provider: SuccessorRules,
  choices: SuccessorChoices,
): Record<string, OptionValue> {
  const found: Record<string, OptionValue> = {};
  for (const { name, shownBy } of provider.options) {
    if (choices.options?.includes(name)) continue;
    const chosen = choices.rights?.options?.[name];
    const value =
      chosen !== undefined
        ? chosen
        : shownBy === null
          ? rights?.options?.[name]
          : (old.options?.[name] ?? rights?.options?.[name]);
    if (value !== undefined && value !== null) found[name] = value;
    else if (rights === null && isUnknown(shownBy, value, provider) && !choices.defaults?.includes(name))
      throw unknownField(old, provider, `--set ${name}=…`);
  }
  return found;
}

/**
 * Whether it is not known if a key has an option: no record shows it, or, in a file of the user's own, this
 * one does not.
 */
function isUnknown(shownBy: string | null, value: unknown, { isOwnFile }: SuccessorRules): boolean {
  return shownBy === null || (isOwnFile === true && value === undefined);
}

/**
 * Throws `unsupported` for a right that the key was created with, and that the provider's definition has lost
 * since then: a successor without it could do more than the old key.
 */
function requireStillTaken(
  { name }: Key,
  rights: Rights | null,
  { title, accepts, options, context, takesAll }: SuccessorRules,
  choices: SuccessorChoices,
): void {
  if (rights === null || takesAll) return;
  const declared = new Set([...options, ...context].map((one) => one.name));
  const lost = [
    ...Object.entries(rights.options ?? {})
      .filter(([option, value]) => value !== null && !declared.has(option))
      .map(([option]) => option),
    ...(['scopes', 'limits', 'owner'] as const).filter(
      (field) =>
        accepts[field] === undefined && hasMember(rights[field]) && choices.rights?.[field] === undefined,
    ),
    ...(rights.lifetime_ms != null && accepts.expires_at === undefined && choices.expires_at === undefined
      ? ['expires_at']
      : []),
  ];
  if (lost.length === 0) return;
  throw new KeysError(
    'unsupported',
    `${name} was created with ${lost.join(', ')}, and ${titleInSentence({ title })} no longer has that`,
    {
      hint: "put it back into the provider's definition; or create another key, deliver it, and revoke this one; nothing was changed",
      details: { name, lost },
    },
  );
}

const hasMember = (value: object | string | null | undefined) =>
  typeof value === 'string' ? value !== '' : value != null && Object.keys(value).length > 0;

/** The same lifetime from now on; a key whose creation is not known keeps its end. */
function expiryOf(
  old: Key,
  rights: Rights | null,
  provider: SuccessorRules,
  { expires_at: chosen }: SuccessorChoices,
  now: number,
): string | undefined {
  const { accepts } = provider;
  if (chosen !== undefined) return chosen ?? undefined;
  if (accepts.expires_at === undefined) return undefined;
  const isUntold = provider.isOwnFile === true && old.expires_at === null && rights?.lifetime_ms != null;
  const lifetime = isUntold ? rights.lifetime_ms : lifetimeOf(old, rights);
  if (lifetime === null) return undefined;
  if (lifetime !== undefined) return isoTime(now + lifetime);
  if (old.expires_at) return old.expires_at;
  throw unknownField(old, provider, '--expires …');
}

/** Milliseconds from creation to expiry; null: it never expires; undefined: not known. */
function lifetimeOf(
  old: Pick<Key, 'created_at' | 'expires_at'>,
  rights: Rights | null,
): number | null | undefined {
  if (old.expires_at === undefined) return rights?.lifetime_ms;
  if (old.expires_at === null) return null;
  const granted = old.created_at ? Date.parse(old.expires_at) - Date.parse(old.created_at) : undefined;
  // The end of a key that was rolled is that of its grace, not of its lifetime.
  return rights?.lifetime_ms ?? granted;
}

/** Vendors round the times of their records; what differs by more was changed. */
const ROUNDED_MS = 60_000;

/**
 * What the ledger remembers of the rights. Of the lifetime it remembers nothing if somebody else has changed
 * the end of the key since the vendor told it: then the record counts, so that no successor lives longer.
 */
export function rightsNow(
  old: Key,
  managed: Pick<ManagedKey, 'rights' | 'versions'> | null,
): ManagedKey['rights'] {
  const rights = managed?.rights ?? null;
  const version = managed?.versions.find(({ id }) => id === old.id);
  const [told, before] = [old.expires_at, version?.record.expires_at];
  if (rights === null || !told || !before || version?.state !== 'active') return rights;
  if (Math.abs(Date.parse(told) - Date.parse(before)) <= ROUNDED_MS) return rights;
  const { lifetime_ms: _, ...others } = rights;
  return others;
}

/**
 * Groups keys by the settings (`--set`) that their rolls need: those of the call, and from each key's account
 * those that the call leaves open. A key whose account contradicts the call stays with the call's:
 * `requireSameSettings` refuses it.
 */
export function bySettings<One extends { readonly managed: Pick<ManagedKey, 'account'> | null }>(
  keys: readonly One[],
  said: Readonly<Record<string, string>>,
): ReadonlyArray<{ readonly set: Readonly<Record<string, string>>; readonly keys: readonly One[] }> {
  const groups = new Map<string, { readonly set: Readonly<Record<string, string>>; readonly keys: One[] }>();
  for (const key of keys) {
    const set = { ...key.managed?.account.context, ...said };
    const id = JSON.stringify(Object.entries(set).sort());
    const group = groups.get(id) ?? { set, keys: [] };
    groups.set(id, { ...group, keys: [...group.keys, key] });
  }
  return [...groups.values()];
}

/**
 * Throws `missing_answer` if a key belongs to an account whose settings (`--set`) this call does not have.
 */
export function requireSameSettings(
  { account, name }: Pick<ManagedKey, 'account' | 'name'>,
  set: Readonly<Record<string, string>>,
): void {
  const other = Object.entries(account.context).filter(([field, value]) => set[field] !== value);
  if (other.length === 0) return;
  const said = other.map(([field, value]) => `--set ${field}=${value}`).join(' ');
  throw new KeysError('missing_answer', `${name} was created with ${said}`, {
    hint: `say it again: ${said}; nothing was changed`,
  });
}

function unknownField(old: Key, { title, isOwnFile }: SuccessorRules, field: string): KeysError {
  const none = field.startsWith('--set ') ? ` (${field.replace('…', '')} for none)` : NONE[field];
  const way = field.startsWith('--')
    ? `say it: ${field}${none ?? ''}`
    : 'create a key with the same rights, deliver it, and revoke this one';
  return new KeysError(
    'missing_answer',
    `${titleInSentence({ title })} does not say what ${old.name} has: ${field}`,
    { hint: `${way}${isOwnFile === true ? `; ${SAID_BY_ABSENT}` : ''}; nothing was changed` },
  );
}

/** How an option says that a key has none. */
const NONE: Readonly<Record<string, string>> = { '--expires …': ' (--expires never for none)' };

const SAID_BY_ABSENT = "`absent` in the provider's file says what a record without the field means";

function unknownScopes(old: Key, { title, accepts, isOwnFile }: SuccessorRules): KeysError {
  const { about = '', values } = accepts.scopes ?? {};
  const way = values === undefined ? about : `one of ${values.join(', ')}`;
  return new KeysError(
    'missing_answer',
    `${titleInSentence({ title })} does not say what ${old.name} may do: --scope …`,
    { hint: isOwnFile === true ? `${way}; ${SAID_BY_ABSENT}; nothing was changed` : way },
  );
}

/**
 * The request with which an operation's key is created once more: a key that was rolled cannot be rolled
 * again. The end of the old key is now that of its grace, so its lifetime comes from its record before the
 * roll.
 */
export async function requestAnew(
  { request, previous }: Pick<Operation, 'request' | 'previous'>,
  managed: Pick<ManagedKey, 'rights' | 'versions'> | null,
  { service, successorRules, clock }: Pick<Means, 'service' | 'successorRules' | 'clock'>,
): Promise<Operation['request']> {
  if ('create' in request) return request;
  const found = await service.get(request.roll);
  const old = previous === null ? found : { ...found, ...compact({ expires_at: previous.expires_at }) };
  return { create: successorOf(old, rightsNow(old, managed), successorRules, {}, clock.now()) };
}
