import { Command } from '@commander-js/extra-typings';
import { KeysError } from '../../domain/errors.js';
import { requireEnvironmentOf } from '../../domain/expressible.js';
import { holdsSecret } from '../../domain/holds-secret.js';
import { identifyingPart } from '../../domain/key.js';
import type { RequestFacts } from '../../domain/key-service.js';
import { recognise } from '../../domain/recognise.js';
import type { Context } from '../context.js';
import { credentialInFile } from '../credential-in-file.js';
import { judge } from '../judge-key.js';
import { readKeyToVerify } from '../questions/read-key-to-verify.js';
import { showVerdict } from '../show/show-verdict.js';

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
  await showVerdict(judgement, looksLike, target.provider, context);
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
