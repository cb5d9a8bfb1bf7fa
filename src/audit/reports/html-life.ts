import { isEnded } from '../../domain/ended-key.js';
import { instant, standing } from '../key-rule.js';
import type { AuditedKey } from './report.js';
import { day, type TimeRange } from './time-range.js';

/** The signs of the chart, by their classes. */
const SIGNS = [
  ['bar', 'works'],
  ['bar ahead', 'until its end'],
  ['bar open', 'has no end'],
  ['bar ended', 'has ended'],
  ['bar from-unknown', 'beginning not told'],
  ['mark', 'created, ends'],
  ['mark used', 'last used'],
  ['mark rolled', 'rolled'],
] as const;

/** What the signs of the chart mean, of those that are in its rows. It stands beside the chart. */
export function legend(rows: ReadonlyArray<{ readonly html: string }>): string {
  const shown = SIGNS.filter(([kind]) => rows.some(({ html }) => html.includes(`<i class="${kind}"`)));
  const items = shown.map(([kind, title]) => {
    const [from, to] = kind.startsWith('mark') ? [5, 5] : [0, 10];
    return `<li><span class="life"><i class="${kind}" style="--a:${from};--b:${to}"></i></span>${title}</li>\n`;
  });
  return `<ul class="legend" aria-label="Signs of the chart">
${items.join('')}<li><span class="life" style="--now:5"></span>now</li></ul>`;
}

/** The bar of a key's life and the marks on it, in days since 1970. */
export function life(key: AuditedKey, now: number, range: TimeRange): string {
  const created = instant(key.created_at);
  const ends = instant(key.expires_at);
  const used = instant(key.last_used);
  for (const at of [created, ends, used]) if (at !== undefined) range.include(at);
  const stands = standing(key, now);
  const over = isEnded(stands);
  // When a key was revoked is not told: its last use is the last that is known of it.
  const until = over ? Math.min(ends ?? now, stands === 'revoked' ? (used ?? created ?? now) : now) : now;
  const parts = [
    created === undefined
      ? `<i class="bar from-unknown" style="--b:${day(until)}"></i>`
      : bar(over ? 'bar ended' : 'bar', created, until),
    ...(over || ends === undefined ? [] : [bar('bar ahead', Math.max(now, created ?? now), ends)]),
    ...(over || key.expires_at !== null ? [] : [`<i class="bar open" style="--a:${day(now)}"></i>`]),
    ...(created === undefined ? [] : [mark(key.rolled_from ? 'mark rolled' : 'mark', created)]),
    ...(ends === undefined ? [] : [mark(key.rolled_to ? 'mark rolled' : 'mark', ends)]),
    ...(used === undefined ? [] : [mark('mark used', used)]),
  ];
  return parts.join('');
}

function bar(kind: string, from: number, to: number): string {
  return `<i class="${kind}" style="--a:${day(from)};--b:${day(Math.max(from, to))}"></i>`;
}

function mark(kind: string, at: number): string {
  return `<i class="${kind}" style="--a:${day(at)}"></i>`;
}
