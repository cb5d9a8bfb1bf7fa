import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { Connection } from '../../connect/connection.js';
import { KeysError } from '../../domain/errors.js';
import { fitsStatus } from '../../domain/filter-keys.js';
import type { Key } from '../../domain/key.js';
import { currentVersion, exactName, type ManagedKey } from '../../domain/managed-key.js';
import type { PickChoice } from '../../terminal/prompts.js';
import { relativeTime } from '../../terminal/relative-time.js';
import type { Context } from '../context.js';
import { take } from '../options/limit.js';

/** Keys that are offered: nobody looks through more, and a name finds any other. */
const MOST_OFFERED = 2_000;

/** Whether a person is there, and may be asked. */
export function canAsk(context: Pick<Context, 'flags' | 'process'>): boolean {
  return context.process.isAttended && context.flags.input !== false;
}

/**
 * Ends the call with how the command is used, if its key (or other argument) was not named and no person can
 * pick one.
 */
export function requireKey(
  reference: string | undefined,
  command: CommandUnknownOpts,
  context: Pick<Context, 'flags' | 'process'>,
  position = 0,
): void {
  if (reference !== undefined || canAsk(context)) return;
  const argument = command.registeredArguments[position];
  command.error(
    `error: no ${argument?.name() ?? 'key'} is named, and without a terminal there is none to pick`,
    {
      code: 'commander.missingArgument',
    },
  );
}

/**
 * Id of the key that a person picks among those of the account that work. Throws `not_found` if there is
 * none.
 */
export async function pickKey(verb: string, connection: Connection, context: Context): Promise<string> {
  const { keysOf } = await import('../show/listed-keys.js');
  const wanted = { status: ['active', 'retiring'] } as const;
  const keys: Key[] = [];
  for await (const key of take(keysOf(connection, wanted, context), MOST_OFFERED))
    if (fitsStatus(key, wanted.status)) keys.push(key);
  const now = context.clock.now();
  return await pick(
    verb,
    keys.map((key) => choiceOf(key, now)),
    context,
    asOperand,
  );
}

/** A key that was picked is named by its id where it could have been named. */
const asOperand = (id: string): readonly string[] => [id];

/** Id of the version in use of the managed key that a person picks. Throws `not_found` if there is none. */
async function pickManaged(
  verb: string,
  keys: readonly ManagedKey[],
  context: Pick<Context, 'clock' | 'prompts'>,
  asArguments?: (id: string) => readonly string[],
): Promise<string> {
  const now = context.clock.now();
  const choices = keys.flatMap((managed) => {
    const version = currentVersion(managed);
    if (version === null) return [];
    const { name, account } = managed;
    const { title, details } = shownAs({ ...version.record, name }, now);
    const search = `${name}\n${version.id}`;
    return [{ value: version.id, title, details: `${details}  ${account.provider}`, search }];
  });
  return await pick(verb, choices, context, asArguments);
}

/**
 * For `findKey`: where a person can be asked, which of several keys is meant that begin with a reference.
 * Nothing otherwise.
 */
export function choosing(
  verb: string,
  context: Context,
): { readonly choose?: (keys: readonly Key[]) => Promise<string> } {
  if (!canAsk(context)) return {};
  const now = context.clock.now();
  return {
    choose: (keys) =>
      pick(
        verb,
        keys.map((key) => choiceOf(key, now)),
        context,
      ),
  };
}

/** For an import: the id of the key that a person says a secret is of; null: none of them, or not known. */
export function choosingImported(context: Context): (keys: readonly Key[]) => Promise<string | null> {
  const now = context.clock.now();
  const unknown = { value: '', title: 'none of these, or not known', search: 'none' };
  return async (keys) => {
    const chosen = await (await context.prompts()).pick({
      message: 'Which key of the account is this?',
      tip: 'type a part of its name or id',
      flag: '--id',
      choices: [...keys.map((key) => choiceOf(key, now)), unknown],
    });
    return chosen === '' ? null : chosen;
  };
}

/** The same for saved keys: the id of a version in use. */
export function choosingManaged(
  verb: string,
  context: Context,
): ((keys: readonly ManagedKey[]) => Promise<string>) | undefined {
  return canAsk(context) ? (keys) => pickManaged(verb, keys, context) : undefined;
}

