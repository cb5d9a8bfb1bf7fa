import { Command, Option } from '@commander-js/extra-typings';
import type { Connection } from '../../connect/connection.js';
import { compact } from '../../domain/compact.js';
import { parseDuration } from '../../domain/duration.js';
import { KeysError } from '../../domain/errors.js';
import { KEY_TYPES, type KeyType, MAX_NAME_LENGTH } from '../../domain/key.js';
import type { CreateKey, KeyService } from '../../domain/key-service.js';
import type { Schedule } from '../../domain/managed-key.js';
import type { ExpiryOption } from '../../domain/provider.js';
import type { DestinationFlags } from '../../lifecycle/destinations.js';
import type { Ledger } from '../../storage/ledger/ledger.js';
import type { Prompts } from '../../terminal/prompts.js';
import type { Context } from '../context.js';
import {
  checkDestinationFlags,
  envOption,
  insecureStorageOption,
  noEscrowOption,
  rawOption,
  replaceOption,
  shellOption,
  toOption,
} from '../destination-options.js';

import {
  allowEndpointOption,
  allowIpOption,
  allowReferrerOption,
  metadataOption,
  type RestrictionFlags,
  readExpiry,
  readMetadata,
  readRestrictions,
  readScopes,
  scopeOption,
} from '../key-options.js';

interface CreateFlags extends DestinationFlags, RestrictionFlags {
  readonly name?: string;
  readonly type?: KeyType;
  readonly environment?: string;
  readonly service?: string;
  readonly expires?: string;
  readonly scope?: string[];
  readonly metadata?: string[];
  readonly rotate?: string;
  readonly grace?: string;
  readonly yes?: true;
  readonly dryRun?: true;
}

export function createCommand(context: Context) {
  return new Command('create')
    .description('Makes a key and shows its secret once. On a terminal, what is missing is asked for.')
    .argument('[name]', 'what the key is for')
    .option('--name <name>', 'the same, as an option')
    .addOption(
      new Option('--type <type>', 'secret, or public: may be published (default: secret)').choices(KEY_TYPES),
    )
    .option('--environment <name>', "one of the provider's, such as live or test (default: its first)")
    .option('--service <name>', 'the service that it belongs to')
    .option('--expires <time>', 'when it expires: 30d, 12h, 2027-01-31 (default: never)')
    .option('--rotate <duration>', 'keys roll --due rolls it after this time, such as 90d (default: never)')
    .option(
      '--grace <duration>',
      "how long the old key works after a roll (default: the provider's window, else 12h)",
    )
    .addOption(scopeOption())
    .addOption(allowIpOption())
    .addOption(allowReferrerOption())
    .addOption(allowEndpointOption())
    .addOption(metadataOption())
    .addOption(toOption())
    .addOption(envOption())
    .addOption(shellOption())
    .addOption(rawOption())
    .addOption(replaceOption())
    .addOption(noEscrowOption())
    .addOption(insecureStorageOption())
    .option('--yes', 'do not ask')
    .option('--dry-run', 'say what would be made, and make nothing')
    .addHelpText(
      'after',
      `
Output:
  --json prints the key with its secret: {"id","name","status","created_at",…,"secret"};
  where the secret goes elsewhere (--to), stdout shows the record without it.
  exit 9: the key is live and a place still waits for its secret; keys resume delivers it.

Examples:
  keys create --name "ci runner" --environment test --expires 30d
  eval "$(keys create --name web --env WEB_API_KEY)"
  KEY=$(keys create --name job --raw)
  keys create --name deploy --to .env --to keychain
  keys create --name billing --to .env#BILLING_API_KEY --to 'exec:gh secret set BILLING_API_KEY'`,
    )
    .action((name, flags) => create(named(name, flags), context));
}

/** The name as it was given, as an argument or an option. Throws `usage` for two names. */
function named(name: string | undefined, flags: CreateFlags): CreateFlags {
  if (name === undefined) return flags;
  if (flags.name === undefined) return { ...flags, name };
  throw new KeysError('usage', 'the name is given twice', { hint: 'as an argument, or with --name' });
}

async function create(flags: CreateFlags, context: Context): Promise<void> {
  const { connect } = await import('../../connect/connect.js');
  checkDestinationFlags(flags, context.flags.json === true);
  const schedule = readSchedule(flags);
  const request = readRequest(await askMissing(flags, context), context);
  const { output } = context;
  const { insecureStorage } = flags;
  const connection = await connect(context, { yes: flags.yes === true, insecureStorage });
  const { service, defaultEnvironment } = connection;
  const complete = compact({ ...request, environment: request.environment ?? defaultEnvironment });
  connection.refuseInexpressible(complete);
  if (flags.dryRun) {
    await output.record({ dry_run: true, create: complete }, [['would create', describe(complete)]]);
    return;
  }
  if (await hasNamesake(service, request.name, await context.ledger(), connection)) {
    output.warn(`another key is named ${request.name}; name keys by their id where it matters`);
  }
  if (connection.provider.supersedes && connection.kind !== 'guided' && !flags.yes) {
    await confirmSuperseding(complete, connection, context);
  }
  const [{ createKey }, { openMeans }, { showOutcome }] = await Promise.all([
    import('../../lifecycle/create-key.js'),
    import('../../lifecycle/open-means.js'),
    import('../show-outcome.js'),
  ]);
  const means = await openMeans(connection, context, { insecureStorage });
  const outcome = await createKey({ request: complete, schedule, flags }, connection, means, context);
  await showOutcome(outcome, outcome.operation.deliveries, context);
  if (outcome.issued?.key.expires_at === null && output.human && connection.kind !== 'guided') {
    output.hint('this key never expires; --expires 90d would have set an end');
  }
}

