import { Option } from '@commander-js/extra-typings';
import { isoTime } from '../../domain/clock.js';
import { compact } from '../../domain/compact.js';
import { parseInstant } from '../../domain/duration.js';
import { checkEndpoint } from '../../domain/endpoint-restriction.js';
import { KeysError } from '../../domain/errors.js';
import { holdsSecret, SECRET_WHY } from '../../domain/holds-secret.js';
import { KEY_TYPES, MAX_NAME_LENGTH } from '../../domain/key.js';
import { type KeyLimits, normalLimits } from '../../domain/key-limits.js';
import { checkReferrer } from '../../domain/referrer-restriction.js';
import { repeatedName } from '../../domain/repeated-name.js';
import { parseIpRange, type Restrictions } from '../../domain/restrictions.js';
import { collect } from './collect.js';

const repeated = <Flags extends string>(flags: Flags, about: string) =>
  new Option(flags, `${about}; again for more`).argParser<string[]>(collect);

export const typeOption = () =>
  new Option('--type <type>', 'secret, or public: may be published (default: secret)').choices(KEY_TYPES);
export const rotateOption = () =>
  new Option('--rotate <duration>', 'keys roll --due rolls it after this time, such as 90d (default: never)');
export const graceOption = () =>
  new Option(
    '--grace <duration>',
    "how long the old key works after a roll (default: the provider's window, else 12h)",
  );
export const onlyOption = () => repeated('--only <name>', 'this key of the file alone');
export const scopeOption = (about = 'what it may do') => repeated('--scope <scope>', about);
export const allowIpOption = () =>
  repeated('--allow-ip <range>', 'use only from this IP address or CIDR range');
export const allowReferrerOption = () =>
  repeated('--allow-referrer <url>', 'use only from this origin or page');
export const allowEndpointOption = () =>
  repeated('--allow-endpoint <endpoint>', "use only for this, such as 'GET /v1/users/*'");
export const metadataOption = () => repeated('--metadata <name=value>', 'a note kept with the key');

export const rateOption = () =>
  new Option('--rate <limit>', 'most uses in a window: 100/min, with s, min, h or day');
export const quotaOption = () =>
  new Option(
    '--quota <limit>',
    'most uses in a period of the calendar (UTC): 10000/month, with day, month or year',
  );
export const usesOption = () => new Option('--uses <count>', 'most uses in all').argParser(readUses);

function readUses(text: string): number {
  if (/^[1-9]\d{0,11}$/.test(text)) return Number(text);
  throw new KeysError('usage', `not a number of uses: ${JSON.stringify(text)}`, {
    hint: 'a whole number from 1 on',
  });
}

export interface LimitFlags {
  readonly rate?: string;
  readonly quota?: string;
  readonly uses?: number;
}

/**
 * The limits that the flags name; undefined where they name none. Throws `invalid_request` for what is
 * malformed.
 */
export function readLimits({ rate, quota, uses }: LimitFlags): KeyLimits | undefined {
  if (rate === undefined && quota === undefined && uses === undefined) return undefined;
  return normalLimits({ ...compact({ rate, quota, uses }) });
}

/** The characters of `\p{Cc}`, spelled out: Node needs a millisecond to compile a Unicode property. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** What a person who has given a secret in a command line should know. */
const EXPOSED = 'if it is one, roll its key: a command line is kept in the history of the shell';

/**
 * Throws `usage`, without the text, if one of these texts of a flag holds a secret: every list and record of
 * keys shows them.
 */
export function refuseSecretIn(flag: string, texts: string | readonly string[] | undefined): void {
  if (![texts ?? []].flat().some(holdsSecret)) return;
  throw new KeysError('usage', `${flag} ${SECRET_WHY}`, { hint: EXPOSED });
}

