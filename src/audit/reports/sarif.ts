import { unreadText } from '../../connect/unread-accounts.js';
import { compact } from '../../domain/compact.js';
import type { GoneFinding } from '../baseline.js';
import type { Finding, KeyReference } from '../finding.js';
import { fingerprint } from '../fingerprint.js';
import { RULE_IDS, RULES, SEVERITIES, type Severity } from '../rule-table.js';
import type { AuditSummary } from '../tally.js';
import { inChunks, type Report, type Write } from './report.js';

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';
const LEVELS: Readonly<Record<Severity, string>> = { high: 'error', medium: 'warning', low: 'note' };
/** On the scale of CVSS, as code scanning sorts by it. */
const SCORES: Readonly<Record<Severity, string>> = { high: '8.0', medium: '5.0', low: '2.0' };

export interface SarifOptions {
  readonly version: string;
  /**
   * Stands for the place of what is in no file, such as `keys-audit.json`: code scanning takes no result
   * without one, and shows it at the first line of this file.
   */
  readonly file: string;
}

/** A SARIF 2.1.0 log with one run, written as the findings come. */
export function sarifReport(print: Write, options: SarifOptions): Report {
  const { write, flush } = inChunks(print);
  let before = `{\n"$schema": ${JSON.stringify(SCHEMA)},\n"version": "2.1.0",\n"runs": [{\n"tool": ${JSON.stringify(
    { driver: driver(options.version) },
  )},\n"columnKind": "utf16CodeUnits",\n"results": [\n`;
  return {
    async add({ findings }) {
      for (const finding of findings) {
        await write(before + JSON.stringify(result(finding, options.file)));
        before = ',\n';
      }
    },
    async end(summary, gone = []) {
      for (const finding of gone) {
        await write(before + JSON.stringify(absent(finding, options.file)));
        before = ',\n';
      }
      const close = before === ',\n' ? '\n],\n' : `${before}],\n`;
      await write(`${close}"invocations": ${JSON.stringify([invocation(summary)])}\n}]\n}\n`);
      await flush();
    },
  };
}

function driver(version: string) {
  return {
    name: 'keys',
    semanticVersion: version,
    rules: RULE_IDS.map((id) => {
      const { title, explanation, source, url, severity } = RULES[id];
      return {
        id,
        name: id,
        shortDescription: { text: title },
        fullDescription: { text: explanation },
        help: { text: `${explanation} Source: ${source}.` },
        ...(url === null ? {} : { helpUri: url }),
        defaultConfiguration: { level: LEVELS[severity] },
        properties: { tags: ['security', 'api-keys'], 'security-severity': SCORES[severity] },
      };
    }),
  };
}

function result(finding: Finding, file: string) {
  const { rule, severity, message, fix, evidence, key, location } = finding;
  const subject = key === null ? '' : `${key.name} (${key.id}): `;
  return {
    ruleId: rule,
    ruleIndex: RULE_IDS.indexOf(rule),
    level: LEVELS[severity],
    message: { text: `${subject}${message}${fix === null ? '' : `; to fix it: ${fix}`}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(location?.file ?? file) },
          region: location === null ? { startLine: 1 } : regionOf(location),
        },
        ...(key === null ? {} : { logicalLocations: [logicalLocation(key)] }),
      },
    ],
    ...(finding.baseline_state === undefined ? {} : { baselineState: finding.baseline_state }),
    partialFingerprints: { 'keysAudit/v1': fingerprint(finding) },
    properties: {
      evidence,
      fix,
      ...compact({ commit: location?.commit }),
    },
  };
}

/**
 * A finding of the earlier report that is gone. It has the fingerprint and the place that it had there. Its
 * rule may be one that this version does not know.
 */
function absent(
  { fingerprint: print, rule, of, severity, message, key, location }: GoneFinding,
  file: string,
) {
  const known = RULE_IDS.find((id) => id === rule);
  const level = SEVERITIES.find((one) => one === severity) ?? (known && RULES[known].severity) ?? 'medium';
  const subject = key?.name === undefined ? '' : `${key.name}${key.id ? ` (${key.id})` : ''}: `;
  const text = message ?? `${rule || 'a finding'}${of === null || subject !== '' ? '' : ` of ${of}`}`;
  const { id = '', name = '', provider = '', address = '', profile = null } = key ?? {};
  const inFile = location?.file === undefined ? null : location;
  return {
    ...compact({ ruleId: rule || undefined, ruleIndex: known && RULE_IDS.indexOf(known) }),
    level: LEVELS[level],
    message: { text: `${subject}${text}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(inFile?.file ?? file) },
          region: { startLine: inFile?.line ?? 1, ...compact({ startColumn: inFile?.column }) },
        },
        ...(id === ''
          ? {}
          : { logicalLocations: [logicalLocation({ id, name, provider, address, profile })] }),
      },
    ],
    baselineState: 'absent',
    partialFingerprints: { 'keysAudit/v1': print },
    properties: compact({ commit: inFile?.commit }),
  };
}

function regionOf({ line, column }: { line: number; column: number }) {
  return { startLine: line, startColumn: column };
}

/** A path as a relative reference: nothing in a file's name may turn it into another address. */
function uriOf(file: string): string {
  const path = file.split('/').map(encodeURIComponent).join('/');
  return path.startsWith('/') ? `file://${path}` : path;
}

function logicalLocation({ id, name, provider, address, profile }: KeyReference) {
  return {
    name: name || id,
    kind: 'resource',
    fullyQualifiedName: [profile ?? address, provider, id].join('/'),
  };
}

/** What could not be told, or not be audited, is beside the results: it is none. */
function invocation({ generated_at, sources, cannot_tell, unread }: AuditSummary) {
  const failed = sources.flatMap(({ profile, address, error }) =>
    error === null
      ? []
      : [
          {
            level: 'error',
            message: { text: `${profile ?? address ?? 'a service'} could not be audited: ${error.message}` },
          },
        ],
  );
  const untold = cannot_tell.map(({ rule, provider, profile, keys }) => ({
    level: 'note',
    message: { text: `cannot tell of ${keys} keys of ${profile ?? provider}` },
    associatedRule: { id: rule },
  }));
  const missed = unread.length === 0 ? [] : [{ level: 'warning', message: { text: unreadText(unread) } }];
  return {
    executionSuccessful: failed.length === 0,
    endTimeUtc: generated_at,
    toolExecutionNotifications: [...failed, ...missed, ...untold],
  };
}
