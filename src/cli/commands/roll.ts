import { Command } from '@commander-js/extra-typings';
import type { Connection } from '../../connect/connection.js';
import { allKeys } from '../../domain/all-keys.js';
import { isoTime } from '../../domain/clock.js';
import { compact } from '../../domain/compact.js';
import { parseDuration, parseInstant } from '../../domain/duration.js';
import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import type { CreateKey } from '../../domain/key-service.js';
import { abortRoll } from '../../lifecycle/abort-roll.js';
import {
  checkDestinationFlags,
  type DestinationFlags,
  envFileOption,
  envNameOption,
  envOption,
  execOption,
  githubEnvOption,
  githubOutputOption,
  insecureStorageOption,
  noEscrowOption,
  rawOption,
  saveOption,
  shellOption,
} from '../../lifecycle/destinations.js';
import { findKey } from '../../lifecycle/find-key.js';
import { successorOf } from '../../lifecycle/issue.js';
import { absoluteTime, type Issue, issueKey } from '../../lifecycle/issue-key.js';
import type { Output } from '../../terminal/output.js';
import type { Context } from '../context.js';
import { readScopes, scopeOption } from '../key-options.js';

interface RollFlags extends DestinationFlags {
  readonly grace?: string;
  readonly until?: string;
  readonly now?: true;
  readonly revokeFirst?: true;
  readonly watch?: string;
  readonly due?: string;
  readonly abort?: true;
  readonly yes?: true;
  readonly dryRun?: true;
  readonly scope?: string[];
}

/** Where nothing else is said: as long as the documented roll leaves. */
const DEFAULT_GRACE_MS = 12 * 3_600_000;
/** How many keys of `--due` are rolled at once. */
const AT_ONCE = 4;
/** Between two looks of `--watch`. */
const WATCH_MS = 5_000;

export function rollCommand(context: Context) {
  return new Command('roll')
    .description(
      'Replaces keys: a successor with the same name, type, scopes and restrictions is made, handed over and tried; the old key works on for the grace, then ends. Whatever is interrupted, keys resume takes up where it stopped.',
    )
    .argument('[keys...]', 'ids, exact names, or unique prefixes of either')
    .option('--grace <duration>', "how long the old key works on (default: the provider's window, else 12h)")
    .option('--until <time>', 'until when the old key works on')
    .option('--now', 'end the old key as soon as the new one is handed over, as when it is compromised')
    .option('--revoke-first', 'end the old key before the new one is made: when even --now is too late')
    .option('--watch <duration>', 'end the old key early, once nothing has used it for this long')
    .option('--due <age>', 'every key that is older, such as 90d')
    .addOption(scopeOption('what the successor may do, where the vendor does not say what the old key may'))
    .option('--abort', 'undo a roll that is under way, as far as it can be undone')
    .addOption(envOption())
    .addOption(shellOption())
    .addOption(rawOption())
    .addOption(saveOption())
    .addOption(envFileOption())
    .addOption(envNameOption())
    .addOption(execOption())
    .addOption(githubEnvOption())
    .addOption(githubOutputOption())
    .addOption(insecureStorageOption())
    .addOption(noEscrowOption())
    .option('--yes', 'do not ask, not even when the old key ends at once')
    .option('--dry-run', 'say what would happen, and change nothing')
    .addHelpText(
      'after',
      `
Output:
  --json prints the new key with its secret, and the old one under "previous"; of several keys, one object each.
  exit 9: a new key is live and a delivery is owed; keys resume makes it.

Examples:
  keys roll web --grace 12h --json
  keys roll web --now --yes
  keys roll web --exec 'gh secret set WEB_API_KEY' --grace 1d
  keys roll --due 90d --save`,
    )
    .action((references, flags) => roll(references, flags, context));
}

