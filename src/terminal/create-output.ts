import { wantsHyperlinks } from './hyperlinks.js';
import { createJsonOutput } from './json-output.js';
import type { Output } from './output.js';
import type { OpenPagedText } from './pager.js';
import { createPlainOutput } from './plain-output.js';
import type { TextSink } from './text-sink.js';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Whether to colour what goes to a sink: FORCE_COLOR, then NO_COLOR, then whether it is a terminal that can.
 */
export function wantsColor(env: Environment, isTerminal: boolean): boolean {
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false';
  if (env['NO_COLOR']) return false;
  return isTerminal && env['TERM'] !== 'dumb';
}

export interface OutputChoices {
  readonly json: boolean;
  readonly env: Environment;
  /** Leaves out what was done and how far it has come. */
  readonly quiet?: boolean | undefined;
  /** False: no colour, whatever the environment says. */
  readonly color?: boolean | undefined;
  /** Loaded where there is a terminal. Absent: nothing is paged. */
  readonly pager?: () => Promise<OpenPagedText>;
}

/** The output for a call: JSON when asked for, tables on a terminal, tab-separated text elsewhere. */
export async function createOutput(
  { stdout, stderr }: { readonly stdout: TextSink; readonly stderr: TextSink },
  choices: OutputChoices,
): Promise<Output> {
  const { json, quiet } = choices;
  const output = await outputFor(stdout, stderr, choices);
  return {
    ...output,
    ...(quiet ? { say: () => undefined, list: (rows, columns) => output.list(rows, columns) } : {}),
    ...(quiet || json ? { progress: () => undefined } : {}),
  };
}

async function outputFor(
  stdout: TextSink,
  stderr: TextSink,
  { json, env, quiet = false, color, pager }: OutputChoices,
): Promise<Output> {
  const wrap = stderr.isTerminal ? (await import('./wrap-lines.js')).wrapMessage : undefined;
  if (json) return createJsonOutput(stdout, stderr, wrap);
  if (!stdout.isTerminal) return createPlainOutput(stdout, stderr, wrap);
  const { createTerminalOutput } = await import('./terminal-output.js');
  return createTerminalOutput(stdout, stderr, {
    color: color !== false && wantsColor(env, true),
    quiet,
    wrap,
    links: color !== false && wantsHyperlinks(env, true),
    ...(pager === undefined ? {} : { openPaged: await pager() }),
  });
}
