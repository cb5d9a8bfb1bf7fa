import { Command } from '@commander-js/extra-typings';
import type { Connection } from '../../connect/connection.js';
import { isoTime } from '../../domain/clock.js';
import { parseDuration, parseInstant } from '../../domain/duration.js';
import { KeysError } from '../../domain/errors.js';
import {
  checkDestinationFlags,
  type DestinationFlags,
  envOption,
  insecureStorageOption,
  noEscrowOption,
  rawOption,
  replaceOption,
  shellOption,
  toOption,
} from '../../lifecycle/destinations.js';
import { findKey } from '../../lifecycle/find-key.js';
import type { Means } from '../../lifecycle/means.js';
import type { Outcome } from '../../lifecycle/outcome.js';
import type { RollChoices } from '../../lifecycle/plan-roll.js';
import { isStdout } from '../../lifecycle/read-plan.js';
import type { Found } from '../../lifecycle/resolve-key.js';
import type { PreparedRoll } from '../../lifecycle/roll-key.js';
import type { Output } from '../../terminal/output.js';
import type { Context } from '../context.js';
import { readExpiry, readScopes, scopeOption } from '../key-options.js';

interface RollFlags extends DestinationFlags {
  readonly grace?: string;
  readonly until?: string;
  readonly now?: true;
  readonly revokeFirst?: true;
  readonly inPlace?: true;
  readonly watch?: string;
  readonly due?: string | true;
  readonly expires?: string;
  readonly abort?: true;
  readonly yes?: true;
  readonly dryRun?: true;
  readonly scope?: string[];
}

/** How many keys of `--due` are rolled at once where a repeated request is recognised; elsewhere one after the other. */
const AT_ONCE = 4;
/** Between two looks of `--watch`. */
const WATCH_MS = 5_000;

export function rollCommand(context: Context) {
  return new Command('roll')
    .description(
      'Replaces keys: creates a successor with the same name, rights and lifetime, delivers it to every place of the key and tries it; the old key works for the grace period, then it is revoked. keys resume finishes what was interrupted.',
    )
    .argument('[keys...]', 'ids or exact names; on a terminal also the beginning of one')
    .option(
      '--grace <duration>',
      "how long the old key works after the delivery (default: the key's schedule, the provider's window, else 12h)",
    )
    .option('--until <time>', 'until when the old key works')
    .option('--now', 'revoke the old key as soon as the new one is delivered, as when it is compromised')
    .option('--revoke-first', 'revoke the old key before the new one is created: when even --now is too late')
    .option('--in-place', "use the provider's own roll even if it stops the old key at once")
    .option(
      '--expires <time>',
      'when the successor expires (default: after the same lifetime); never: not at all',
    )
    .option('--watch <duration>', 'revoke the old key early, once nothing has used it for this long')
    .option(
      '--due [age]',
      'every key that is due by its own schedule, or that is older than this, such as 90d',
    )
    .addOption(scopeOption('what the successor may do, if the vendor does not say what the old key may'))
    .option('--abort', 'undo a roll that no place has the new secret of')
    .addOption(toOption())
    .addOption(envOption())
    .addOption(shellOption())
    .addOption(rawOption())
    .addOption(replaceOption())
    .addOption(insecureStorageOption())
    .addOption(noEscrowOption())
    .option('--yes', 'do not ask, not even when the old key stops at once')
    .option('--dry-run', 'say what would happen, and change nothing')
    .addHelpText(
      'after',
      `
Output:
  --json prints the new key with its secret, and the old one under "previous"; of several keys, one object each.
  exit 9: a new key is live and a place still waits for its secret; keys resume delivers it.

Examples:
  keys roll web --grace 12h --json
  keys roll web --now --yes
  keys roll web --to 'exec:gh secret set WEB_API_KEY' --grace 1d
  keys roll --due 90d --to keychain`,
    )
    .action((references, flags) => roll(references, flags, context));
}