/** What a roll of one key will do. */
interface Plan {
  readonly old: Key;
  readonly issue: Issue;
  /** Epoch milliseconds at which the old key ends; null: the provider says, or a person. */
  readonly ends: number | null;
  readonly revokeFirst: boolean;
  /** A question that is asked first; null: none. */
  readonly question: string | null;
}

async function roll(references: readonly string[], flags: RollFlags, context: Context): Promise<void> {
  const { connect } = await import('../../connect/connect.js');
  checkDestinationFlags(flags, context.flags.json === true);
  checkRollFlags(references, flags);
  const connection = await connect(context, {
    yes: flags.yes === true,
    insecureStorage: flags.insecureStorage,
  });
  if (flags.abort) {
    for (const reference of references) await abortRoll(reference, context);
    return;
  }
  const keys =
    flags.due === undefined
      ? await Promise.all(references.map((reference) => findKey(connection.service, reference)))
      : await dueKeys(connection, parseDuration(flags.due), context.clock.now());
  const plans = keys.map((key) => planRoll(key, flags, connection, context.clock.now()));
  if (flags.dryRun) return await tell(plans, context);
  if (!flags.yes) {
    for (const { question } of plans) {
      if (question !== null) await (await context.prompts()).confirm({ message: question, flag: '--yes' });
    }
  }
  if (flags.due !== undefined) return await rollAll(plans, flags, connection, context);
  for (const plan of plans) await rollOne(plan, flags, connection, context);
}

function checkRollFlags(references: readonly string[], flags: RollFlags): void {
  const ends = [
    flags.grace !== undefined && '--grace',
    flags.until !== undefined && '--until',
    flags.now && '--now',
    flags.revokeFirst && '--revoke-first',
    flags.abort && '--abort',
  ].filter(Boolean);
  if (ends.length > 1) {
    throw new KeysError('usage', `${ends.join(' and ')} exclude each other`, {
      hint: 'each says when the old key ends; choose one',
    });
  }
  if (references.length === 0 && flags.due === undefined) {
    throw new KeysError('usage', "missing required argument 'keys'", {
      hint: 'name a key, or say --due 90d; in keys roll --env web, web is taken for a variable: put the key before the flag',
    });
  }
  if (references.length > 0 && flags.due !== undefined) {
    throw new KeysError('usage', '--due finds its keys itself: leave out the names');
  }
  const onePlace = flags.raw || flags.env !== undefined || flags.envName !== undefined;
  if (flags.due !== undefined && (onePlace || !(flags.save || flags.exec || flags.envFile))) {
    throw new KeysError('usage', '--due hands over many keys: say where with --save, --exec or --env-file');
  }
}

async function dueKeys({ service }: Connection, ageMs: number, now: number): Promise<Key[]> {
  const due: Key[] = [];
  for await (const key of allKeys(service, { status: ['active'] })) {
    const manages = key.scopes?.some((scope) => scope === '*' || scope.startsWith('keys:'));
    if (key.created_at && !manages && now - Date.parse(key.created_at) > ageMs) due.push(key);
  }
  return due;
}