/**
 * What names a managed key: the reference itself, or on a terminal the id of the key that a person picks, of
 * all or of those that begin with the reference. Throws `not_found` if there is none to pick.
 */
export async function managedReference(
  verb: string,
  reference: string | undefined,
  context: Context,
): Promise<string> {
  if (reference === undefined) return await pickManagedHere(verb, context);
  if (!canAsk(context)) return reference;
  const { managedHere, namedExactly } = await import('../../lifecycle/find/managed-here.js');
  if ((await namedExactly(reference, context)).length > 0) return reference;
  const wanted = exactName(reference);
  const begins = (await managedHere(context)).filter(
    ({ name, versions }) => name.startsWith(wanted) || versions.some(({ id }) => id.startsWith(reference)),
  );
  const inUse = begins.filter((managed) => currentVersion(managed) !== null);
  return inUse.length === 0 ? reference : await pickManaged(verb, inUse, context);
}

/** Id of a managed key of this machine that a person picks. Throws `not_found` if there is none. */
async function pickManagedHere(verb: string, context: Context): Promise<string> {
  const { managedHere } = await import('../../lifecycle/find/managed-here.js');
  return await pickManaged(verb, await managedHere(context), context, asOperand);
}

/** Id of the place of a key that a person picks. Throws `not_found` if the key has none. */
export async function pickPlace(
  { name, places }: Pick<ManagedKey, 'name' | 'places'>,
  context: Pick<Context, 'prompts'>,
): Promise<string> {
  if (places.length === 0) throw new KeysError('not_found', `${name} has no place`);
  const choices = places.map(({ id, label }) => ({ value: id, title: label, search: label }));
  const message = 'Which place? (type a part of it)';
  const question = { message, flag: 'the place', asArguments: asOperand };
  return await (await context.prompts()).pick({ ...question, choices });
}

/**
 * Id of a key that a person picks among those whose secret is saved on this machine. Throws `not_found` if
 * there is none.
 */
export async function pickSaved(
  verb: string,
  context: Context,
  asArguments: (id: string) => readonly string[] = asOperand,
): Promise<string> {
  const [{ hasSavedSecret }, { managedHere }] = await Promise.all([
    import('../../lifecycle/places/find-saved-secret.js'),
    import('../../lifecycle/find/managed-here.js'),
  ]);
  const ledger = await context.ledger();
  const saved: ManagedKey[] = [];
  for (const key of await managedHere(context)) if (await hasSavedSecret(key, ledger)) saved.push(key);
  return await pickManaged(verb, saved, context, asArguments);
}

function choiceOf(key: Key, now: number): PickChoice {
  return { ...shownAs(key, now), value: key.id, search: `${key.name}\n${key.id}` };
}

async function pick(
  verb: string,
  choices: readonly PickChoice[],
  context: Pick<Context, 'prompts'>,
  asArguments: (id: string) => readonly string[] = () => [],
): Promise<string> {
  if (choices.length === 0) {
    throw new KeysError('not_found', `no key to ${verb}`, { next: 'list_or_import_keys' });
  }
  const message = `Which key? (${verb}; type a part of its name or id)`;
  const question = { message, flag: 'the name or id of a key', asArguments };
  return await (await context.prompts()).pick({ ...question, choices });
}

/** `web`, then `sk_live_…W9xY  key_8fK2…  retiring, ends in 11h`. */
function shownAs(
  { id, name, prefix, hint, expires_at, status }: Key,
  now: number,
): Required<Pick<PickChoice, 'title' | 'details'>> {
  const shown = prefix === undefined ? [] : [`${prefix}…${hint ?? ''}`];
  // A key that works without a condition needs no word for that.
  const stands = status === undefined || status === 'active' ? [] : [status];
  const ends = expires_at ? `ends ${relativeTime(expires_at, now)}` : 'has no end';
  const end = expires_at === undefined ? [] : [ends];
  return { title: name, details: [...shown, id, [...stands, ...end].join(', ')].join('  ').trimEnd() };
}