async function roll(references: readonly string[], flags: RollFlags, context: Context): Promise<void> {
  checkDestinationFlags(flags, context.flags.json === true);
  checkRollFlags(references, flags);
  const [{ connect }, { openMeans }, { refuseShared }, { checkRoll, prepareRoll }] = await Promise.all([
    import('../../connect/connect.js'),
    import('../../lifecycle/open-means.js'),
    import('../../lifecycle/key-places.js'),
    import('../../lifecycle/roll-key.js'),
  ]);
  if (flags.abort) return await abort(references, context);
  const { insecureStorage } = flags;
  const connection = await connect(context, { yes: flags.yes === true, insecureStorage });
  const means = await openMeans(connection, context, { insecureStorage });
  const choices = readChoices(flags, context.clock.now());
  const prepared: PreparedRoll[] = [];
  for (const found of await keysToRoll(references, flags, connection, means, context)) {
    prepared.push(await prepareRoll(found, choices, flags, connection, means, context));
  }
  refuseShared(prepared.map(({ plan, places }) => ({ name: plan.old.name, places })));
  if (flags.due !== undefined) refuseUnplaced(prepared);
  const { refuseForgetfulLedger } = await import('../../lifecycle/lasting-ledger.js');
  refuseForgetfulLedger(
    prepared.map(({ plan }) => plan),
    context,
  );
  // Every place is opened before the first key is touched.
  for (const one of prepared) {
    for (const warning of await checkRoll(one, connection, means, context)) context.output.warn(warning);
  }
  if (flags.dryRun) return await tell(prepared, context);
  if (!flags.yes) await ask(prepared, flags, connection, context);
  if (flags.due !== undefined) return await rollAll(prepared, connection, means, context);
  for (const one of prepared) await rollOne(one, flags, connection, means, context);
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
    throw new KeysError('usage', '--due finds its keys itself: leave out the names', {
      hint: 'an age after --due must be a duration, such as 90d',
    });
  }
  if (flags.due !== undefined && (flags.raw || flags.env !== undefined)) {
    throw new KeysError('usage', '--due rolls several keys: stdout and one variable are no place for them', {
      hint: 'keys remember their places; --to keychain adds the keychain to each',
    });
  }
}

/** Throws `usage` where a secret of several would only be printed. */
function refuseUnplaced(prepared: readonly PreparedRoll[]): void {
  const printed = prepared.find(({ places }) => places.some(({ place }) => isStdout(place)));
  if (printed === undefined) return;
  throw new KeysError('usage', `${printed.plan.old.name} has no place for its new secret`, {
    hint: 'say where with --to; nothing was changed',
  });
}

function readChoices(flags: RollFlags, now: number): RollChoices {
  const scopes = readScopes(flags.scope);
  const end = askedGrace(flags, now);
  const { expires } = flags;
  return {
    ...(scopes === undefined ? {} : { scopes }),
    ...(end === undefined ? {} : { grace_ms: end }),
    ...(expires === undefined ? {} : { expires_at: expires === 'never' ? null : readExpiry(expires, now) }),
    ...(flags.revokeFirst ? { revokeFirst: true } : {}),
    ...(flags.inPlace ? { inPlace: true } : {}),
  };
}

/** Milliseconds for which the old key shall work; undefined leaves it to the key's schedule and the provider. */
function askedGrace(flags: RollFlags, now: number): number | undefined {
  if (flags.now) return 0;
  if (flags.grace !== undefined) return parseDuration(flags.grace);
  if (flags.until === undefined) return undefined;
  const at = parseInstant(flags.until, now);
  if (at > now) return at - now;
  throw new KeysError('usage', `this has passed already: ${flags.until}`, {
    hint: '--now revokes the old key at once',
  });
}

