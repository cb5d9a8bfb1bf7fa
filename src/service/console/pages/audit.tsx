import { commandLine } from '../commands.js';
import { Command, InlineCommand, type PageFrame, Text } from '../components.js';
import type { AuditRange, ConsoleAudit, ConsoleFinding } from '../console-audit.js';

const AUDIT_LINE = commandLine('audit', '--html', 'report.html');
const TONES = { high: 'bad', medium: 'warn', low: '' } as const;

/** What the audit finds of the keys now, worst first. Null: this console has no audit. */
export function AuditPage({
  frame,
  audit,
  range,
}: {
  readonly frame: PageFrame;
  readonly audit: ConsoleAudit | null;
  readonly range: AuditRange;
}) {
  return (
    <>
      <div class="head">
        <h1>Audit</h1>
      </div>
      {audit === null ? (
        <div class="card">
          <p>Run the audit on the command line.</p>
        </div>
      ) : (
        <Findings frame={frame} audit={audit} range={range} />
      )}
      <Command frame={frame} line={AUDIT_LINE} />
    </>
  );
}

/** Says how far an audit of many keys is. Its header loads the page again; the link does, too. */
export function CountingPage({
  frame,
  judged,
  address,
}: {
  readonly frame: PageFrame;
  readonly judged: number;
  readonly address: string;
}) {
  return (
    <>
      <div class="head">
        <h1>Audit</h1>
      </div>
      <div class="note" role="status">
        <p aria-busy="true">
          {judged === 1 ? '1 key was' : `${judged.toLocaleString('en')} keys were`} looked at so far. The
          findings appear here when all keys were.
        </p>
      </div>
      <div class="actions">
        <a class="button primary" href={address}>
          Go on waiting
        </a>
      </div>
      <Command frame={frame} line={AUDIT_LINE} />
    </>
  );
}

function Findings({
  frame,
  audit,
  range,
}: {
  readonly frame: PageFrame;
  readonly audit: ConsoleAudit;
  readonly range: AuditRange;
}) {
  const { findings, keys, counts } = audit;
  const severities = ['high', 'medium', 'low'] as const;
  const total = severities.reduce((sum, severity) => sum + counts[severity], 0);
  return (
    <>
      <div class="counts">
        <span class="badge">{keys === 1 ? '1 key' : `${keys} keys`}</span>
        {severities.map((severity) => (
          <span class={`badge ${counts[severity] > 0 ? TONES[severity] : ''}`}>
            {counts[severity]} {severity}
          </span>
        ))}
      </div>
      {findings.length < total ? (
        <p>
          Findings {range.from + 1} to {range.from + findings.length} of {total}, the worst first.
        </p>
      ) : null}
      {total === 0 ? (
        <div class="card empty">
          <h2>Nothing found</h2>
          <p class="soft">No key is old, unused, about to expire, or too broad.</p>
        </div>
      ) : (
        <div class="card">
          <ul class="list">
            {findings.map((finding) => (
              <Finding frame={frame} of={finding} />
            ))}
          </ul>
        </div>
      )}
      <AuditPages frame={frame} range={range} total={total} />
    </>
  );
}

function AuditPages({
  frame,
  range: { from, count },
  total,
}: {
  readonly frame: PageFrame;
  readonly range: AuditRange;
  readonly total: number;
}) {
  if (total <= count && from === 0) return null;
  const address = (first: number) => `${frame.base}/audit${first > 0 ? `?from=${first}` : ''}`;
  return (
    <div class="pages">
      {from > 0 ? (
        <a class="button" rel="prev" href={address(Math.max(0, from - count))}>
          Previous page
        </a>
      ) : (
        <span />
      )}
      {from + count < total ? (
        <a class="button" rel="next" href={address(from + count)}>
          Next page
        </a>
      ) : null}
    </div>
  );
}

function Finding({ frame, of: finding }: { readonly frame: PageFrame; readonly of: ConsoleFinding }) {
  const { key, severity, message, rule, fix } = finding;
  return (
    <li>
      <span class={`badge ${TONES[severity]}`}>{severity}</span>{' '}
      {key === null ? null : (
        <a href={`${frame.base}/keys/${encodeURIComponent(key.id)}`}>
          <Text>{key.name || key.id}</Text>
        </a>
      )}{' '}
      <Text>{message}</Text> <span class="soft small">{rule}</span>
      {fix === null ? null : (
        <div>
          <InlineCommand>{fix}</InlineCommand>
        </div>
      )}
    </li>
  );
}
