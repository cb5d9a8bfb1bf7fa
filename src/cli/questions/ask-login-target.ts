import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import { isManagedByHand, type Provider } from '../../domain/provider.js';
import type { Prompts } from '../../terminal/prompts.js';
import type { Context, GlobalFlags } from '../context.js';

/** Asks whose keys a person wants to manage, and what that provider must be told. Returns it as flags. */
export async function askLoginTarget(
  context: Context,
): Promise<Pick<GlobalFlags, 'provider' | 'baseUrl' | 'set'>> {
  const { loadAllProviders } = await import('../../providers/registry.js');
  const prompts = await context.prompts();
  const providers = (await loadAllProviders(context)).filter((one) => !isManagedByHand(one, null));
  const provider = await prompts.pick({
    message: 'Log in to which service?',
    flag: '--provider or --base-url',
    asArguments: (id) => ['--provider', id],
    choices: providers.map(({ id, title }) => ({
      value: id,
      title: `${title} (${id})`,
      search: `${title}\n${id}`,
    })),
  });
  const chosen = providers.find(({ id }) => id === provider);
  if (chosen === undefined) throw new TypeError('a choice is one of the providers');
  const baseUrl = chosen.baseUrl === null ? await askAddress(prompts) : undefined;
  return { provider, ...compact({ baseUrl }), set: await askContext(chosen, context) };
}

async function askAddress(prompts: Prompts): Promise<string> {
  const { normalizeBaseUrl } = await import('../../connect/base-url.js');
  return await prompts.text({
    message: 'Address of the service, such as https://keys.example.com',
    flag: '--base-url',
    check(text) {
      try {
        normalizeBaseUrl(text);
        return true;
      } catch (error) {
        return error instanceof KeysError ? error.message : String(error);
      }
    },
  });
}

/** `name=value` pairs; those that the flags have, and those that are required and were not given. */
async function askContext({ context: fields }: Provider, context: Context): Promise<string[]> {
  const { set = [] } = context.flags;
  const prompts = await context.prompts();
  const asked: string[] = [...set];
  for (const { name, about, required } of fields) {
    if (!required || set.some((pair) => pair.startsWith(`${name}=`))) continue;
    const value = await prompts.text({
      message: `${name}: ${about}`,
      flag: `--set ${name}=…`,
      check: (text) => text.trim() !== '' || `${name} is needed`,
    });
    asked.push(`${name}=${value.trim()}`);
  }
  return asked;
}
