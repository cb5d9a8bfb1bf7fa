import { Command } from '@commander-js/extra-typings';
import type { Connection } from '../../connect/connection.js';
import type { TargetedProvider } from '../../connect/targeted-provider.js';
import { compact } from '../../domain/compact.js';
import { credentialDigests } from '../../domain/credential-digests.js';
import { KeysError } from '../../domain/errors.js';
import { statusAt } from '../../domain/filter-keys.js';
import { type Credential, credentialParts, type Key } from '../../domain/key.js';
import type {
  InvalidReason,
  KeyService,
  RequestFacts,
  Verdict,
  VerifyKey,
} from '../../domain/key-service.js';
import type { LiveAnswer } from '../../domain/live-answer.js';
import { cleanPastedSecret } from '../../domain/pasted-secret.js';
import type { Provider } from '../../domain/provider.js';
import { type Resemblance, recognise } from '../../domain/recognise.js';
import { inspectSecret } from '../../domain/secret-format.js';
import { signBytes } from '../../domain/signatures.js';
import { keyFields } from '../../terminal/key-columns.js';
import type { Context } from '../context.js';
import { readCredential as readPastedCredential } from '../find-credential.js';

interface VerifyFlags {
  readonly scope?: string;
  readonly ip?: string;
  readonly referrer?: string;
  readonly method?: string;
  readonly path?: string;
}

/** Beside what a key service says: what was found before it was asked, and what another vendor's status means. */
type Reason =
  | InvalidReason
  | 'not_accepted'
  | 'payment_required'
  | 'forbidden'
  | 'other_provider'
  | 'superseded';

/** What to do about each reason. */
const ADVICE: Readonly<Record<Reason, string>> = {
  malformed: 'it is too short, too long, or holds a character that no key has: copy it again, whole',
  mistyped: 'its checksum is wrong: a character was changed; copy it again',
  unknown: 'no such key here: is it for another service or profile?',
  revoked: 'create a new key',
  expired: 'create a new key, or take its successor where it was rolled',
  ip_not_allowed: 'it may be used from some addresses only: say which with --ip, or change its restrictions',
  referrer_not_allowed:
    'it may be used from some pages only: say which with --referrer, or change its restrictions',
  endpoint_not_allowed: 'it may be used for some endpoints only: say which with --method and --path',
  scope_missing: 'create or update a key that has the scope',
  signature_missing: 'a pair is verified with both halves: two lines on stdin, the API key first',
  signature_wrong:
    'the secret key is not the one that belongs to this API key; are the halves of two pairs mixed?',
  not_accepted: 'unknown, revoked or expired: the vendor does not say which',
  payment_required: "the key may be good, but the account's subscription has ended",
  forbidden: 'the key is known, but lacks a permission for this',
  other_provider: 'it does not begin as keys of this provider do',
  wrong_environment: 'take the key of this environment, or the other profile',
  superseded: 'take its successor',
};

export function verifyCommand(context: Context) {
  return new Command('verify')
    .description(
      'Says whether a key is good, and if not, why. The key comes from stdin or a masked prompt, never from the command line.',
    )
    .argument('[nothing]', 'a key is not taken here: others on this machine can read a command line')
    .option('--scope <scope>', 'must have this scope')
    .option('--ip <address>', 'as used from this address')
    .option('--referrer <url>', 'as used from this page')
    .option('--method <method>', 'as used for this method, with --path')
    .option('--path <path>', 'as used for this path, with --method')
    .addHelpText(
      'after',
      `
Output:
  exit 0: valid; 7: not valid; 5: could not be told. 6: this vendor has no way to tell.
  --json prints {"valid","reason","provider","looks_like","advice","key"}

Examples:
  keys verify <<<"$KEY"
  keys verify --scope invoices:read --ip 203.0.113.7 < key.txt`,
    )
    .action((argument, flags) => verify(argument, flags, context));
}

/** What was found out. `valid` null: nothing could be told. */
interface Finding {
  readonly valid: boolean | null;
  readonly reason?: Reason;
  /** What to do, where the reason alone does not say it. */
  readonly advice?: string;
  readonly key?: Key;
}

