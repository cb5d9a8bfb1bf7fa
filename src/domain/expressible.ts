import { compact } from './compact.js';
import { KeysError } from './errors.js';
import type { OptionValues } from './key.js';
import type { CreateKey, UpdateKey } from './key-service.js';
import { nearest } from './nearest.js';
import type { KeyOptions, Provider } from './provider.js';
import { titleInSentence } from './systems.js';

/** What the keys of a vendor, or of a policy of our service, can have. */
export type Expresses = Pick<
  Provider,
  'id' | 'title' | 'accepts' | 'updates' | 'environments' | 'types' | 'keepsMetadata' | 'options'
>;

/**
 * Throws `unsupported` for what these keys cannot have, `invalid_request` for a value that is not among
 * theirs, and `missing_answer` for what they need.
 */
export function requireExpressible(provider: Expresses, request: Partial<CreateKey>, nowMs: number): void {
  const { id, title, accepts, environments, types } = provider;
  const { type, environment } = request;
  if (type !== undefined && !types.includes(type))
    throw noSuch(title, `${type} keys`, type, types, { member: 'type' });
  if (environment !== undefined && !environments.includes(environment)) {
    throw noSuch(title, `environment ${environment}`, environment, environments, { member: 'environment' });
  }
  const lacking = askedFor(request).find(([option]) => !takes(option, provider));
  if (lacking !== undefined) {
    throw new KeysError('unsupported', `keys of ${titleInSentence({ title })} cannot have ${lacking[1]}`, {
      next: 'show_provider',
      details: { provider: id, can: Object.keys(accepts), member: memberOf(lacking[0]) },
    });
  }
  requireExpiry(provider, request.expires_at, nowMs);
  requireScopes(provider, request.scopes ?? [], request.options);
  requireOptions(provider, request.options ?? {});
}

/** Throws `usage` for an environment that the provider does not have, with those that it has. */
export function requireEnvironmentOf(
  { title, environments }: Pick<Provider, 'title' | 'environments'>,
  environment: string,
): void {
  if (environments.includes(environment)) return;
  throw new KeysError('usage', `${titleInSentence({ title })} has no environment ${environment}`, {
    hint: `one of ${environments.join(', ')}`,
  });
}

/**
 * Where a new key revokes the previous one of its service and environment, a request must name both: a
 * default would revoke a key that was not meant. Throws `invalid_request`.
 */
export function requireOwnSlot(
  { title, supersedes, environments }: Pick<Provider, 'title' | 'supersedes' | 'environments'>,
  request: Pick<CreateKey, 'service' | 'environment'>,
): void {
  if (!supersedes) return;
  const missing = (['service', 'environment'] as const).find((member) => !request[member]?.trim());
  if (missing === undefined) return;
  throw new KeysError('invalid_request', `${missing}: a key of ${titleInSentence({ title })} needs one`, {
    hint: `a new key revokes the previous key of its service and environment (${environments.join(' or ')})`,
    details: { member: missing },
  });
}

/**
 * Throws for an option that the vendor does not have, one that it needs, and a value that it does not know.
 */
function requireOptions({ id, title, options }: Expresses, asked: OptionValues): void {
  const unknown = Object.keys(asked).find((name) => !options.some((option) => option.name === name));
  if (unknown !== undefined) {
    throw new KeysError('unsupported', `keys of ${titleInSentence({ title })} have no ${unknown}`, {
      next: 'show_provider',
      details: { provider: id, can: options.map(({ name }) => name), member: `options.${unknown}` },
    });
  }
  for (const { name, about, required, values } of options) {
    const value = asked[name];
    if (required && (value === undefined || value === null)) {
      throw new KeysError('missing_answer', `${titleInSentence({ title })} needs ${about}`, {
        ...(values === undefined ? {} : { hint: `one of ${values.join(', ')}` }),
        next: 'give_option',
        details: { provider: id, option: name, member: `options.${name}` },
      });
    }
    const odd = [value ?? []].flat().find((each) => values !== undefined && !values.includes(String(each)));
    if (odd !== undefined) {
      throw noSuch(title, `${name} ${String(odd)}`, String(odd), values ?? [], {
        provider: id,
        member: `options.${name}`,
      });
    }
  }
}

/** Throws `unsupported` for a change that this vendor cannot make. */
export function requireChangeable(provider: Expresses, changes: UpdateKey): void {
  const { id, title, updates } = provider;
  const fixed = (Object.keys(changes) as Array<keyof UpdateKey>).find((name) => !updates.includes(name));
  if (fixed !== undefined) {
    throw new KeysError(
      'unsupported',
      `${titleInSentence({ title })} cannot change a key's ${WORDS[fixed]}`,
      {
        hint: `it can change ${updates.map((name) => WORDS[name]).join(', ')}; for the rest create a key as it should be, deliver it, and revoke this one`,
        details: { provider: id, can: updates },
      },
    );
  }
  if (changes.scopes !== undefined) requireScopes(provider, changes.scopes);
  const { options: asked = {} } = changes;
  const kept = provider.options.find(({ name, changeable }) => !changeable && asked[name] !== undefined);
  if (kept !== undefined) {
    throw new KeysError('unsupported', `${titleInSentence({ title })} cannot change a key's ${kept.name}`, {
      hint: 'create a key as it should be, deliver it, and revoke this one; nothing was changed',
      details: { provider: id, can: provider.options.flatMap((one) => (one.changeable ? [one.name] : [])) },
    });
  }
}