async function keysToRoll(
  references: readonly string[],
  flags: RollFlags,
  connection: Connection,
  means: Means,
  context: Context,
): Promise<Found[]> {
  const { dueKeys } = await import('../../lifecycle/due-keys.js');
  if (flags.due !== undefined) {
    return await dueKeys(flags.due === true ? null : parseDuration(flags.due), connection, means);
  }
  const prefixes = context.process.isAttended && !flags.yes;
  const found: Found[] = [];
  for (const reference of references) {
    const one = await findKey(reference, connection, context, { prefixes });
    if (!found.some(({ key }) => key.id === one.key.id)) found.push(one);
    if (one.by !== 'prefix') continue;
    const { name, id } = one.key;
    await (await context.prompts()).confirm({ message: `Roll ${name} (${id})?`, flag: '--yes' });
  }
  return found;
}

async function ask(
  prepared: readonly PreparedRoll[],
  flags: RollFlags,
  { kind }: Connection,
  context: Context,
): Promise<void> {
  for (const { plan } of prepared) {
    const { old, stopsAtOnce, revokeFirst } = plan;
    const atOnce = stopsAtOnce || revokeFirst || (flags.now === true && kind !== 'guided');
    if (!atOnce) continue;
    const message = stopsAtOnce
      ? `${old.name} (${old.id}) stops working before its successor is delivered. Go on?`
      : `Revoke ${old.name} (${old.id}) as soon as its successor is delivered?`;
    await (await context.prompts()).confirm({ message, flag: '--yes' });
  }
}

async function tell(prepared: readonly PreparedRoll[], context: Pick<Context, 'output'>): Promise<void> {
  const { absoluteTime } = await import('../show-outcome.js');
  for (const { plan, places, pending } of prepared) {
    const { old, ends, revokeFirst, request } = plan;
    const byProvider = 'roll' in request;
    const json = {
      dry_run: true,
      roll: {
        id: old.id,
        name: old.name,
        by: byProvider ? 'provider' : 'successor',
        revoke_first: revokeFirst,
        previous_expires_at: ends === null ? null : isoTime(ends),
        places: places.map(({ place }) => place.label),
        ...(pending === null ? {} : { resumes: pending.id }),
      },
    };
    await context.output.record(json, [
      [pending === null ? 'would roll' : 'would finish the roll of', `${old.name} (${old.id})`],
      ['by', byProvider ? "the provider's own roll" : 'creating a successor like it'],
      ['delivers to', places.map(({ place }) => place.label).join(', ')],
      ['old key ends', ends === null ? 'when you revoke it' : absoluteTime(ends)],
    ]);
  }
}

async function rollOne(
  prepared: PreparedRoll,
  flags: RollFlags,
  connection: Connection,
  means: Means,
  context: Context,
): Promise<void> {
  const [{ rollKey }, { showOutcome }] = await Promise.all([
    import('../../lifecycle/roll-key.js'),
    import('../show-outcome.js'),
  ]);
  const { output } = context;
  const { old, revokeFirst } = prepared.plan;
  const outcome = await rollKey(prepared, connection, means);
  await showOutcome(outcome, outcome.operation.deliveries, context);
  if (flags.watch !== undefined && !outcome.retired && !revokeFirst) {
    if (await standsStill(old.id, parseDuration(flags.watch), connection, context)) {
      await revokeOld(old.id, connection, means, context);
      return output.say(`nothing used the old key ${old.id}: it is revoked`);
    }
    output.say(`the old key ${old.id} is still in use`);
  }
  if (output.format === 'json') return;
  if (connection.kind === 'guided' && connection.roll.by === 'composed' && !outcome.retired) {
    return await endByHand(old, flags, connection, means, context);
  }
  output.say(await oldKeyLine(outcome, context.clock.now()));
}

/** What becomes of the old key. */
async function oldKeyLine(outcome: Outcome, now: number): Promise<string> {
  const { absoluteTime, previousOf } = await import('../show-outcome.js');
  const old = previousOf(outcome, now);
  if (old === null) return 'there is no old key';
  if (outcome.operation.key?.id === old.id) return `${old.id} has a new secret; the old one stopped`;
  if (old.status === 'revoked') return `the old key ${old.id} is revoked`;
  const end = old.expires_at ? Date.parse(old.expires_at) : null;
  if (end === null) return `the old key ${old.id} works on`;
  if (end <= now) return `the old key ${old.id} has ended`;
  const how = outcome.endsByLedger ? '; keys resume revokes it then (let cron run it)' : '';
  return `the old key ${old.id} works until ${absoluteTime(end)}${how}`;
}