async function verify(argument: string | undefined, flags: VerifyFlags, context: Context): Promise<void> {
  const { targetedProvider } = await import('../../connect/targeted-provider.js');
  const { loadAllProviders } = await import('../../providers/registry.js');
  if (argument !== undefined) {
    throw new KeysError('usage', 'a key does not belong on a command line, where other users can read it', {
      hint: 'give it on stdin: keys verify < file; and roll it if this machine is shared',
    });
  }
  if ((flags.method === undefined) !== (flags.path === undefined)) {
    throw new KeysError('usage', '--method and --path go together');
  }
  const target = await targetedProvider(context);
  const credential = await readCredential(target.provider, context);
  const looksLike = recognise(identifyingPart(credential), await loadAllProviders(context));
  const slip = target.provider.id === 'keys' ? slipOf(identifyingPart(credential)) : null;
  const connection = slip === null ? undefined : await connectionOrNull(context);
  const finding =
    slip !== null && (await connection?.issuesOurFormat())
      ? { valid: false, reason: slip }
      : ((await findOffline(credential, looksLike, target, slip, context)) ??
        (await askService(credential, flags, target, connection, context)));
  await conclude(finding, looksLike, target.provider, context);
}

function identifyingPart(credential: Credential): string {
  return credentialParts(credential)[0] ?? '';
}

async function readCredential({ format }: Provider, context: Context): Promise<Credential> {
  const ask = async (message: string) =>
    (await context.prompts()).secret({ message, flag: 'a key on stdin' });
  if (format.kind === 'pair') return await readPastedCredential({ format }, context);
  // One line break at the end is the shell's, not the key's.
  const text = context.input.isTerminal
    ? await ask('Key')
    : (await context.input.readText()).replace(/\r?\n$/, '');
  const { secret, removed } = cleanPastedSecret(text);
  if (secret === '') throw new KeysError('usage', 'no key on stdin', { hint: 'keys verify <<<"$KEY"' });
  if (removed === 'quotes') context.output.hint('quotes around the key were left out');
  return { secret };
}

/** What can be told without sending anything; null where nothing speaks against the key. */
async function findOffline(
  credential: Credential,
  looksLike: readonly Resemblance[],
  target: TargetedProvider,
  slip: Slip | null,
  context: Context,
): Promise<Finding | null> {
  const text = identifyingPart(credential);
  const { provider } = target;
  if (slip !== null) {
    context.output.hint(`if this is a key of a keys service, it is ${slip}; asking the service all the same`);
  }
  if (/\s/.test(text)) {
    context.output.hint('there is white space inside the key: was it cut by a line break?');
    if (provider.id !== 'keys') return { valid: false, reason: 'malformed' };
  }
  const own = looksLike.find((one) => one.provider === provider.id);
  if (provider.format.prefixes.length > 0 && own === undefined && provider.id !== 'keys') {
    return { valid: false, reason: 'other_provider', ...elsewhere(looksLike) };
  }
  const known = await (await context.ledger()).byDigest(credentialDigests(credential)[0] ?? '');
  const key = known && { ...known.key, status: statusAt(known.key, context.clock.now()) };
  if (key && key.status !== 'active' && key.status !== 'retiring') {
    const successor = key.rolled_to ? { advice: `it was rolled: take its successor ${key.rolled_to}` } : {};
    return { valid: false, reason: key.rolled_to ? 'superseded' : key.status, key, ...successor };
  }
  const environment = own?.environment ?? key?.environment ?? undefined;
  // The vendor's own address is the one of its first environment.
  const expected = target.environment ?? (target.managedByHand ? provider.environments[0] : undefined);
  if (environment !== undefined && expected !== undefined && environment !== expected) {
    return {
      valid: false,
      reason: 'wrong_environment',
      advice: `it is a key for ${environment}, and this address is for ${expected}`,
    };
  }
  return null;
}

/** What is wrong with the form of a text that has one of our prefixes. Conclusive only if the service's keys all have our checksum. */
type Slip = 'malformed' | 'mistyped';

function slipOf(text: string): Slip | null {
  const { shape } = inspectSecret(text);
  if (shape === 'mistyped') return 'mistyped';
  return shape === 'truncated' || shape === 'malformed' ? 'malformed' : null;
}

function elsewhere(looksLike: readonly Resemblance[]): { advice: string } | undefined {
  const [other] = looksLike;
  return other && { advice: `it looks like a key of ${other.title}: --provider ${other.provider}` };
}

