import type { TargetedProvider } from '../connect/targeted-provider.js';
import { fromPiped, fromText, fromVariable } from '../domain/credential-text.js';
import { KeysError } from '../domain/errors.js';
import type { Credential } from '../domain/key.js';
import type { Provider } from '../domain/provider.js';
import { titleInSentence } from '../domain/systems.js';
import type { SavedSecret } from '../lifecycle/places/find-saved-secret.js';
import type { ProviderDefinition } from '../providers/define-provider.js';
import type { Context } from './context.js';

/** What a command says of the credential that it needs. */
interface Wanted {
  /** The saved key; `-`: the one on stdin. */
  readonly key: string | undefined;
  /** The environment that the request is for. */
  readonly environment: string | undefined;
}

/** What to do where stdin has several variables, and no flag names one. */
const ONE_OF_SEVERAL = "give the value of one, alone, such as the output of: grep '^NAME=' .env";

interface FoundCredential {
  readonly credential: Credential;
  /** The saved key whose secret it is. */
  readonly saved?: SavedSecret;
}

/**
 * The credential for a request of the provider's own: the saved key that `--key` names (`-`: the one on
 * stdin), else the one in the environment (`KEYS_API_KEY`, or the provider's own variables), else the
 * profile's. Throws `not_logged_in`, `refused` for a key of another environment than the address, and
 * `missing_answer` where its environment must be said.
 */
export async function findCredential(
  { key, environment: asked }: Wanted,
  context: Context,
): Promise<FoundCredential> {
  const { targetedProvider } = await import('../connect/targeted-provider.js');
  const { loadProvider } = await import('../providers/registry.js');
  const target = await targetedProvider(context, asked);
  const { provider, profile, baseUrl } = target;
  if (key === '-') {
    const piped = fromPiped(await context.input.readText(), provider, ONE_OF_SEVERAL);
    return { credential: await forAddress(piped, target, context) };
  }
  if (key !== undefined) {
    const { findSavedSecret } = await import('../lifecycle/places/find-saved-secret.js');
    const saved = await findSavedSecret(key, context);
    const environment = saved.version.record.environment ?? null;
    if (baseUrl !== null) await refuseOtherEnvironment(provider, environment, context);
    return { credential: saved.credential, saved };
  }
  const explicit = context.flags.profile !== undefined;
  const definition = await loadProvider(provider.id, context);
  const managing = explicit || !isSplit(definition) ? null : fromVariable(context.env, 'KEYS_API_KEY');
  if (managing !== null) return { credential: asUsed(managing, definition) };
  const found = explicit ? null : fromEnvironment(provider, context.env);
  if (found !== null) return { credential: await forAddress(found, target, context) };
  const stored = profile === null ? null : await (await context.credentials()).read(profile);
  if (stored === null) {
    throw new KeysError('not_logged_in', `no key for ${titleInSentence(provider)}`, {
      hint: `name a saved one with --key, give one on stdin with --key -, or set ${Object.values(provider.variables).join(' and ')}`,
    });
  }
  if (baseUrl !== null && stored.origin !== new URL(baseUrl).origin) {
    throw new KeysError('origin_mismatch', `the credential of ${profile} is for ${stored.origin}`, {
      hint: 'it was not sent; name another key with --key',
    });
  }
  const { secret } = stored;
  return { credential: isSplit(definition) ? asUsed(secret, definition) : fromText(secret, provider) };
}

/**
 * The credential, if it may be sent: the ledger, else `--environment` or the profile, says which environment
 * it is of.
 */
async function forAddress(
  credential: Credential,
  target: TargetedProvider,
  context: Context,
): Promise<Credential> {
  const { provider, published } = target;
  if ((!published && !provider.supersedes) || provider.environments.length < 2) return credential;
  const [{ lacksEnvironment }, { existingLedger }, { credentialDigests }] = await Promise.all([
    import('../connect/targeted-provider.js'),
    import('../storage/ledger/existing-ledger.js'),
    import('../domain/credential-digests.js'),
  ]);
  const ledger = await existingLedger(context);
  const known = await ledger?.byDigest(credentialDigests(credential)[0] ?? '');
  const environment = known?.key.environment ?? undefined;
  if (!lacksEnvironment(target, environment)) {
    await refuseOtherEnvironment(provider, environment ?? target.environment ?? null, context);
    return credential;
  }
  throw new KeysError(
    'missing_answer',
    `${titleInSentence(provider)} has keys of ${provider.environments.join(' and ')}`,
    {
      hint: 'give its environment with --environment; it was not sent',
    },
  );
}

