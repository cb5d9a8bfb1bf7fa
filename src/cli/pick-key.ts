import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { Connection } from '../connect/connection.js';
import { allKeys } from '../domain/all-keys.js';
import { KeysError } from '../domain/errors.js';
import type { Key } from '../domain/key.js';
import { currentVersion, type ManagedKey } from '../domain/managed-key.js';
import { relativeTime } from '../terminal/relative-time.js';
import type { Context } from './context.js';
import { take } from './limit.js';

/** Keys that are offered: nobody looks through more, and a name finds any other. */
const MOST_OFFERED = 2_000;

/** Ends the call with how the command is used, if no key was named and no person can pick one. */
export function requireKey(
  reference: string | undefined,
  command: CommandUnknownOpts,
  context: Pick<Context, 'flags' | 'process'>,
): void {
  if (reference !== undefined || (context.process.isAttended && context.flags.input !== false)) return;
  const [argument] = command.registeredArguments;
  command.error(`error: missing required argument '${argument?.name() ?? 'key'}'`, {
    code: 'commander.missingArgument',
  });
}

/** Id of the key that a person picks among those of the account that work. Throws `not_found` if there is none. */
export async function pickKey(
  verb: string,
  { service }: Pick<Connection, 'service'>,
  context: Pick<Context, 'clock' | 'prompts'>,
): Promise<string> {
  const keys: Key[] = [];
  const listed = allKeys(service, { status: ['active', 'retiring'] });
  for await (const key of take(listed, MOST_OFFERED)) keys.push(key);
  const now = context.clock.now();
  return await pick(
    verb,
    keys.map((key) => ({ value: key.id, title: titleOf(key, now), search: `${key.name}\n${key.id}` })),
    context,
  );
}

/** Id of the version in use of the managed key that a person picks. Throws `not_found` if there is none. */
export async function pickManaged(
  verb: string,
  keys: readonly ManagedKey[],
  context: Pick<Context, 'clock' | 'prompts'>,
): Promise<string> {
  const now = context.clock.now();
  const choices = keys.flatMap((managed) => {
    const version = currentVersion(managed);
    if (version === null) return [];
    const { name, account } = managed;
    const title = `${titleOf({ ...version.record, name }, now)}  ${account.provider}`;
    return [{ value: version.id, title, search: `${name}\n${version.id}` }];
  });
  return await pick(verb, choices, context);
}

async function pick(
  verb: string,
  choices: ReadonlyArray<{ value: string; title: string; search: string }>,
  context: Pick<Context, 'prompts'>,
): Promise<string> {
  if (choices.length === 0) {
    throw new KeysError('not_found', `no key to ${verb}`, { next: 'list_or_import_keys' });
  }
  const message = `Which key? (${verb}; type a part of its name or id)`;
  return await (await context.prompts()).pick({ message, flag: 'the name or id of a key', choices });
}

/** `web  sk_live_…W9xY  key_8fK2…  ends in 30d`. */
function titleOf({ id, name, prefix, hint, expires_at }: Key, now: number): string {
  const shown = prefix === undefined ? [] : [`${prefix}…${hint ?? ''}`];
  const ends = expires_at ? [`ends ${relativeTime(expires_at, now)}`] : [];
  return [name, ...shown, id, ...ends].join('  ');
}
