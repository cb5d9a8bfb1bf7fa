import { anyOf, formatMatcher } from '../../domain/match-format.js';
import { FORMATS, type SecretFormat } from '../../domain/published-formats.js';
import {
  inspectSecret,
  isPublicPrefix,
  OWN_PREFIX,
  PREFIXES,
  SECRET_BODY_LENGTH,
  secretStart,
} from '../../domain/secret-format.js';
import type { FoundSecret } from './found.js';
import { digestOf, indexSecrets, type KnownSecrets } from './known-secrets.js';

/**
 * A key in a text: as `Found`, and where it stands (offsets in UTF-16 units), so that only the text's owner
 * can read it.
 */
export interface KeyMatch extends Omit<FoundSecret, 'file' | 'commit'> {
  readonly start: number;
  readonly end: number;
}

/** Every key in a text, in its order, none inside another. */
export type KeyFinder = (text: string) => KeyMatch[];

type Judged = Omit<KeyMatch, 'line' | 'column'>;
/** What stands at a place of the text, or nothing. */
type Judge = (text: string, at: number) => Judged | undefined;

/** A run behind a prefix ends somewhere, so that a file of nothing but prefixes is not read over and over. */
const NARROW = /[\w-]{1,512}/y;
const WIDE = /[\w\-.~+/]{1,512}={0,2}/y;
const RUNS = [/[\w-]{16,}/g, /[\w\-.~+/]{16,}={0,2}/g];
/** Public keys are made to be seen. */
const SECRET_PREFIXES = PREFIXES.filter((prefix) => prefix.startsWith('sk_'));

/**
 * Makes the search once, for many texts. A key is one that `known` holds, one of our service's that its
 * checksum proves, or one in a provider's format, in this order. Pure.
 */
export function createKeyFinder(
  known: KnownSecrets = indexSecrets([]),
  formats: readonly SecretFormat[] = FORMATS,
): KeyFinder {
  const judges = [knownJudge(known), ourJudge, ...formats.map(formatJudge)];
  const prefixes = [
    ...known.lengthsByPrefix.keys(),
    ...SECRET_PREFIXES,
    ...formats.flatMap((f) => f.prefixes),
  ];
  const anchor = anyOf(prefixes);
  const bareLengths = known.lengthsByPrefix.get('');
  return (text) => {
    const found = bareLengths === undefined ? [] : bareSecrets(text, known, bareLengths);
    anchor.lastIndex = 0;
    for (let hit = anchor.exec(text); hit !== null; hit = anchor.exec(text)) {
      const judged = firstOf(judges, text, hit.index);
      if (judged !== undefined) found.push(judged);
      anchor.lastIndex = judged?.end ?? hit.index + 1;
    }
    found.push(...ownPrefixSecrets(text));
    return withPlaces(text, found);
  };
}

function firstOf(judges: readonly Judge[], text: string, at: number): Judged | undefined {
  for (const judge of judges) {
    const judged = judge(text, at);
    if (judged !== undefined) return judged;
  }
  return undefined;
}

function knownJudge(known: KnownSecrets): Judge {
  const prefixes = [...known.lengthsByPrefix].filter(([prefix]) => prefix !== '');
  return (text, at) => {
    for (const [prefix, lengths] of prefixes) {
      if (!text.startsWith(prefix, at)) continue;
      for (const length of lengths) {
        const candidates = length === 0 ? runsAt(text, at) : [text.slice(at, at + length)];
        for (const candidate of candidates) {
          const judged = knownSecret(known, candidate, at);
          if (judged !== undefined) return judged;
        }
      }
    }
    return undefined;
  };
}

function runsAt(text: string, at: number): string[] {
  return [NARROW, WIDE].flatMap((run) => {
    run.lastIndex = at;
    return run.exec(text)?.[0] ?? [];
  });
}

