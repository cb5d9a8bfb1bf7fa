import { compact } from '../../domain/compact.js';
import { parseDuration } from '../../domain/duration.js';
import { KeysError } from '../../domain/errors.js';
import type { KeyType } from '../../domain/key.js';
import type { ExpiryOption } from '../../domain/provider.js';
import type { Prompts } from '../../terminal/prompts.js';
import type { Context } from '../context.js';
import type { CreateFlags } from '../options/create-flags.js';
import { nameProblem, readExpiry } from '../options/key-options.js';

/** What is asked for. */
type Asked = Pick<CreateFlags, 'name' | 'type' | 'environment' | 'service' | 'expires'>;

/**
 * The flags with a name. If none was given, asks for it and for each other thing that the flags leave open
 * and the provider has. Where a new key revokes the previous one of its service and environment, both are
 * asked for in any case: a default would revoke a key that was not meant. `asksAll`: asks for the rest
 * although a name was given. `isTaken`: whether a key that works
 * has the name. Throws `missing_answer` without a terminal.
 */
export async function askMissing<Flags extends Asked>(
  flags: Flags,
  context: Context,
  asksAll = flags.name === undefined,
  isTaken: (name: string) => Promise<boolean> = async () => false,
): Promise<Flags & { readonly name: string }> {
  const {
    types,
    environments,
    accepts,
    supersedes,
    environment: chosen,
    defaultEnvironment,
  } = await offered(context);
  if (flags.name !== undefined && !supersedes && !asksAll) return { ...flags, name: flags.name };
  const prompts = await context.prompts();
  if (!prompts.available && supersedes)
    refuseUnsaid({ ...compact({ environment: chosen }), ...flags }, environments);
  const name = flags.name ?? (await askName(prompts, isTaken));
  const type = flags.type ?? (asksAll ? await askType(types, prompts) : undefined);
  const asksEnvironment = asksAll || (supersedes && chosen === undefined);
  const environment =
    flags.environment ??
    (asksEnvironment ? await askEnvironment(environments, defaultEnvironment, prompts) : undefined);
  const service = flags.service ?? (supersedes ? await askService(name, prompts) : undefined);
  const asksExpiry = asksAll && flags.expires === undefined && accepts.expires_at !== undefined;
  const expires = asksExpiry
    ? await askExpiry(accepts.expires_at, prompts, context.clock.now())
    : flags.expires;
  return { ...flags, name, ...compact({ type, environment, service, expires: expires || undefined }) };
}

/**
 * Throws `missing_answer`, without a terminal, that names every flag which a key of a service still needs.
 */
function refuseUnsaid(flags: Asked, environments: readonly string[]): void {
  const missing = [
    ...(flags.name === undefined ? ['--name'] : []),
    ...(flags.environment === undefined ? [`--environment (${environments.join(' or ')})`] : []),
    ...(flags.service === undefined ? ['--service'] : []),
  ];
  if (missing.length === 0) return;
  throw new KeysError(
    'missing_answer',
    `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} required when keys cannot prompt (no terminal, or --no-input)`,
    { hint: 'keys create --help describes each' },
  );
}

async function askName(prompts: Prompts, isTaken: (name: string) => Promise<boolean>): Promise<string> {
  return await prompts.text({
    message: 'Name',
    flag: '--name',
    async check(text) {
      const problem = nameProblem(text);
      if (problem !== undefined && problem !== null) return problem;
      return !(await isTaken(text)) || `${text} is taken: take another name, or roll that key`;
    },
  });
}

/** The name of the key is offered: a service of that name is seldom another one, and the person sees it. */
async function askService(name: string, prompts: Prompts): Promise<string> {
  return await prompts.text({
    message: 'Service',
    tip: 'a new key revokes the previous key of its service',
    flag: '--service',
    default: name,
    check: (text) => text.trim() !== '' || 'name the service that the key is for',
  });
}

/**
 * What new keys of the provider in use can have. Its first environment is the default, if the profile names
 * none.
 */
async function offered(context: Context) {
  const { targetedProvider } = await import('../../connect/targeted-provider.js');
  const { provider, environment = '', presumed = '' } = await targetedProvider(context);
  const { types, environments, accepts, supersedes } = provider;
  const known = environments.includes(environment);
  return {
    ...{ types, environments, accepts, supersedes },
    defaultEnvironment: environments.includes(presumed) ? presumed : environments[0],
    ...(known ? { environment } : {}),
  };
}

const TYPE_TITLES: Readonly<Record<KeyType, string>> = {
  secret: 'secret: for servers',
  public: 'public: may be published',
};

/** Undefined where there is nothing to choose. */
async function askType(types: readonly KeyType[], prompts: Prompts): Promise<KeyType | undefined> {
  if (types.length < 2) return undefined;
  return await prompts.choose<KeyType>({
    message: 'Type',
    flag: '--type',
    choices: types.map((value) => ({ value, title: TYPE_TITLES[value] })),
    ...compact({ default: types[0] }),
  });
}

/** Undefined where there is nothing to choose. */
async function askEnvironment(
  environments: readonly string[],
  byDefault: string | undefined,
  prompts: Prompts,
): Promise<string | undefined> {
  if (environments.length < 2) return undefined;
  return await prompts.choose({
    message: 'Environment',
    flag: '--environment',
    choices: environments.map((value) => ({ value, title: value })),
    ...compact({ default: byDefault }),
  });
}

/** Lifetimes that are offered, as `--expires` takes them. */
const LIFETIMES = [
  { value: '30d', title: '30 days' },
  { value: '90d', title: '90 days' },
  { value: '1y', title: '1 year' },
] as const;

/**
 * The expiry as `--expires` takes it; empty: none is named. The provider's own limit is checked with the
 * request.
 */
async function askExpiry(
  option: string | ExpiryOption | undefined,
  prompts: Prompts,
  nowMs: number,
): Promise<string> {
  const {
    required = false,
    atMostSeconds = Number.POSITIVE_INFINITY,
    unsaid,
  }: Partial<ExpiryOption> = typeof option === 'object' ? option : {};
  const chosen = await prompts.choose<string>({
    message: 'Expires',
    flag: '--expires',
    choices: [
      // The first is the default, and it is that of --expires.
      ...(required
        ? []
        : [{ value: '', title: unsaid === undefined ? 'never' : `the provider's default: ${unsaid}` }]),
      ...LIFETIMES.filter(({ value }) => parseDuration(value) <= atMostSeconds * 1_000),
      { value: OTHER, title: 'at another time' },
    ],
  });
  if (chosen !== OTHER) return chosen;
  return await prompts.text({
    message: 'Expires',
    tip: '30d, 9mo, 2027-01-31: the end of that day',
    flag: '--expires',
    check: (text) => expiryProblem(text, nowMs) ?? true,
  });
}

/** Value of the choice after which a text is asked for. */
const OTHER = 'other';

function expiryProblem(text: string, nowMs: number): string | undefined {
  try {
    readExpiry(text, nowMs);
    return undefined;
  } catch (error) {
    return error instanceof KeysError ? error.message : String(error);
  }
}