/** What is wrong with a key's name; undefined: nothing. */
export function nameProblem(name: string): string | undefined {
  if (holdsSecret(name)) return `the name ${SECRET_WHY}`;
  if (name.trim() === '') return 'the name is empty';
  if (name.trim() !== name) return 'the name begins or ends with a blank: leave it out';
  const length = [...name].length;
  if (length > MAX_NAME_LENGTH) return `the name has ${length} characters; at most ${MAX_NAME_LENGTH} fit`;
  return CONTROL.test(name) ? 'the name holds control characters' : undefined;
}

/** What to do about a name that has a problem. */
export function nameHint(name: string): string {
  return holdsSecret(name) ? EXPOSED : 'say what the key is for: --name "ci runner"';
}

/** Throws `usage` for a service that is empty or white space, and for a secret in one of the labels. */
export function checkLabels({ environment, service, owner }: LabelFlags): void {
  refuseSecretIn('--environment', environment);
  refuseSecretIn('--service', service);
  refuseSecretIn('--owner', owner);
  if (service?.trim() !== '') return;
  throw new KeysError('usage', 'the service is empty', { hint: 'name the service that the key is for' });
}

export interface LabelFlags {
  readonly environment?: string;
  readonly service?: string;
  readonly owner?: string;
}

/** Null for `never`. Throws `usage` for an instant that has passed already. */
export function readExpiry(text: string, nowMs: number): string | null {
  if (text === 'never') return null;
  const at = parseInstant(text, nowMs);
  if (at > nowMs) return isoTime(at);
  throw new KeysError('usage', `the expiry has passed already: ${text}`, {
    hint: 'a duration from now (30d, 9mo), a date (2027-01-31: the end of that day in local time), a time with its zone, or never',
  });
}

export interface RestrictionFlags {
  readonly allowIp?: string[];
  readonly allowReferrer?: string[];
  readonly allowEndpoint?: string[];
}

/** The restrictions that the flags name; undefined where they name none. Throws for what is malformed. */
export function readRestrictions(flags: RestrictionFlags): Restrictions | undefined {
  const { allowIp, allowReferrer, allowEndpoint } = flags;
  if (!allowIp && !allowReferrer && !allowEndpoint) return undefined;
  refuseSecretIn('--allow-referrer', allowReferrer);
  refuseSecretIn('--allow-endpoint', allowEndpoint);
  for (const range of allowIp ?? []) parseIpRange(range);
  for (const page of allowReferrer ?? []) checkReferrer(page);
  for (const endpoint of allowEndpoint ?? []) checkEndpoint(endpoint);
  return {
    ...(allowIp ? { ips: allowIp } : {}),
    ...(allowReferrer ? { referrers: allowReferrer } : {}),
    ...(allowEndpoint ? { endpoints: allowEndpoint } : {}),
  };
}

/**
 * The vendor decides what a scope looks like; our own service checks its own form. A control character is in
 * none.
 */
const SCOPE = /^[^\u0000-\u001f\u007f-\u009f]+$/;

/** Throws `usage` for an empty scope, for control characters and for a secret. */
export function readScopes(scopes: readonly string[] | undefined): readonly string[] | undefined {
  refuseSecretIn('--scope', scopes);
  const wrong = scopes?.find((scope) => !SCOPE.test(scope));
  if (wrong === undefined) return scopes;
  throw new KeysError('usage', `not a scope: ${JSON.stringify(wrong)}`, {
    hint: 'one word, such as invoices:read; again for more: --scope a --scope b',
  });
}

export function readMetadata(pairs: readonly string[] | undefined): Record<string, string> | undefined {
  if (pairs === undefined) return undefined;
  refuseSecretIn('--metadata', pairs);
  const notes = pairs.map((pair): [name: string, value: string] => {
    const split = pair.indexOf('=');
    if (split > 0) return [pair.slice(0, split), pair.slice(split + 1)];
    throw new KeysError('usage', `not a name and a value: ${JSON.stringify(pair)}`, {
      hint: 'such as --metadata owner=web',
    });
  });
  const twice = repeatedName(notes);
  if (twice === undefined) return Object.fromEntries(notes);
  throw new KeysError('usage', `--metadata has two values of ${JSON.stringify(twice)}`, {
    hint: 'leave one of them',
  });
}
