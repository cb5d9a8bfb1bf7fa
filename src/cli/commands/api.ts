import { Command, Option } from '@commander-js/extra-typings';
import type { TargetedProvider } from '../../connect/targeted-provider.js';
import { codeForStatus, KeysError } from '../../domain/errors.js';
import { titleInSentence } from '../../domain/systems.js';
import { type ApiFlags, METHODS, readApiRequest } from '../api-request.js';
import type { Context } from '../context.js';
import { findCredential } from '../find-credential.js';
import { collect } from '../options/collect.js';

export function apiCommand(context: Context) {
  return new Command('api')
    .description(
      "Sends one request as the provider's documentation says: its headers, its scheme, signed where it signs. The key is never passed as an argument. The response's body goes to stdout, its status becomes the exit code.",
    )
    .argument('<method>', METHODS.join(', '))
    .argument('<path>', 'such as /v1/whoami; under the base URL, never an address')
    .option(
      '--key <key>',
      'a saved key, by id or name (on a terminal, also by prefix); - reads it from stdin',
    )
    .option('--environment <name>', 'what the key on stdin or in a variable is of, such as demo')
    .option('--data <source>', 'body: @file, or - for stdin; sent byte for byte')
    .addOption(repeated('--query <name=value>', 'a parameter; again for more'))
    .addOption(repeated('--header <name:value>', 'a header that is no credential; again for more'))
    .option('--include', 'print the status and headers of the response before its body')
    .addHelpText(
      'after',
      `
Examples:
  keys api GET /v1/whoami --profile team
  keys api GET /transactions/merchant/getAccountBalance --provider tylt --key shop
  keys api POST /orders --provider tylt --key shop --data @order.json`,
    )
    .action((method, path, flags) => api(method, path, flags, context));
}

function repeated<Flags extends string>(flags: Flags, about: string) {
  return new Option(flags, about).argParser<string[]>(collect);
}

async function api(method: string, path: string, flags: ApiFlags, context: Context): Promise<void> {
  const [{ targetedProvider }, { sendAsKey }, { noteUse }] = await Promise.all([
    import('../../connect/targeted-provider.js'),
    import('../../connect/send-as-key.js'),
    import('../../lifecycle/note-use.js'),
  ]);
  const target = await targetedProvider(context, flags.environment);
  const { provider, baseUrl } = target;
  if (baseUrl === null) throw noAddress(target);
  const request = await readApiRequest({ method, path, baseUrl }, flags, context);
  const found = await findCredential({ key: flags.key, environment: flags.environment }, context);
  const response = await sendAsKey(request, found.credential, provider.id, context);
  // A request without a response has used nothing, as far as is known.
  if (found.saved !== undefined) await noteUse(found.saved, context);
  const output = context.output;
  if (flags.include) {
    const lines = Object.entries(response.headers).map(([name, value]) => `${name}: ${value}\n`);
    await output.print(`HTTP ${response.status}\n${lines.join('')}\n`);
  }
  await output.print(response.body);
  if (response.status >= 200 && response.status < 300) return;
  throw new KeysError(
    codeForStatus(response.status),
    `the response is ${response.status}: ${request.method} ${request.url.split('?')[0]}`,
  );
}

/** Why there is no address to send to, and what gives one. */
function noAddress({ provider, environment, set }: TargetedProvider): KeysError {
  const missing = provider.context.find(({ name, required }) => required && set[name] === undefined);
  if (provider.baseUrl !== null && missing !== undefined) {
    const required = `--set ${missing.name}=… is required for ${titleInSentence(provider)}, or --base-url`;
    return new KeysError('missing_answer', required, {
      next: 'add_profile',
      details: { provider: provider.id, option: missing.name },
    });
  }
  const of = environment === undefined ? '' : ` for ${environment}`;
  return new KeysError('missing_answer', `--base-url is required for ${titleInSentence(provider)}${of}`, {
    ...(environment !== undefined
      ? { next: 'give_address', details: { provider: provider.id, environment } }
      : {
          hint: 'such as --base-url https://keys.example.com, or a --profile that has one; the embedded service takes no requests: keys serve gives it an address',
        }),
  });
}
