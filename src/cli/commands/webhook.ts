import { Command } from '@commander-js/extra-typings';
import { diagnoseSignature } from '../../domain/diagnose-signature.js';
import { KeysError } from '../../domain/errors.js';
import { signatureMatches, signBytes } from '../../domain/signatures.js';
import type { Context } from '../context.js';
import { openSigner } from '../webhook-signer.js';

interface WebhookFlags {
  readonly key?: string;
}

/** Most bytes of a webhook's body. */
const MOST_BYTES = 16 * 1024 * 1024;

export function webhookCommand(context: Context) {
  const webhook = new Command('webhook')
    .description("A webhook's signature: HMAC-SHA256 over the raw body, as lower-case hex.")
    .addHelpText(
      'after',
      `
Examples:
  keys webhook verify --provider tylt --key shop --signature "$SIGNATURE" body.json
  keys webhook sign --provider trust-swiftly < body.json`,
    );
  webhook
    .command('verify')
    .summary('check a signature; exit 7 when it is wrong')
    .description('Checks a signature over exactly the bytes that came, in constant time.')
    .argument('[file]', 'the raw body; - or none: stdin', '-')
    .requiredOption('--signature <hex>', 'the signature that came in the header')
    .option('--key <key>', "a saved key whose secret signs (default: the provider's environment variable)")
    .action((file, flags) => verify(file, flags, context));
  webhook
    .command('sign')
    .summary('make a signature, for tests')
    .description('Signs a body as the provider would.')
    .argument('[file]', 'the raw body; - or none: stdin', '-')
    .option('--key <key>', "a saved key whose secret signs (default: the provider's environment variable)")
    .action((file, flags) => sign(file, flags, context));
  return webhook;
}

async function verify(
  file: string,
  flags: WebhookFlags & { readonly signature: string },
  context: Context,
): Promise<void> {
  const { webhook, provider, secret } = await openSigner(flags.key, context);
  const body = await readBody(file, context);
  const output = context.output;
  const header = webhook.header;
  if (signatureMatches(secret, body, flags.signature)) {
    return await output.record({ valid: true, provider: provider.id, header }, [['verdict', 'valid']]);
  }
  const { reason, advice } = diagnoseSignature(secret, body, flags.signature);
  await output.record({ valid: false, provider: provider.id, header, reason }, [
    ['verdict', `not valid: ${reason}`],
  ]);
  throw new KeysError('key_not_valid', `the signature is not valid: ${reason.replaceAll('_', ' ')}`, {
    hint: advice,
    details: { reason },
  });
}

async function sign(file: string, flags: WebhookFlags, context: Context): Promise<void> {
  const { webhook, secret } = await openSigner(flags.key, context);
  const signature = signBytes(secret, await readBody(file, context));
  await context.output.record({ header: webhook.header, signature }, [[webhook.header, signature]]);
}

async function readBody(file: string, context: Context): Promise<Uint8Array> {
  const { readUserFile } = await import('../../storage/user-files.js');
  return file === '-' ? await context.input.readBytes(MOST_BYTES) : await readUserFile(file, MOST_BYTES);
}
