import { Command } from '@commander-js/extra-typings';
import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import { requireEnvironmentOf } from '../../domain/expressible.js';
import { holdsSecret } from '../../domain/holds-secret.js';
import { type Credential, identifyingPart } from '../../domain/key.js';
import type { RequestFacts } from '../../domain/key-service.js';
import { pipedLines } from '../../domain/piped-lines.js';
import type { Provider } from '../../domain/provider.js';
import { type Resemblance, recognise } from '../../domain/recognise.js';
import { keyFields } from '../../terminal/key-columns.js';
import type { Context } from '../context.js';
import { credentialInFile } from '../credential-in-file.js';
import { readPastedCredential } from '../find-credential.js';
import { type Judgement, judge, type Reason } from '../judge-key.js';

/** What to do about each reason. */
const ADVICE: Readonly<Record<Reason, string>> = {
  malformed: 'it is too short, too long, or holds a character that no key has: copy it again, whole',
  mistyped: 'its checksum is wrong: a character was changed; copy it again',
  unknown: 'no such key here: is it for another service or profile?',
  disabled: 'it is paused: unpause it',
  revoked: 'create a new key',
  expired: 'create a new key, or take its successor where it was rolled',
  ip_not_allowed: 'it may be used from some addresses only: say which with --ip, or change its restrictions',
  referrer_not_allowed:
    'it may be used from some pages only: say which with --referrer, or change its restrictions',
  endpoint_not_allowed: 'it may be used for some endpoints only: say which with --method and --path',
  scope_missing: 'create or update a key that has the scope',
  rate_limited: 'it is good, and was used too often: try again in a while',
  quota_exceeded: 'it is good, and its quota is used up: raise the quota, or wait for the next period',
  used_up: 'every use that it had is used: create a new key',
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

interface VerifyFlags extends RequestFacts {
  readonly from?: string;
}

export function verifyCommand(context: Context) {
  return new Command('verify')
    .description(
      'Says whether a key is valid, and if not, why. The key comes from stdin, a masked prompt or an env file, never from the command line.',
    )
    .usage('[options]')
    .argument('[nothing]', 'give no key here: others on this machine can read a command line')
    .option('--from <place>', "read it from a variable in an env file: PATH#NAME (default: the provider's)")
    .option('--scope <scope>', 'must have this scope')
    .option('--ip <address>', 'as used from this address')
    .option('--environment <name>', 'as used in this environment')
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
  keys verify --from .env#BILLING_API_KEY
  keys verify --scope invoices:read --ip 203.0.113.7 < key.txt`,
    )
    .action((argument, flags) => verify(argument, flags, context));
}

async function verify(
  argument: string | undefined,
  { from, ...facts }: VerifyFlags,
  context: Context,
): Promise<void> {
  const { targetedProvider } = await import('../../connect/targeted-provider.js');
  const { loadAllProviders } = await import('../../providers/registry.js');
  if (argument !== undefined) await refuseArgument(argument, context);
  if ((facts.method === undefined) !== (facts.path === undefined)) {
    throw new KeysError('usage', '--method and --path go together');
  }
  const target = await targetedProvider(context, facts.environment);
  if (facts.environment !== undefined) requireEnvironmentOf(target.provider, facts.environment);
  const credential =
    from === undefined
      ? await readKeyToVerify(target.provider, context)
      : await credentialInFile(from, target.provider, context);
  const looksLike = recognise(identifyingPart(credential), await loadAllProviders(context));
  const judgement = await judge({ credential, looksLike, target, facts }, context);
  const { noteVerdict } = await import('../../lifecycle/note-status.js');
  await noteVerdict(credential, judgement, await context.ledger());
  await conclude(judgement, looksLike, target.provider, context);
}

/** Throws `usage`. Only a key in the command line is a reason to roll it: a name or an id is none. */
async function refuseArgument(argument: string, context: Context): Promise<never> {
  const { namedExactly } = await import('../../lifecycle/find/managed-here.js');
  const isNamed = async () => (await namedExactly(argument, context)).length > 0;
  if (!holdsSecret(argument) && (await isNamed().catch(() => false))) {
    throw new KeysError('usage', 'verify takes the secret of a key, not its name', {
      hint: 'give it on stdin: keys verify <<<"$KEY"; keys show tells a key\'s state by its name',
    });
  }
  throw new KeysError('usage', 'a key does not belong on a command line, where other users can read it', {
    hint: 'give it on stdin: keys verify < file; and roll it if this machine is shared',
  });
}

async function readKeyToVerify({ format, variables }: Provider, context: Context): Promise<Credential> {
  if (format.kind === 'pair') return await readPastedCredential({ format, variables }, context);
  const text = context.input.isTerminal
    ? await (await context.prompts()).secret({ message: 'Key', flag: 'a key on stdin' })
    : await context.input.readText();
  const piped = pipedLines(text, { hint: 'name one: keys verify --from .env#NAME' });
  // A line break inside a key is part of what is judged.
  const secret = piped.lines.join('\n');
  const [variable] = piped.from;
  if (secret === '') throw new KeysError('usage', 'no key on stdin', { hint: 'keys verify <<<"$KEY"' });
  refuseSeveral(piped.lines, format);
  if (variable !== undefined) context.output.hint(`the key is the value of ${variable}`);
  if (piped.unquoted) context.output.hint('quotes around the key were left out');
  return { secret };
}

/** Throws `usage` for several whole keys: that one of them is malformed would be untrue. */
function refuseSeveral(lines: readonly string[], { prefixes }: Provider['format']): void {
  const begun = lines.filter((line) => prefixes.some(({ prefix }) => line.startsWith(prefix)));
  if (begun.length < 2) return;
  throw new KeysError('usage', `${begun.length} keys on stdin`, { hint: 'one key, alone' });
}

/** One line of verdict, one of what to do. */
async function conclude(
  judgement: Judgement,
  looksLike: readonly Resemblance[],
  provider: Provider,
  context: Context,
): Promise<void> {
  const output = context.output;
  const { valid, reason, advice, key } = judgement;
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
    await output.record(json, [['verdict', 'cannot tell'], ...resemblance, ...fields]);
    throw new KeysError('unsupported', `cannot verify this key: ${advice ?? ''}`, {
      hint: 'its format looks right; try it with the program that uses it',
    });
  }
  const told = reason ?? 'not_accepted';
  await output.record(json, [['verdict', `not valid: ${told}`], ...resemblance, ...fields]);
  throw new KeysError('key_not_valid', `the key is not valid: ${told.replaceAll('_', ' ')}`, {
    hint: advice ?? ADVICE[told],
    details: { reason: told },
  });
}