/** Whether nothing has used the old key while it was watched. */
async function standsStill(
  id: string,
  forMs: number,
  { service }: Connection,
  context: Pick<Context, 'clock' | 'sleep'>,
): Promise<boolean> {
  const before = (await service.get(id)).last_used;
  const until = context.clock.now() + forMs;
  while (context.clock.now() < until) {
    await context.sleep(Math.min(WATCH_MS, until - context.clock.now()));
    if ((await service.get(id)).last_used !== before) return false;
  }
  return before !== undefined;
}

/** In a dashboard a person revokes the old key when nothing uses it any more. Nobody to ask means no. */
async function endByHand(
  { id, name }: { readonly id: string; readonly name: string },
  flags: RollFlags,
  connection: Connection,
  means: Means,
  context: Context,
): Promise<void> {
  const { output } = context;
  const prompts = await context.prompts();
  const works = `the old key ${id} works on; when nothing uses it any more: keys revoke ${id}`;
  if (flags.yes || !prompts.available) return output.say(works);
  try {
    await prompts.confirm({ message: `Does everything that used ${name} use the new key?`, flag: '--now' });
  } catch (error) {
    if (error instanceof KeysError && error.code === 'declined') return output.say(works);
    throw error;
  }
  await revokeOld(id, connection, means, context);
  output.say(`the old key ${id} is revoked`);
}

/** Revokes the old key, and writes it down with its managed key. */
async function revokeOld(id: string, connection: Connection, means: Means, context: Context): Promise<void> {
  const { revokeKey } = await import('../../lifecycle/revoke-key.js');
  const found = await findKey(id, connection, context, { prefixes: false });
  await revokeKey(found, {}, means, context);
}

async function abort(references: readonly string[], context: Context): Promise<void> {
  const [{ abortRoll, pendingOf }, { reconnect }, { openMeans }] = await Promise.all([
    import('../../lifecycle/abort-roll.js'),
    import('../../connect/connect.js'),
    import('../../lifecycle/open-means.js'),
  ]);
  const operations = await (await context.ledger()).operations();
  for (const operation of references.map((reference) => pendingOf(reference, operations))) {
    const means = await openMeans(await reconnect(context, operation.target), context);
    for (const line of await abortRoll(operation, means)) context.output.say(line);
  }
}

/** Rolls many: failures are listed at the end, and the others go on. */
async function rollAll(
  prepared: readonly PreparedRoll[],
  connection: Connection,
  means: Means,
  context: Context,
): Promise<void> {
  const [{ rollKey }, { requireFinished }] = await Promise.all([
    import('../../lifecycle/roll-key.js'),
    import('../../lifecycle/start-operation.js'),
  ]);
  const output: Output = context.output;
  const failed: Array<{ name: string; id: string; message: string }> = [];
  let done = 0;
  const queue = [...prepared];
  const worker = async () => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
      try {
        requireFinished(await rollKey(one, connection, means));
      } catch (error) {
        const { name, id } = one.plan.old;
        failed.push({ name, id, message: error instanceof Error ? error.message : String(error) });
      }
      done++;
      output.progress(done, prepared.length);
    }
  };
  const workers = connection.kind === 'embedded' || connection.provider.idempotent ? AT_ONCE : 1;
  await Promise.all(Array.from({ length: Math.min(workers, prepared.length) }, worker));
  const rolled = prepared.length - failed.length;
  await output.record({ rolled, failed }, [
    ['rolled', String(rolled)],
    ...failed.map(({ name, id, message }) => ['failed', `${name} (${id}): ${message}`] as const),
  ]);
  if (failed.length === 0) return;
  throw new KeysError('delivery_owed', `${failed.length} of ${prepared.length} were not rolled to the end`, {
    hint: 'run keys resume; keys pending shows what is unfinished',
  });
}
