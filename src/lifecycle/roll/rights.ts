import { compact } from '../../domain/compact.js';
import type { Key, OptionValue } from '../../domain/key.js';
import type { CreateKey } from '../../domain/key-service.js';
import type { Rights } from '../../domain/managed-key.js';
import type { Restrictions } from '../../domain/restrictions.js';
import { setting } from '../../domain/words.js';
import { OPERATION_MARK } from '../operation/same-rights.js';
import { requireStillTaken } from './lost-rights.js';
import type { SuccessorChoices } from './successor-choices.js';
import { expiryOf } from './successor-expiry.js';
import type { SuccessorRules } from './successor-rules.js';
import { declares, fieldsShownBy } from './told-rights.js';
import { requireSaid, unknownField, unknownScopes } from './unknown-rights.js';

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
      throw unknownField(old, provider, setting(name), setting(name, ''));
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
