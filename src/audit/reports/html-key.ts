import type { Finding } from '../finding.js';
import { type AuditSource, standing } from '../key-rule.js';
import { placeholdersIn } from '../placeholders.js';
import { recommendedFix, worstFirst, worstOf } from '../recommend.js';
import { findingList } from './html-findings.js';
import { life } from './html-life.js';
import { DAY, escaped, OPTION, unbroken } from './html-text.js';
import type { AuditedKey } from './report.js';
import type { TimeRange } from './time-range.js';

/** Whose key it is, its life on the axis, what was found of it, and the command to run. */
export function keyRow(
  key: AuditedKey,
  source: AuditSource,
  findings: readonly Finding[],
  now: number,
  range: TimeRange,
): string {
  const facts = [
    timeText('created', key.created_at, 'no time'),
    timeText('last used', key.last_used, 'never'),
    // A revoked key has ended, also where it has no expiry.
    ...(key.status === 'revoked' && !key.expires_at ? [] : [timeText('ends', key.expires_at, 'never')]),
    ...(key.rolled_from ? [`rolled from ${key.rolled_from}`] : []),
    ...(key.rolled_to ? [`rolled to ${key.rolled_to}`] : []),
  ].join(', ');
  return `<article class="key worst-${worstOf(findings) ?? 'none'}"><div class="who"><b><bdi>${escaped(key.name || key.id)}</bdi></b> <code>${escaped(key.id)}</code>
<div>${escaped(`${standing(key, now)} · ${whereKept(source)}`)}<br>${unbroken(facts, DAY)}</div>${belongings(key)}</div>
<div class="life" role="img" aria-label="${escaped(facts)}">${life(key, now, range)}</div>${
    findings.length > 0 ? findingList(worstFirst(findings), false) : ''
  }${recommendation(findings, key)}</article>
`;
}

/** Whose key it is, what it may do, and where its secret is. */
function belongings({ owner, scopes, delivered_to: places = [] }: AuditedKey): string {
  const lines = [
    ['owner', owner === undefined ? 'not told' : (owner ?? 'nobody is named')],
    ['scopes', scopes === undefined ? 'not told' : scopes.join(' ') || 'none'],
    ['secret at', places.join(', ') || 'no place that this machine knows of'],
  ] as const;
  const rows = lines.map(([title, text]) => `<dt>${title}</dt><dd><bdi>${escaped(text)}</bdi></dd>`);
  return `<dl class="belongs">${rows.join('')}</dl>`;
}

/**
 * The one command to run for a key, and who has to. The commands of its other findings may contradict it:
 * roll, and revoke.
 */
function recommendation(findings: readonly Finding[], { owner }: AuditedKey): string {
  const fix = recommendedFix(findings);
  if (fix === null) return '';
  const who = owner
    ? `the owner, <bdi>${escaped(owner)}</bdi>`
    : 'a manager of the keys of this service, because no owner is known';
  const command = `<code>${unbroken(fix, OPTION)}</code>`;
  return `<p class="do">Recommended: ${command}${placeholders(fix)}<br>To do by: ${who}</p>`;
}

function placeholders(fix: string): string {
  return placeholdersIn(fix)
    .map(([word, meaning]) => `; for <code>${word}</code>, ${meaning}`)
    .join('');
}

/** The service in words: nobody but this program calls a file `embedded`. */
function whereKept({ profile, address, title }: AuditSource): string {
  return profile === null ? addressText(address, title) : `${profile} (${title})`;
}

function addressText(address: string, title: string): string {
  if (address === 'embedded') return 'for an API of your own, kept on this machine';
  return address === 'dashboard' ? `${title}, as noted on this machine` : `${title} at ${address}`;
}

function timeText(title: string, iso: string | null | undefined, none: string): string {
  return `${title} ${iso === undefined ? 'not told' : iso === null ? none : iso.slice(0, 10)}`;
}
