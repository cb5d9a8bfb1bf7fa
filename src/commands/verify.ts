import { Command } from '@commander-js/extra-typings';
import type { Deps } from '../deps.js';
import { KeysError } from '../domain/errors.js';
import type { InvalidReason, RequestFacts, Verdict } from '../domain/key-service.js';
import { cleanPastedSecret, inspectSecret } from '../domain/secret-format.js';
import { keyFields } from './key-columns.js';
import { present } from './key-options.js';

interface VerifyFlags {
  readonly scope?: string;
  readonly ip?: string;
  readonly referrer?: string;
  readonly method?: string;
  readonly path?: string;
}

/** What to do about each reason. */
const ADVICE: Readonly<Record<InvalidReason, string>> = {
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
};

export function verifyCommand(deps: Deps) {
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
  exit 0: valid; 7: not valid; 5: could not be told. --json prints {"valid","reason","key"}

Examples:
  keys verify <<<"$KEY"
  keys verify --scope invoices:read --ip 203.0.113.7 < key.txt`,
    )
    .action((argument, flags) => verify(argument, flags, deps));
}

type VerifyDeps = Pick<Deps, 'clock' | 'connect' | 'input' | 'output' | 'prompts'>;

async function verify(argument: string | undefined, flags: VerifyFlags, deps: VerifyDeps): Promise<void> {
  if (argument !== undefined) {
    throw new KeysError('usage', 'a key does not belong on a command line, where other users can read it', {
      hint: 'give it on stdin: keys verify < file; and roll it if this machine is shared',
    });
  }
  if ((flags.method === undefined) !== (flags.path === undefined)) {
    throw new KeysError('usage', '--method and --path go together');
  }
  const output = deps.output();
  const { secret, removed } = cleanPastedSecret(await readSecret(deps));
  if (secret === '') throw new KeysError('usage', 'no key on stdin', { hint: 'keys verify <<<"$KEY"' });
  if (removed === 'quotes') output.hint('quotes around the key were left out');
  const connection = await deps.connect();
  const { shape } = inspectSecret(secret);
  const slip = shape === 'truncated' || shape === 'malformed' || shape === 'mistyped' ? shape : null;
  if (slip !== null && connection.issuesOurFormat) {
    return await conclude({ valid: false, reason: slip === 'mistyped' ? 'mistyped' : 'malformed' }, deps);
  }
  if (slip !== null)
    output.hint(`if this is a key of a keys service, it is ${slip}; asking the service all the same`);
  if (/\s/.test(secret)) {
    output.hint('there is white space inside the key: was it cut by a line break?');
  }
  await conclude(await connection.service.verify({ key: secret, ...(present(flags) as RequestFacts) }), deps);
}

async function readSecret(deps: Pick<Deps, 'input' | 'prompts'>): Promise<string> {
  if (!deps.input.isTerminal) {
    const text = await deps.input.readText();
    // One line break at the end is the shell's, not the key's.
    return text.replace(/\r?\n$/, '');
  }
  return await (await deps.prompts()).secret({ message: 'Key', flag: 'a key on stdin' });
}

async function conclude(verdict: Verdict, deps: Pick<Deps, 'output' | 'clock'>): Promise<void> {
  const output = deps.output();
  const fields = verdict.key ? keyFields(verdict.key, deps.clock.now(), output.human) : [];
  if (verdict.valid) return await output.record(verdict, [['verdict', 'valid'], ...fields]);
  await output.record(verdict, [['verdict', `not valid: ${verdict.reason}`], ...fields]);
  throw new KeysError('key_not_valid', `the key is not valid: ${verdict.reason.replaceAll('_', ' ')}`, {
    hint: ADVICE[verdict.reason],
    details: { reason: verdict.reason },
  });
}
