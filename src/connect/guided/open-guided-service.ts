import { compact } from '../../domain/compact.js';
import type { KeyService } from '../../domain/key-service.js';
import type { ProviderDefinition } from '../../providers/define-provider.js';
import { loadAllProviders } from '../../providers/registry.js';
import { openSavedSecrets } from '../../storage/ledger/saved-secrets.js';
import { tryKey } from '../client.js';
import type { ConnectChoices, ConnectContext } from '../connection.js';
import type { Target } from '../resolve-target.js';
import { addressInEnvironment } from '../targeted-provider.js';
import { createConversation } from './converse.js';
import { createGuidedService } from './guided-service.js';

/** Opens the keys of a vendor that a person manages in its dashboard. */
export async function openGuidedService(
  context: ConnectContext,
  provider: ProviderDefinition,
  target: Target,
  choices: ConnectChoices,
): Promise<KeyService> {
  return createGuidedService({
    provider,
    providers: () => loadAllProviders(context),
    conversation: createConversation({
      output: context.output,
      input: context.input,
      prompts: () => context.prompts(),
      openPage: pageOpener(context),
      yes: choices.yes === true,
    }),
    ledger: await context.ledger(),
    secrets: openSavedSecrets(context, choices),
    clock: context.clock,
    anyForm: Boolean(context.env['KEYS_ANY_CREDENTIAL']),
    asked: compact({
      ...{ to: choices.to, insecureStorage: choices.insecureStorage },
      ...{ set: context.flags.set, profile: context.flags.profile },
    }),
    baseUrl: target.baseUrl,
    check: (credential, environment) =>
      tryKey(
        context,
        provider,
        { baseUrl: addressInEnvironment(provider, target, environment), set: target.set },
        credential,
      ),
  });
}

/**
 * Opens a page with the program that `BROWSER` names, wherever it is set; else in the desktop's browser. Null if no page can be
 * opened: `--no-browser`, `--no-input`, or neither `BROWSER` nor a desktop with a person at it.
 */
function pageOpener(
  context: Pick<ConnectContext, 'env' | 'flags' | 'process'>,
): ((url: string) => Promise<void>) | null {
  const { env, flags } = context;
  if (flags.browser === false || flags.input === false) return null;
  const program = env['BROWSER'];
  if (program) return (url) => openWith(program, url, env);
  const { isAttended, platform } = context.process;
  const display = platform === 'darwin' || platform === 'win32' || env['DISPLAY'] || env['WAYLAND_DISPLAY'];
  if (!isAttended || !display || env['CI']) return null;
  return async (url) => {
    const { default: open } = await import('open');
    // The address is on the screen in any case.
    await open(url).catch(() => undefined);
  };
}

/** Starts the first program of a list with colons, with the address in the place of `%s` or at the end, and does not wait for it. */
async function openWith(list: string, url: string, env: ConnectContext['env']): Promise<void> {
  const [{ execa }, { childEnvironment }] = await Promise.all([
    import('execa'),
    import('../../domain/child-environment.js'),
  ]);
  const [command = ''] = list.split(':');
  const words = command.split(' ').filter((word) => word !== '');
  const named = words.some((word) => word.includes('%s')) ? words : [...words, '%s'];
  const [program = '', ...args] = named.map((word) => word.replaceAll('%s', url));
  const started = execa(program, args, {
    ...{ env: childEnvironment(env), extendEnv: false, stdio: 'ignore', detached: true, reject: false },
  } as const);
  started.unref();
}
