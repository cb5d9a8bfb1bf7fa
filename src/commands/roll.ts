import { Command } from '@commander-js/extra-typings';
import type { Connection, Deps } from '../deps.js';
import { isoTime } from '../domain/clock.js';
import { parseDuration } from '../domain/duration.js';
import { KeysError } from '../domain/errors.js';
import { type Key, type RolledKey, withCredential } from '../domain/key.js';
import type { CreateKey } from '../domain/key-service.js';
import { acknowledge } from './create.js';
import {
  checkSecretFlags,
  deliverSecret,
  envOption,
  insecureStorageOption,
  rawOption,
  type SecretFlags,
  shellOption,
} from './deliver-secret.js';
import { findKey } from './find-key.js';
import { present } from './key-options.js';

interface RollFlags extends SecretFlags {
  readonly grace?: string;
  readonly now?: true;
  readonly yes?: true;
  readonly insecureStorage?: true;
  readonly dryRun?: true;
}

export function rollCommand(deps: Deps) {
  return new Command('roll')
    .description(
      'Makes a successor with the same name, type, scopes and restrictions. The old key works on for the grace.',
    )
    .argument('<key>', 'id, exact name, or unique prefix of either')
    .option(
      '--grace <duration>',
      "how long the old key works on; 0: not at all (default: the provider's window, else 12h)",
    )
    .option('--now', 'end the old key at once, as when it is compromised; the same as --grace 0')
    .addOption(envOption())
    .addOption(shellOption())
    .addOption(rawOption())
    .addOption(insecureStorageOption())
    .option('--yes', 'do not ask, not even when the old key ends at once')
    .option('--dry-run', 'say what would happen, and change nothing')
    .addHelpText(
      'after',
      `
Output:
  --json prints the new key with its secret, and the old one under "previous"

Examples:
  keys roll web --grace 12h --json
  keys roll web --now --yes
  eval "$(keys roll web --env WEB_API_KEY)"`,
    )
    .action((reference, flags) => roll(reference, flags, deps));
}

type RollDeps = Pick<
  Deps,
  'clock' | 'connect' | 'env' | 'flags' | 'newIdempotencyKey' | 'output' | 'platform' | 'prompts' | 'settings'
>;

async function roll(reference: string, flags: RollFlags, deps: RollDeps): Promise<void> {
  checkSecretFlags(flags, deps.flags().json === true);
  const graceMs = readGrace(flags);
  const output = deps.output();
  const connection = await deps.connect({ yes: flags.yes === true, insecureStorage: flags.insecureStorage });
  const { service } = connection;
  const old = await findKey(service, reference);
  if (flags.dryRun) {
    const ends = endOfGrace(old, graceMs, deps.clock.now());
    await output.record({ dry_run: true, roll: { id: old.id, name: old.name, previous_expires_at: ends } }, [
      ['would roll', `${old.name} (${old.id})`],
      ['old key ends', ends ?? "after the provider's own window"],
    ]);
    return;
  }
  const endsAtOnce = connection.roll.by === 'provider' && connection.roll.grace.kind === 'none';
  if ((graceMs === 0 || endsAtOnce) && !flags.yes && connection.kind !== 'guided') {
    const prompts = await deps.prompts();
    await prompts.confirm({ message: `End ${old.name} (${old.id}) at once?`, flag: '--yes' });
  }
  if (connection.roll.by === 'composed') return await replace(old, graceMs, flags, connection, deps);
  const idempotencyKey = deps.newIdempotencyKey();
  const request = present({ grace_seconds: graceMs === undefined ? undefined : Math.ceil(graceMs / 1000) });
  const rolled = await service.roll(old.id, request, { idempotencyKey });
  try {
    await deliverSecret(
      rolled,
      { ...withCredential(rolled), previous: rolled.previous },
      flags,
      connection,
      deps,
    );
  } catch (error) {
    if (connection.kind === 'guided') throw error;
    throw undelivered(rolled, error);
  }
  await acknowledge(service, rolled.key.id, idempotencyKey);
  if (output.format === 'text') output.say(farewell(rolled.previous, deps.clock.now()));
}