/** Throws `refused` for a key of an environment that the vendor's published address does not serve. */
async function refuseOtherEnvironment(
  provider: Provider,
  environment: string | null,
  context: Context,
): Promise<void> {
  const [{ addressInEnvironment, otherEnvironmentText }, { resolveTarget }] = await Promise.all([
    import('../connect/targeted-provider.js'),
    import('../connect/resolve-target.js'),
  ]);
  const target = resolveTarget(context);
  if (addressInEnvironment(provider, target, environment) !== null) return;
  const why =
    otherEnvironmentText(target, environment) ??
    `${titleInSentence(provider)} publishes the address of ${provider.environments[0]} only`;
  throw new KeysError('refused', `this is a ${environment} key, and ${why}`, {
    hint: 'it was not sent',
    next: 'give_address',
    details: { provider: provider.id, environment },
  });
}

/** What `api` needs to know of how keys are managed. */
type Managed = Pick<ProviderDefinition, 'title' | 'managedBy' | 'login' | 'format'>;

/** Whether keys are managed with something else than one secret that the API takes as it is. */
function isSplit({ managedBy, login }: Managed): boolean {
  return managedBy === 'pair' || login !== null;
}

/**
 * A managing credential (`user:password`) as the API takes it. Throws `refused` where it takes another one:
 * nothing is sent.
 */
function asUsed(text: string, { title, login, format }: Managed): Credential {
  const split = text.indexOf(':');
  if (login === null && format.kind === 'pair' && split > 0) {
    return { api_key: text.slice(0, split), secret_key: text.slice(split + 1) };
  }
  throw new KeysError(
    'refused',
    `the credential that manages keys of ${titleInSentence({ title })} is not one for its API`,
    {
      hint: 'it was not sent; name a key with --key, or give one on stdin with --key -',
    },
  );
}

function fromEnvironment(
  { variables, format }: Provider,
  env: Readonly<Record<string, string | undefined>>,
): Credential | null {
  if ('secret' in variables) {
    const secret = fromVariable(env, 'KEYS_API_KEY') ?? fromVariable(env, variables.secret);
    return secret ? { secret } : null;
  }
  const [api_key, secret_key] = [variables.api_key, variables.secret_key].map((name) =>
    fromVariable(env, name),
  );
  return format.kind === 'pair' && api_key && secret_key ? { api_key, secret_key } : null;
}

const NAMES_ONE = 'name one with --from, such as --from .env#NAME';

/** The credential on stdin where that is no terminal; null: it is a terminal, or there is nothing on it. */
export async function readPipedCredential(
  provider: Pick<Provider, 'format' | 'variables'>,
  { input }: Pick<Context, 'input'>,
): Promise<Credential | null> {
  const text = input.isTerminal ? '' : await input.readText();
  return text.trim() === '' ? null : await fromPiped(text, provider, NAMES_ONE);
}

/**
 * A pasted or piped credential: masked prompts on a terminal, else stdin. Throws `usage`, `missing_answer`.
 */
export async function readPastedCredential(
  provider: Pick<Provider, 'format' | 'variables'>,
  context: Context,
): Promise<Credential> {
  if (!context.input.isTerminal) return await fromPiped(await context.input.readText(), provider, NAMES_ONE);
  const prompts = await context.prompts();
  const ask = (message: string) => prompts.secret({ message, flag: 'the key on stdin' });
  if (provider.format.kind === 'secret') return fromText(await ask('Key'), provider);
  return fromText(`${await ask('API key')}\n${await ask('Secret key')}`, provider);
}