/** Asks the service that manages the key, with its own credential; else the key is tried where that changes nothing. */
async function askService(
  credential: Credential,
  flags: VerifyFlags,
  target: TargetedProvider,
  opened: Connection | null | undefined,
  context: Context,
): Promise<Finding> {
  const manages = target.provider.id === 'keys' || !target.managedByHand;
  const connection = opened === undefined && manages ? await connectionOrNull(context) : opened;
  if (connection) {
    const signature = 'secret_key' in credential ? { signature: signBytes(credential.secret_key, '{}') } : {};
    const verdict = await verdictOf(connection.service, {
      key: identifyingPart(credential),
      ...signature,
      ...(compact(flags) as RequestFacts),
    });
    if (verdict !== null) return verdict;
  }
  if (Object.keys(flags).length > 0) {
    context.output.warn(
      'the key is tried as it is: only a management key can ask about scopes and restrictions',
    );
  }
  const [{ tryKey }, { loadProvider }] = await Promise.all([
    import('../../connect/client.js'),
    import('../../providers/registry.js'),
  ]);
  const definition = await loadProvider(target.provider.id, context);
  const { baseUrl, set } = target;
  return ofAnswer(await tryKey(context, definition, { baseUrl, set }, credential));
}

/** Null where this service has no way to judge a key. */
async function verdictOf(service: KeyService, request: VerifyKey): Promise<Verdict | null> {
  try {
    return await service.verify(request);
  } catch (error) {
    if (error instanceof KeysError && (error.code === 'unsupported' || error.code === 'not_found'))
      return null;
    throw error;
  }
}

/** Without a credential of our own the key can still be tried. */
async function connectionOrNull(context: Context): Promise<Connection | null> {
  const { connect } = await import('../../connect/connect.js');
  try {
    return await connect(context);
  } catch (error) {
    if (error instanceof KeysError && error.code === 'not_logged_in') return null;
    throw error;
  }
}

function ofAnswer(answer: LiveAnswer): Finding {
  switch (answer.outcome) {
    case 'accepted':
      return { valid: true };
    case 'refused':
      return {
        valid: false,
        reason: answer.reason ?? REASON_BY_STATUS[answer.status] ?? 'not_accepted',
        advice: answer.message,
      };
    case 'unreachable':
      throw new KeysError('unreachable', `nothing could be told: ${answer.message}`, {
        hint: 'try again later',
      });
    default:
      return { valid: null, advice: answer.message };
  }
}

const REASON_BY_STATUS: Readonly<Record<number, Reason>> = { 402: 'payment_required', 403: 'forbidden' };

/** One line of verdict, one of what to do. */
async function conclude(
  finding: Finding,
  looksLike: readonly Resemblance[],
  provider: Provider,
  context: Context,
): Promise<void> {
  const output = context.output;
  const { valid, reason, advice, key } = finding;
  const fields = key ? keyFields(key, context.clock.now(), output.human) : [];
  const seems = looksLike.map(({ title, environment }) => (environment ? `${title}, ${environment}` : title));
  const json = {
    valid,
    ...compact({ reason }),
    provider: provider.id,
    looks_like: looksLike.map(({ provider: id, environment, type }) =>
      compact({ provider: id, environment, type }),
    ),
    ...compact({ advice, key }),
  };
  const resemblance =
    output.human && seems.length > 0 ? [['looks like a key of', seems.join('; ')] as const] : [];
  if (valid) return await output.record(json, [['verdict', 'valid'], ...resemblance, ...fields]);
  if (valid === null) {
    await output.record(json, [['verdict', 'cannot be told'], ...resemblance, ...fields]);
    throw new KeysError('unsupported', `whether the key is good cannot be told: ${advice ?? ''}`, {
      hint: 'nothing speaks against its form; use it where it is meant to be used',
    });
  }
  const told = reason ?? 'not_accepted';
  await output.record(json, [['verdict', `not valid: ${told}`], ...resemblance, ...fields]);
  throw new KeysError('key_not_valid', `the key is not valid: ${told.replaceAll('_', ' ')}`, {
    hint: advice ?? ADVICE[told],
    details: { reason: told },
  });
}