/**
 * Where the provider has no roll: a successor is made and handed over, and the old key is ended when its user says that it
 * is no longer in use. Without anyone to ask it lives on, and the last line says how to end it.
 */
async function replace(
  old: Key,
  graceMs: number | undefined,
  flags: RollFlags,
  connection: Connection,
  deps: RollDeps,
): Promise<void> {
  const { service, provider } = connection;
  if (graceMs !== undefined && graceMs > 0) {
    throw new KeysError('unsupported', `${provider.title} ends no key by itself after a grace`, {
      hint: 'leave out --grace: the old key works on until keys revoke ends it',
    });
  }
  const output = deps.output();
  const idempotencyKey = deps.newIdempotencyKey();
  const issued = await service.create(successorOf(old), { idempotencyKey });
  const json = { ...withCredential(issued), previous: old };
  await deliverSecret(issued, json, flags, connection, deps);
  await acknowledge(service, issued.key.id, idempotencyKey);
  if (graceMs !== 0 && !(await isReplaced(old, flags, deps))) {
    output.say(`the old key ${old.id} works on; when nothing uses it any more: keys revoke ${old.id}`);
    return;
  }
  await service.revoke(old.id);
  output.say(`the old key ${old.id} has ended`);
}

/** Asks whether whatever uses the key has its successor; nobody to ask is a no. */
async function isReplaced(old: Key, flags: RollFlags, deps: Pick<Deps, 'prompts'>): Promise<boolean> {
  const prompts = await deps.prompts();
  if (flags.yes || !prompts.available) return false;
  try {
    await prompts.confirm({
      message: `Does everything that used ${old.name} use the new key?`,
      flag: '--now',
    });
    return true;
  } catch (error) {
    if (error instanceof KeysError && error.code === 'declined') return false;
    throw error;
  }
}

/** What the successor is made like. */
function successorOf(old: Key): CreateKey {
  return present({
    name: old.name,
    type: old.type,
    environment: old.environment ?? undefined,
    service: old.service ?? undefined,
    scopes: old.scopes?.length ? old.scopes : undefined,
    restrictions: old.restrictions && Object.keys(old.restrictions).length > 0 ? old.restrictions : undefined,
    metadata: old.metadata && Object.keys(old.metadata).length > 0 ? old.metadata : undefined,
  });
}

/** Milliseconds; undefined leaves it to the provider. */
function readGrace(flags: RollFlags): number | undefined {
  if (flags.now && flags.grace !== undefined) {
    throw new KeysError('usage', '--now and --grace exclude each other', { hint: '--now is --grace 0' });
  }
  if (flags.now) return 0;
  return flags.grace === undefined ? undefined : parseDuration(flags.grace);
}

/** Never past the old key's own expiry. */
function endOfGrace(old: Key, graceMs: number | undefined, nowMs: number): string | null {
  if (graceMs === undefined) return null;
  const end = nowMs + graceMs;
  return isoTime(old.expires_at ? Math.min(end, Date.parse(old.expires_at)) : end);
}

/** The successor lives, and another roll of it shows a secret again: nothing is out of reach. */
function undelivered(rolled: RolledKey, error: unknown): KeysError {
  const reason = error instanceof Error ? error.message : String(error);
  return new KeysError(
    'delivery_failed',
    `the secret of ${rolled.key.id} could not be handed over: ${reason}`,
    {
      hint: `roll the successor for a secret that arrives: keys roll ${rolled.key.id} --now --yes`,
      details: { key_id: rolled.key.id, previous_id: rolled.previous.id },
      cause: error,
    },
  );
}

function farewell(previous: Key, nowMs: number): string {
  if (!previous.expires_at) return `the old key ${previous.id} works on`;
  const end = Date.parse(previous.expires_at);
  if (end <= nowMs) return `the old key ${previous.id} has ended`;
  const local = new Date(end).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
  return `the old key ${previous.id} works until ${local} (${isoTime(end)})`;
}