function knownSecret(known: KnownSecrets, candidate: string, start: number): Judged | undefined {
  if (!/^[\x21-\x7e]+$/.test(candidate)) return undefined;
  const secret = known.byDigest.get(digestOf(candidate));
  if (secret === undefined) return undefined;
  return {
    kind: 'ledger',
    provider: secret.provider,
    title: 'key in the ledger',
    keyId: secret.keyId,
    keyName: secret.name,
    masked: masked(secret.prefix, candidate),
    start,
    end: start + candidate.length,
  };
}

/** Secrets of which not even a prefix is known: every run of key characters is a candidate. */
function bareSecrets(text: string, known: KnownSecrets, lengths: ReadonlySet<number>): Judged[] {
  const found: Judged[] = [];
  for (const runs of RUNS) {
    for (const { 0: run, index } of text.matchAll(runs)) {
      if (!lengths.has(0) && !lengths.has(run.length)) continue;
      const judged = knownSecret(known, run, index);
      if (judged !== undefined) found.push(judged);
    }
  }
  return found;
}

const ourJudge: Judge = (text, start) => {
  for (const prefix of SECRET_PREFIXES) {
    if (!text.startsWith(prefix, start)) continue;
    const end = start + prefix.length + SECRET_BODY_LENGTH;
    const candidate = text.slice(start, end);
    if (inspectSecret(candidate).shape !== 'ours') continue;
    return {
      kind: 'ours',
      provider: 'keys',
      title: 'secret key',
      masked: masked(prefix, candidate),
      start,
      end,
    };
  }
  return undefined;
};

/**
 * Where secrets of a key service may be whose keys begin with a prefix of its own: the end of a prefix, and
 * what is behind it.
 */
const BEHIND_PREFIX = new RegExp(`[_-][0-9A-Za-z]{${SECRET_BODY_LENGTH}}(?![0-9A-Za-z])`, 'g');

/**
 * Secrets with an own prefix, whichever it is: the checksum is over the prefix too, so nothing else is taken
 * for one.
 */
function ownPrefixSecrets(text: string): Judged[] {
  const found: Judged[] = [];
  for (const { 0: run, index } of text.matchAll(BEHIND_PREFIX)) {
    const end = index + run.length;
    const start = secretStart(text, end);
    if (start === null) continue;
    const prefix = text.slice(start, end - SECRET_BODY_LENGTH);
    if (!OWN_PREFIX.test(prefix) || isPublicPrefix(prefix)) continue;
    found.push({
      ...{ kind: 'ours', provider: 'keys', title: 'secret key' },
      masked: masked(prefix, text.slice(start, end)),
      start,
      end,
    });
  }
  return found;
}

function formatJudge(format: SecretFormat): Judge {
  const { provider, title } = format;
  const match = formatMatcher(format);
  return (text, start) => {
    const { prefix, whole } = match(text, start) ?? {};
    if (prefix === undefined || whole === undefined) return undefined;
    const end = start + whole.length;
    return { kind: 'format', provider, title, masked: masked(prefix, whole), start, end };
  };
}

/** Of a short secret fewer than four characters are shown. */
function masked(prefix: string, secret: string): string {
  const shown = Math.min(4, Math.floor((secret.length - prefix.length) / 8));
  return `${prefix}…${shown > 0 ? secret.slice(-shown) : ''}`;
}

/** In the text's order; of two that overlap, the one that begins first, or was found first. */
function withPlaces(text: string, found: readonly Judged[]): KeyMatch[] {
  const placed: KeyMatch[] = [];
  let line = 1;
  let lineStart = 0;
  for (const judged of found.toSorted((a, b) => a.start - b.start)) {
    if (judged.start < (placed.at(-1)?.end ?? 0)) continue;
    for (
      let next = text.indexOf('\n', lineStart);
      next !== -1 && next < judged.start;
      next = text.indexOf('\n', lineStart)
    ) {
      line += 1;
      lineStart = next + 1;
    }
    placed.push({ ...judged, line, column: judged.start - lineStart + 1 });
  }
  return placed;
}