function planRoll(old: Key, flags: RollFlags, connection: Connection, now: number): Plan {
  const { roll: way, kind, provider } = connection;
  const asked = askedEnd(flags, now);
  const end = (at: number) => (old.expires_at ? Math.min(at, Date.parse(old.expires_at)) : at);
  const composed = () => ({ create: successor(old, flags, connection) });
  const about = { name: old.name, previous: old };
  const retireAt = (at: number): Issue['retire'] => ({ id: old.id, name: old.name, at: end(at) });
  const endNow = `End ${old.name} (${old.id}) at once?`;
  if (flags.revokeFirst) {
    return {
      old,
      issue: { ...about, request: composed(), retire: null },
      ends: now,
      revokeFirst: true,
      question: endNow,
    };
  }
  if (way.by === 'composed') {
    const byHand = kind === 'guided' && asked === undefined;
    if (kind === 'guided' && asked !== undefined && asked > now) {
      throw new KeysError('unsupported', `${provider.title} ends no key by itself after a grace`, {
        hint: 'leave out --grace: the old key works on until keys revoke ends it',
      });
    }
    const at = end(asked ?? now + DEFAULT_GRACE_MS);
    return {
      old,
      issue: { ...about, request: composed(), retire: byHand ? null : retireAt(at) },
      ends: byHand ? null : at,
      revokeFirst: false,
      question: flags.now && kind !== 'guided' ? endNow : null,
    };
  }
  if (way.grace.kind === 'none' && asked !== undefined && asked > now) {
    throw new KeysError('unsupported', `${provider.title} has no grace: a roll ends the old key at once`, {
      hint: 'leave out --grace; or create another key, hand it over, and revoke this one',
    });
  }
  // A roll that the service cannot undo must not end the old key before the new one has arrived.
  const later = flags.now === true && way.grace.kind === 'any' && way.inPlace !== true;
  const seconds = later ? LATER_SECONDS : asked === undefined ? undefined : Math.ceil((asked - now) / 1000);
  const kills = way.grace.kind === 'none' && kind !== 'guided';
  return {
    old,
    issue: {
      ...about,
      request: compact({ roll: old.id, name: old.name, grace_seconds: seconds }),
      retire: later ? retireAt(now) : null,
    },
    ends: later || kills ? now : asked === undefined ? null : end(asked),
    revokeFirst: false,
    question: flags.now || kills ? endNow : null,
  };
}

/** A key made like the old one. Throws `missing_answer` where its vendor does not say what the old one may do. */
function successor(old: Key, { scope }: RollFlags, { provider, kind }: Connection): CreateKey {
  const like = successorOf(old);
  if (scope !== undefined) return { ...like, scopes: readScopes(scope) ?? [] };
  if (kind === 'remote' && provider.accepts.scopes !== undefined && old.scopes === undefined) {
    const { about, values } = provider.accepts.scopes;
    throw new KeysError(
      'missing_answer',
      `${provider.title} does not say what ${old.name} may do: --scope …`,
      {
        hint: values === undefined ? about : `one of ${values.join(', ')}`,
      },
    );
  }
  return like;
}

/** Grace of a roll whose old key is ended by us, after the delivery. */
const LATER_SECONDS = 3_600;

/** When the old key shall end, in epoch milliseconds; undefined leaves it to the provider. */
function askedEnd(flags: RollFlags, now: number): number | undefined {
  if (flags.now) return now;
  if (flags.grace !== undefined) return now + parseDuration(flags.grace);
  if (flags.until === undefined) return undefined;
  const at = parseInstant(flags.until, now);
  if (at > now) return at;
  throw new KeysError('usage', `this has passed already: ${flags.until}`, {
    hint: '--now ends the old key at once',
  });
}

async function tell(plans: readonly Plan[], context: Context): Promise<void> {
  const output = context.output;
  for (const { old, ends, revokeFirst, issue } of plans) {
    const json = {
      dry_run: true,
      roll: {
        id: old.id,
        name: old.name,
        by: 'roll' in issue.request ? 'provider' : 'successor',
        revoke_first: revokeFirst,
        previous_expires_at: ends === null ? null : isoTime(ends),
      },
    };
    await output.record(json, [
      ['would roll', `${old.name} (${old.id})`],
      ['by', 'roll' in issue.request ? "the provider's own roll" : 'a successor that is made like it'],
      [
        'old key ends',
        ends === null ? "after the provider's own window, or when you revoke it" : isoTime(ends),
      ],
    ]);
  }
}

