import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { LONGEST_REQUEST_MS } from '../../src/domain/longest-request.js';
import { BIN, type KeysProgram } from '../support/keys.js';

/** A call of the program that is to be killed, and where its secrets may be found afterwards. */
export interface Scenario {
  readonly name: string;
  readonly args: (n: number) => readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Files where a place puts secrets, a line each or as assignments. */
  readonly sinks: readonly string[];
}

export interface Tally {
  kills: number;
  /** Secrets that reached a place. */
  readonly held: Set<string>;
  /** Ids that `keys resume` has said it revoked, or that may have been created. */
  readonly reported: Set<string>;
}

const SYSCALLS = [
  'write',
  'writev',
  'pwrite64',
  'fsync',
  'fdatasync',
  'rename',
  'link',
  'unlink',
  'sendto',
  'read',
  'connect',
] as const;
const SECRET = /(?:sk_live_[0-9A-Za-z]{39}|vnd_[0-9a-f]{48}|[a-z]+_[0-9a-f]{40})/g;

export function newTally(): Tally {
  return { kills: 0, held: new Set(), reported: new Set() };
}

/** A system call before which a program is killed. */
export interface KillPoint {
  readonly call: string;
  /** Of the calls of this name, which one. */
  readonly nth: number;
  /**
   * Whether it makes something last or sends something: what a later program finds differs before and after
   * it.
   */
  readonly isAct: boolean;
  /** What the call does, as the table of `npm run faults` has it. */
  readonly about: string;
}

const REQUEST = /^(?:connect|sendto)\(|"(?:GET|POST|PUT|PATCH|DELETE) \//;
const ACT = /^(?:fsync|fdatasync|rename|link|unlink)\(/;
/**
 * A thread of the program wakes up another. Nine of ten writes of a command are such, and change nothing: of
 * a few kills at any calls, most would be there.
 */
const WAKE_UP = /^write\(\d+, "(?:\\1(?:\\0){7}", 8|\*", 1)\)/;

/** In words for the table: before which kind of call the program is killed. */
function aboutCall(line: string, call: string): string {
  if (REQUEST.test(line)) return 'before a request';
  if (call === 'read') return 'before a read';
  if (/^f(?:data)?sync|^pwrite/.test(call)) return 'before a commit';
  return 'before a file is changed';
}

/**
 * Every point at which a call is to be killed, in order, from an undisturbed run of the scenario: of the
 * calls that write, send and put in place each one that is seen outside of the program; of the reads, which
 * are mostly the program's own files, only the last, where responses are received.
 */
export async function killPoints(
  keys: KeysProgram,
  scenario: Scenario,
  tally: Tally,
): Promise<readonly KillPoint[]> {
  const log = join(keys.home, 'strace.log');
  const { stdout } = await traced(keys, scenario, 0, ['-o', log, '-e', `trace=${SYSCALLS.join(',')}`]);
  collect(String(stdout), tally);
  const counts = new Map<string, number>();
  const points: KillPoint[] = [];
  for (const line of readFileSync(log, 'utf8').split('\n')) {
    const call = /^(\w+)\(/.exec(line)?.[1];
    if (call === undefined) continue;
    const nth = (counts.get(call) ?? 0) + 1;
    counts.set(call, nth);
    if (WAKE_UP.test(line)) continue;
    points.push({
      ...{ call, nth, about: aboutCall(line, call) },
      isAct: REQUEST.test(line) || ACT.test(line),
    });
  }
  return points.filter(({ call, nth }) => call !== 'read' || nth >= (counts.get('read') ?? 0) - 12);
}

/**
 * Some of the points: four of five are acts, as many as there are: commits of the ledger, files that are put
 * in place or removed, requests. The rest are any other calls. Under `npm test` the acts are at even
 * distances; under `npm run faults` a random order decides, and with enough kills each act is met.
 */
export function sampled(points: readonly KillPoint[], most: number, seed: number): readonly KillPoint[] {
  const acts = points.filter(({ isAct }) => isAct);
  const ofActs = Math.min(acts.length, Math.ceil(most * 0.8));
  const others = shuffled(
    points.filter(({ isAct }) => !isAct),
    seed,
  ).slice(0, most - ofActs);
  if (process.env['KEYS_FAULT_KILLS'] !== undefined)
    return [...shuffled(acts, seed).slice(0, ofActs), ...others];
  // Another seed begins elsewhere in the first distance.
  const offset = (((seed * 7) % 10) + 0.5) / 10;
  const spread = Array.from(
    { length: ofActs },
    (_, i) => acts[Math.floor(((i + offset) * acts.length) / ofActs)],
  ).filter((point) => point !== undefined);
  return [...spread, ...others];
}

async function traced(keys: KeysProgram, scenario: Scenario, n: number, options: readonly string[]) {
  return await execa('strace', [...options, process.execPath, '--', BIN, ...scenario.args(n)], {
    env: { ...keys.env, ...scenario.env },
    extendEnv: false,
    reject: false,
    timeout: 120_000,
    killSignal: 'SIGKILL',
  });
}

/** Runs the scenario and kills it when its main thread is about to make the n-th call of this kind. */
export async function killAt(
  keys: KeysProgram,
  scenario: Scenario,
  round: number,
  { call, nth }: KillPoint,
  tally: Tally,
): Promise<void> {
  const result = await traced(keys, scenario, round, [
    ...['-o', '/dev/null', '-e', `trace=${call}`],
    ...['-e', `inject=${call}:signal=SIGKILL:when=${nth}`],
  ]);
  tally.kills++;
  collect(String(result.stdout), tally);
}

/** Runs the scenario and kills it after so many milliseconds, wherever it is then. */
export async function killAfter(
  keys: KeysProgram,
  scenario: Scenario,
  round: number,
  ms: number,
  tally: Tally,
): Promise<void> {
  const result = await execa(process.execPath, ['--', BIN, ...scenario.args(round)], {
    env: { ...keys.env, ...scenario.env },
    extendEnv: false,
    reject: false,
    timeout: ms,
    killSignal: 'SIGKILL',
  });
  tally.kills++;
  collect(String(result.stdout), tally);
}

/** Runs `resume`, and returns what it said on stderr. */
export async function resume(keys: KeysProgram, scenario: Scenario, tally: Tally): Promise<string> {
  const { stdout, stderr } = await keys.run(['resume', '--show'], {
    env: scenario.env,
    timeoutMs: 60_000,
    // A request of the program that was killed may arrive for a minute: `resume` waits for that.
    aheadMs: LONGEST_REQUEST_MS,
  });
  collect(stdout, tally);
  // Each word that may be an id: what it names is known to whoever reads it.
  for (const [word] of stderr.matchAll(/\b(?:key_\w+|v?k\d+)\b/g)) tally.reported.add(word);
  return stderr;
}

function collect(text: string, tally: Tally): void {
  for (const [secret] of text.matchAll(SECRET)) tally.held.add(secret);
}

export function collectSinks(scenario: Scenario, tally: Tally): void {
  for (const sink of scenario.sinks) if (existsSync(sink)) collect(readFileSync(sink, 'utf8'), tally);
}

/** A random order that a seed names, so that a run can be repeated. */
function shuffled<Item>(items: readonly Item[], seed: number): Item[] {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return items
    .map((item) => ({ item, at: next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