const WORDS: Readonly<Record<keyof UpdateKey, string>> = {
  name: 'name',
  service: 'service',
  expires_at: 'expiry',
  scopes: 'scopes',
  restrictions: 'restrictions',
  limits: 'limits',
  owner: 'owner',
  metadata: 'metadata',
  options: 'options',
};

type Option = keyof KeyOptions | 'metadata';

/** The member of a request that asks for an option. */
function memberOf(option: Option): string {
  return ['ips', 'referrers', 'endpoints'].includes(option) ? `restrictions.${option}` : option;
}

function takes(option: Option, { accepts, keepsMetadata }: Expresses): boolean {
  return option === 'metadata' ? keepsMetadata : accepts[option] !== undefined;
}

/** What the request names, with the words for it. */
function askedFor({ restrictions = {}, ...request }: Partial<CreateKey>): Array<[Option, string]> {
  const asked: Array<[Option, boolean, string]> = [
    ['expires_at', Boolean(request.expires_at), 'an expiry'],
    ['scopes', (request.scopes?.length ?? 0) > 0, 'scopes'],
    ['ips', (restrictions.ips?.length ?? 0) > 0, 'restrictions to addresses'],
    ['referrers', (restrictions.referrers?.length ?? 0) > 0, 'restrictions to referrers'],
    ['endpoints', (restrictions.endpoints?.length ?? 0) > 0, 'restrictions to endpoints'],
    ['limits', Object.keys(request.limits ?? {}).length > 0, 'limits'],
    ['owner', Boolean(request.owner), 'an owner'],
    ['service', Boolean(request.service), 'a service'],
    ['metadata', Object.keys(request.metadata ?? {}).length > 0, 'metadata'],
  ];
  return asked.filter(([, named]) => named).map(([option, , words]) => [option, words]);
}

function requireExpiry(
  { title, accepts: { expires_at: option } }: Expresses,
  asked: string | null | undefined,
  nowMs: number,
): void {
  if (typeof option !== 'object') return;
  const { about, atMostSeconds, required } = option;
  const days = atMostSeconds === undefined ? '30' : Math.floor(atMostSeconds / 86_400);
  if (!asked && required) {
    throw new KeysError('missing_answer', `a key of ${titleInSentence({ title })} must have an end`, {
      hint: about,
      next: 'give_expiry',
      details: { days, member: 'expires_at' },
    });
  }
  if (!asked || atMostSeconds === undefined || Date.parse(asked) - nowMs <= atMostSeconds * 1000) return;
  throw new KeysError(
    'invalid_request',
    `${titleInSentence({ title })} takes no expiry so far ahead: ${asked}`,
    {
      hint: about,
      next: 'give_expiry',
      details: { days },
    },
  );
}

function requireScopes(
  { id, title, accepts: { scopes: option } }: Expresses,
  scopes: readonly string[],
  options: OptionValues = {},
): void {
  if (option === undefined) return;
  const { about, values, most, required, unless } = option;
  const said = unless !== undefined && options[unless] !== undefined;
  if (required && scopes.length === 0 && !said) {
    throw new KeysError('missing_answer', `${titleInSentence({ title })} needs to know what the key may do`, {
      hint: values === undefined ? about : `one of ${values.join(', ')}`,
      next: 'give_scopes',
      details: { provider: id, member: 'scopes', ...compact({ option: unless }) },
    });
  }
  if (most !== undefined && scopes.length > most) {
    throw new KeysError(
      'invalid_request',
      `a key of ${titleInSentence({ title })} has at most ${most} ${most === 1 ? 'scope' : 'scopes'}`,
      { hint: about, details: { member: 'scopes' } },
    );
  }
  const unknown = values && scopes.find((scope) => !values.includes(scope));
  if (unknown !== undefined) {
    throw noSuch(title, `scope ${unknown}`, unknown, values ?? [], { provider: id, member: 'scopes' });
  }
}

function noSuch(
  title: string,
  what: string,
  said: string,
  there: readonly string[],
  details: Readonly<Record<string, string>>,
): KeysError {
  const near = nearest(said, there);
  const all = `one of ${there.join(', ')}`;
  return new KeysError('invalid_request', `${titleInSentence({ title })} has no ${what}`, {
    hint: near === null ? all : `did you mean ${near}? ${all}`,
    details,
  });
}

/**
 * Throws `usage` for a name of `--set` that the provider does not have: without it, a key would be created
 * otherwise than meant.
 */
export function requireKnownSet(
  { context, options, title }: Pick<Provider, 'context' | 'options' | 'title'>,
  names: readonly string[],
): void {
  const known = [...context, ...options].map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const near = nearest(unknown, known);
  const all =
    known.length === 0
      ? `${titleInSentence({ title })} has no settings of its own`
      : `it has ${known.join(', ')}`;
  throw new KeysError('usage', `${titleInSentence({ title })} has no setting ${unknown}`, {
    hint: near === null ? all : `did you mean ${near}? ${all}`,
    details: { member: `set.${unknown}` },
  });
}

/** Throws `missing_answer` for missing context that the vendor needs. */
export function requireContext(
  { context, title, id }: Pick<Provider, 'context' | 'title' | 'id'>,
  set: Readonly<Record<string, string>>,
): void {
  const missing = context.find(({ name, required }) => required && !set[name]);
  if (missing === undefined) return;
  throw new KeysError('missing_answer', `${titleInSentence({ title })} needs ${missing.about}`, {
    next: 'add_profile',
    details: { provider: id, option: missing.name, member: `set.${missing.name}` },
  });
}
