import { commandLine } from '../commands.js';
import { Command, type PageFrame, Text } from '../components.js';

/** A finding of the audit, as the console shows it. */
export interface ConsoleFinding {
  readonly severity: 'high' | 'medium' | 'low';
  readonly rule: string;
  readonly message: string;
  /** Null for a finding that is about no single key. */
  readonly key: { readonly id: string; readonly name: string } | null;
  /** The command that fixes it; null: there is none. */
  readonly fix: string | null;
}

export interface ConsoleAudit {
  /** Keys that were looked at. */
  readonly keys: number;
  /** Every finding, also those that are not among `findings`. */
  readonly counts: Readonly<Record<ConsoleFinding['severity'], number>>;
  /** The worst ones, worst first. */
  readonly findings: readonly ConsoleFinding[];
}

const TONES = { high: 'bad', medium: 'warn', low: '' } as const;

/** What the audit finds of the keys now, worst first. Null: this console has no audit. */
export function AuditPage({
  frame,
  audit,
}: {
  readonly frame: PageFrame;
  readonly audit: ConsoleAudit | null;
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
        <Findings frame={frame} audit={audit} />
      )}
      <Command frame={frame} line={commandLine('audit', '--html', 'report.html')} />
    </>
  );
}

function Findings({ frame, audit }: { readonly frame: PageFrame; readonly audit: ConsoleAudit }) {
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
          The {findings.length} worst of {total} are shown.
        </p>
      ) : null}
      {findings.length === 0 ? (
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
    </>
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
          <code>
            <Text>{fix}</Text>
          </code>
        </div>
      )}
    </li>
  );
}
