import { onTestFinished } from 'vitest';
import type { Context } from '../../src/cli/context.js';
import { createContext } from '../../src/cli/create-context.js';
import type { Clock } from '../../src/domain/clock.js';
import { createRedactor } from '../../src/domain/redactor.js';
import { textSink } from '../../src/terminal/node-streams.js';
import { collected, hostInProcess } from './keys-in-process.js';
import { temporaryFolder } from './temporary-folder.js';

/** What makes a context: of the sources, or of the built program. */
export interface ContextMakers {
  readonly createContext: typeof createContext;
  readonly createRedactor: typeof createRedactor;
  readonly textSink: typeof textSink;
}

/**
 * The context of a call of the program, over the home of `env`. `said`: what it wrote to stderr. `close`:
 * ends the call.
 */
export async function openContext(
  { createContext, createRedactor, textSink }: ContextMakers,
  env: Readonly<Record<string, string>>,
  clock: Clock,
) {
  const [out, messages] = [collected(), collected()];
  const [stdout, stderr] = [textSink(out.stream), textSink(messages.stream)];
  const host = { ...hostInProcess([], env, { stdout: out.stream, stderr: messages.stream }), clock };
  const activity = {
    during: async <Value>(_: string, work: () => Promise<Value>) => await work(),
    guard: <Sink>(sink: Sink) => sink,
    stop: () => undefined,
  };
  const closers: Array<() => Promise<void>> = [];
  const streams = { stdout, stderr, redactor: createRedactor(), activity };
  const context = await createContext(host, {}, streams, { closers, exitCode: 0 });
  const close = async () => {
    for (const end of closers.reverse()) await end();
  };
  return { context, said: messages.text, close };
}

/** The context of a call of the sources, over an empty home. It ends with the test. */
export async function realContext(clock: Clock, changes: Partial<Context> = {}) {
  const env = { PATH: process.env['PATH'] ?? '', HOME: temporaryFolder() };
  const makers = { createContext, createRedactor, textSink };
  const { context, said, close } = await openContext(makers, env, clock);
  onTestFinished(close);
  return { context: { ...context, ...changes }, said };
}