function readSchedule({ rotate, grace }: CreateFlags): Schedule {
  return {
    rotate_ms: rotate === undefined ? null : parseDuration(rotate),
    grace_ms: grace === undefined ? null : parseDuration(grace),
  };
}

/** A new pair ends the service's one: that is said, and asked, before anything is made. */
async function confirmSuperseding(
  { service = null, environment }: CreateKey,
  { service: keys, provider }: Connection,
  { prompts }: Context,
): Promise<void> {
  const { keys: live } = await keys.list({
    status: ['active'],
    environment: environment ?? provider.environments[0] ?? '',
    ...(service === null ? {} : { service }),
  });
  const ends = live.find(
    (key) => (key.service ?? null) === service && !key.scopes?.some((scope) => scope.startsWith('keys:')),
  );
  if (ends === undefined) return;
  await (await prompts()).confirm({
    message: `The new pair ends ${ends.name} (${ends.id}) at once. Go on?`,
    flag: '--yes',
  });
}

async function askMissing(flags: CreateFlags, context: Context): Promise<CreateFlags & { name: string }> {
  if (flags.name !== undefined) return { ...flags, name: flags.name };
  const prompts = await context.prompts();
  const name = await prompts.text({
    message: 'Name',
    flag: '--name',
    check: (text) => nameProblem(text) ?? true,
  });
  const { types, environments, accepts, defaultEnvironment } = await offered(context);
  const type =
    flags.type ??
    (types.length < 2
      ? undefined
      : await prompts.choose<KeyType>({
          message: 'Type',
          flag: '--type',
          choices: types.map((value) => ({ value, title: TYPE_TITLES[value] })),
          ...compact({ default: types[0] }),
        }));
  const environment =
    flags.environment ??
    (environments.length < 2
      ? undefined
      : await prompts.choose({
          message: 'Environment',
          flag: '--environment',
          choices: environments.map((value) => ({ value, title: value })),
          ...compact({ default: defaultEnvironment }),
        }));
  const expires =
    flags.expires ??
    (accepts.expires_at === undefined
      ? ''
      : await askExpiry(accepts.expires_at, prompts, context.clock.now()));
  return { ...flags, name, ...compact({ type, environment, expires: expires || undefined }) };
}

const TYPE_TITLES: Readonly<Record<KeyType, string>> = {
  secret: 'secret: for servers',
  public: 'public: may be published',
};

/** What new keys of the provider in use can have. Its first environment is the default, where the profile names none. */
async function offered(context: Context) {
  const { targetedProvider } = await import('../../connect/targeted-provider.js');
  const { provider, environment = '' } = await targetedProvider(context);
  const { types, environments, accepts } = provider;
  const defaultEnvironment = environments.includes(environment) ? environment : environments[0];
  return { types, environments, accepts, defaultEnvironment };
}

/** The expiry as it was typed; empty: never. The provider's own limit is checked with the request. */
async function askExpiry(option: string | ExpiryOption, prompts: Prompts, nowMs: number): Promise<string> {
  const required = typeof option === 'object' && option.required === true;
  return await prompts.text({
    message: `Expires (30d, 2027-01-31${required ? '' : '; empty: never'})`,
    flag: '--expires',
    ...(required ? {} : { default: '' }),
    check: (text) => (text === '' && !required) || expiryProblem(text, nowMs) || true,
  });
}

function expiryProblem(text: string, nowMs: number): string | undefined {
  try {
    readExpiry(text, nowMs);
    return undefined;
  } catch (error) {
    return error instanceof KeysError ? error.message : String(error);
  }
}

export function nameProblem(name: string): string | undefined {
  if (name.trim() === '') return 'the name is empty';
  const length = [...name].length;
  if (length > MAX_NAME_LENGTH)
    return `the name has ${length} characters; at most ${MAX_NAME_LENGTH} are kept`;
  return /\p{Cc}/u.test(name) ? 'the name holds control characters' : undefined;
}

function readRequest(flags: CreateFlags & { name: string }, context: Context): CreateKey {
  const problem = nameProblem(flags.name);
  if (problem !== undefined)
    throw new KeysError('usage', problem, { hint: 'say what the key is for: --name "ci runner"' });
  return compact({
    name: flags.name,
    type: flags.type,
    environment: flags.environment,
    service: flags.service,
    expires_at: flags.expires === undefined ? undefined : readExpiry(flags.expires, context.clock.now()),
    scopes: readScopes(flags.scope),
    restrictions: readRestrictions(flags),
    metadata: readMetadata(flags.metadata),
  });
}

function describe(request: CreateKey): string {
  const { name, type = 'secret', environment = 'live', expires_at } = request;
  return `${type} key ${name} for ${environment}, ${expires_at ? `until ${expires_at}` : 'without expiry'}`;
}

/** Whether a key that the ledger does not know bears the name. */
async function hasNamesake(
  service: KeyService,
  name: string,
  ledger: Ledger,
  { provider, place, target }: Connection,
): Promise<boolean> {
  if (name.includes('*')) return false;
  try {
    const page = await service.list({ name, status: ['active', 'retiring'], limit: 10 });
    const found = page.keys.filter(
      (key) => key.name === name && key.status !== 'revoked' && key.status !== 'expired',
    );
    const account = { provider: target.policy ?? provider.id, address: place };
    const known = await Promise.all(found.map(({ id }) => ledger.managed.byVersion(account, id)));
    return known.includes(null);
  } catch (error) {
    // A credential that may create and not list can still create; any other failure would meet the create as well.
    if (error instanceof KeysError && error.code === 'forbidden') return false;
    throw error;
  }
}
