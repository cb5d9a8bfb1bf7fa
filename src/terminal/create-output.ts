import { createJsonOutput } from './json-output.js';
import type { Output } from './output.js';
import { createPlainOutput } from './plain-output.js';
import type { TextSink } from './text-sink.js';

/** Whether to colour what goes to a sink: FORCE_COLOR, then NO_COLOR, then whether it is a terminal that can. */
function wantsColor(env: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false';
  if (env['NO_COLOR']) return false;
  return isTerminal && env['TERM'] !== 'dumb';
}

/**
 * The output for a call: JSON when asked for, tables on a terminal, tab-separated text elsewhere. Tables are loaded where there is a
 * terminal. `quiet` leaves out what was done and how far it has come.
 */
export async function createOutput(
  json: boolean,
  stdout: TextSink,
  stderr: TextSink,
  env: Readonly<Record<string, string | undefined>>,
  quiet = false,
): Promise<Output> {
  const output = await outputFor(json, stdout, stderr, env);
  return quiet ? { ...output, say: () => undefined, progress: () => undefined } : output;
}

async function outputFor(
  json: boolean,
  stdout: TextSink,
  stderr: TextSink,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Output> {
  if (json) return createJsonOutput(stdout, stderr);
  if (stdout.isTerminal) {
    const { createTerminalOutput } = await import('./terminal-output.js');
    return createTerminalOutput(stdout, stderr, wantsColor(env, true));
  }
  return createPlainOutput(stdout, stderr);
}
