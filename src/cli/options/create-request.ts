import type { Connection } from '../../connect/connection.js';
import { compact } from '../../domain/compact.js';
import type { CreateKey } from '../../domain/key-service.js';
import type { Context } from '../context.js';
import { type CreateFlags, readMembers, readRequest } from './create-flags.js';

/** The key that is asked for, and the flags that say it. */
export interface Asked {
  readonly flags: CreateFlags;
  /** Whether a person was asked when the key expires. */
  readonly askedExpiry?: true;
  readonly asked: CreateKey;
}

/**
 * Returns the request as the flags say it, or null if questions can complete it: see `askForRequest`. Throws
 * `usage` for a malformed flag in either case, before anything is opened.
 */
export async function readAsGiven(given: CreateFlags, context: Context): Promise<Asked | null> {
  if (await mayAsk(given, context)) {
    readMembers(given, context.clock.now());
    return null;
  }
  return await asGiven(given, context);
}

async function asGiven(given: CreateFlags, context: Context): Promise<Asked> {
  const { askMissing } = await import('../questions/ask-for-key.js');
  const flags = await askMissing(given, context);
  return { flags, asked: readRequest(flags, context.clock.now()) };
}

/**
 * Asks for what the flags leave open. It needs the connection, because answers would be lost if that failed
 * afterwards, and refuses first what no answer can change. A name is enough at a dashboard, which asks for
 * the rest itself, and for a key of one's own service, which can do nothing that it was not given.
 */
export async function askForRequest(
  given: CreateFlags,
  connection: Connection,
  context: Context,
): Promise<Asked> {
  if (given.name !== undefined && connection.kind !== 'remote') return await asGiven(given, context);
  if (!given.dryRun) {
    const { refuseBeforeQuestions } = await import('../questions/refuse-before-questions.js');
    const known = readMembers(given, context.clock.now());
    await refuseBeforeQuestions(known, given, connection, context);
  }
  return await askAll(given, connection, context);
}

/**
 * Whether questions can be asked and the flags leave everything open: they say no name, or, for a person who
 * reads the output, a name alone. Its defaults may be every right and no end.
 */
async function mayAsk(given: CreateFlags, context: Context): Promise<boolean> {
  if (given.yes) return false;
  const asks = given.name === undefined || (isNameAlone(given) && context.output.human);
  return asks && (await context.prompts()).available;
}

/** Whether the flags say nothing of the key but its name. */
function isNameAlone({ name, escrow: _, ...more }: CreateFlags): boolean {
  return name !== undefined && Object.values(more).every((value) => value === undefined);
}

/** Asks for everything that keys of this provider can have and the flags leave open. */
async function askAll(given: CreateFlags, connection: Connection, context: Context): Promise<Asked> {
  const [{ askMissing }, { askRights }, { askPlace }, { withOptionsOfSet }] = await Promise.all([
    import('../questions/ask-for-key.js'),
    import('../questions/ask-rights.js'),
    import('../questions/ask-place.js'),
    import('../../domain/set-options.js'),
  ]);
  const isTaken = async (name: string) => await hasWorkingKey(name, connection, context);
  const named = await askMissing(given, context, true, isTaken);
  const { options = {}, ...rights } = await askRights(given, connection, await context.prompts());
  const to = await askPlace(given, connection, context);
  const flags = { ...named, ...rights, ...compact({ to }) };
  const asked = withOptionsOfSet(connection.provider, readRequest(flags, context.clock.now()), options);
  return { asked, flags, askedExpiry: true };
}

/** Whether the ledger has a working key of this name in the account: a create would refuse it. */
async function hasWorkingKey(name: string, connection: Connection, context: Context): Promise<boolean> {
  const [{ existingLedger }, { managedNamed }, { accountOf }, { workingVersion }] = await Promise.all([
    import('../../storage/ledger/existing-ledger.js'),
    import('../../lifecycle/find/stored-name.js'),
    import('../../lifecycle/find/account-of.js'),
    import('../../domain/managed-key.js'),
  ]);
  const ledger = await existingLedger(context);
  if (ledger === null) return false;
  const { provider } = connection;
  const managed = await managedNamed(name, { account: accountOf(connection), ledger, provider });
  return managed !== null && workingVersion(managed, context.clock.now())?.state === 'active';
}