async function rollOne(
  plan: Plan,
  flags: RollFlags,
  connection: Connection,
  context: Context,
): Promise<void> {
  const { old, issue, revokeFirst } = plan;
  const output = context.output;
  if (revokeFirst) {
    await connection.service.revoke(old.id);
    output.say(`the old key ${old.id} has ended`);
  }
  const { outcome } = await issueKey(issue, flags, connection, context);
  if (revokeFirst) return;
  if (flags.watch !== undefined && !outcome.retired) {
    if (await standsStill(old, parseDuration(flags.watch), connection, context)) {
      await connection.service.revoke(old.id);
      return output.say(`nothing used the old key ${old.id}: it has ended`);
    }
    output.say(`the old key ${old.id} is still in use`);
  }
  if (output.format === 'json') return;
  if (outcome.retired) return output.say(`the old key ${old.id} has ended`);
  if (connection.kind === 'guided' && connection.roll.by === 'composed') {
    return await endByHand(old, flags, connection, context);
  }
  output.say(farewell(outcome.previous ?? old, outcome.retiresAt, context.clock.now()));
}

/** Whether nothing has used the old key while it was looked at. */
async function standsStill(
  old: Key,
  forMs: number,
  { service }: Connection,
  context: Context,
): Promise<boolean> {
  const before = (await service.get(old.id)).last_used;
  const until = context.clock.now() + forMs;
  while (context.clock.now() < until) {
    await context.sleep(Math.min(WATCH_MS, until - context.clock.now()));
    if ((await service.get(old.id)).last_used !== before) return false;
  }
  return before !== undefined;
}

/** In a dashboard a person ends the old key, when nothing uses it any more; nobody to ask is a no. */
async function endByHand(
  old: Key,
  flags: RollFlags,
  { service }: Connection,
  context: Context,
): Promise<void> {
  const output = context.output;
  const prompts = await context.prompts();
  const works = `the old key ${old.id} works on; when nothing uses it any more: keys revoke ${old.id}`;
  if (flags.yes || !prompts.available) return output.say(works);
  try {
    await prompts.confirm({
      message: `Does everything that used ${old.name} use the new key?`,
      flag: '--now',
    });
  } catch (error) {
    if (error instanceof KeysError && error.code === 'declined') return output.say(works);
    throw error;
  }
  await service.revoke(old.id);
  output.say(`the old key ${old.id} has ended`);
}

function farewell(previous: Key, retiresAt: number | null, nowMs: number): string {
  const end = retiresAt ?? (previous.expires_at ? Date.parse(previous.expires_at) : null);
  if (end === null) return `the old key ${previous.id} works on`;
  if (end <= nowMs) return `the old key ${previous.id} has ended`;
  const how = retiresAt === null ? '' : '; keys resume ends it then (let cron run it)';
  return `the old key ${previous.id} works until ${absoluteTime(end)}${how}`;
}

/** Rolls many: what fails is told at the end, and the others go on. */
async function rollAll(
  plans: readonly Plan[],
  flags: RollFlags,
  connection: Connection,
  context: Context,
): Promise<void> {
  const output = context.output;
  const failed: Array<{ name: string; id: string; message: string }> = [];
  let done = 0;
  const queue = [...plans];
  const worker = async () => {
    for (let plan = queue.shift(); plan !== undefined; plan = queue.shift()) {
      try {
        await issueKey(plan.issue, flags, connection, { ...context, output: quiet(output) });
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        failed.push({ name: plan.old.name, id: plan.old.id, message });
      }
      done++;
      output.progress(done, plans.length);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, plans.length) }, worker));
  const json = { rolled: plans.length - failed.length, failed };
  await output.record(json, [
    ['rolled', String(plans.length - failed.length)],
    ...failed.map(({ name, id, message }) => ['failed', `${name} (${id}): ${message}`] as const),
  ]);
  if (failed.length > 0) {
    throw new KeysError('delivery_owed', `${failed.length} of ${plans.length} were not rolled to the end`, {
      hint: 'run keys resume; keys pending shows what is under way',
    });
  }
}

/** One line for all of them is printed at the end: warnings alone come through meanwhile. */
function quiet(output: Output): Output {
  return { ...output, record: async () => undefined, say: () => undefined, hint: () => undefined };
}
