import type { Finding } from '../finding.js';
import { RULES } from '../rule-table.js';
import { escaped, OPTION, unbroken } from './html-text.js';

/** `withPlace`: each finding says whose it is and has its command, as it stands in no row of a key. */
export function findingList(findings: readonly Finding[], withPlace: boolean): string {
  const items = findings.map(({ rule, severity, message, fix, location, key, baseline_state }) => {
    const file = location === null ? '' : ` <code>${escaped(`${location.file}:${location.line}`)}</code>`;
    const whose =
      withPlace && key !== null ? ` <bdi>${escaped(key.name)}</bdi> <code>${escaped(key.id)}</code>` : '';
    const command = fix === null || !withPlace ? '' : ` <code>${unbroken(fix, OPTION)}</code>`;
    return `<li class="${severity}"><b class="${severity}" title="${escaped(RULES[rule].explanation)}">${severity}: ${rule}${baseline_state === 'new' ? ' (new)' : ''}</b>${file}${whose} ${escaped(message)}${command}</li>`;
  });
  return `<ul>${items.join('')}</ul>`;
}
