import { resolve } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import type { Deps } from '../deps.js';
import { KeysError } from '../domain/errors.js';
import type { Grace, OperationName, Provider } from '../domain/provider.js';
import { variableNameOf } from '../domain/provider.js';
import type { Column } from '../terminal/output.js';

export function providerCommand(deps: Deps) {
  const provider = new Command('provider')
    .description(
      'What is known of each provider: what can be done with its keys, by which way, and what they look like.',
    )
    .addHelpText('after', '\nExamples:\n  keys provider list\n  keys provider show tylt --json');
  provider
    .command('list')
    .summary('list providers')
    .description('Lists the providers and by which way each operation is done.')
    .action(() => list(deps));
  provider
    .command('show')
    .summary('show one provider')
    .description('Says all that is known of a provider.')
    .argument('<provider>', 'such as tylt')
    .action((id) => show(id, deps));
  provider
    .command('add')
    .summary('add a provider of your own')
    .description(
      'Takes a provider from a JavaScript module of your own. It runs as part of keys whenever its provider is meant: add only what you have read.',
    )
    .argument('<path>', 'such as ./my-vendor.mjs')
    .action((path) => add(path, deps));
  provider
    .command('remove')
    .summary('forget a provider of your own')
    .description('Forgets a provider of your own; its file stays.')
    .argument('<provider>', 'its id')
    .action((id) => remove(id, deps));
  return provider;
}

async function add(
  path: string,
  deps: Pick<Deps, 'output' | 'process' | 'providerFile' | 'settings'>,
): Promise<void> {
  const absolute = resolve(deps.process.directory, path);
  const { id, title } = await deps.providerFile(absolute);
  await deps.settings().saveProvider(id, absolute);
  deps.output().say(`added ${title} (${id})`);
}

async function remove(id: string, deps: Pick<Deps, 'output' | 'settings'>): Promise<void> {
  if (!Object.hasOwn(deps.settings().providers(), id)) {
    throw new KeysError('not_found', `no provider of your own: ${id}`, {
      hint: 'keys provider list shows all',
    });
  }
  await deps.settings().saveProvider(id, null);
  deps.output().say(`removed ${id}`);
}

const OPERATIONS: readonly OperationName[] = ['create', 'list', 'get', 'update', 'roll', 'revoke', 'verify'];

async function list(deps: Pick<Deps, 'output' | 'providers'>): Promise<void> {
  const column = (id: string, title: string, plain: (provider: Provider) => string): Column<Provider> => ({
    id,
    title,
    plain,
    human: plain,
  });
  const providers = await deps.providers();
  const output = deps.output();
  if (output.format === 'json') return await output.record(providers.map(describe), []);
  await output.list(
    (async function* () {
      yield* providers;
    })(),
    [
      column('provider', 'provider', ({ id }) => id),
      column('title', 'title', ({ title }) => title),
      ...OPERATIONS.filter((name) => name !== 'get' && name !== 'update').map((name) =>
        column(name, name, ({ operations }) => operations[name] ?? '-'),
      ),
      column('variable', 'variable', variableNameOf),
    ],
  );
}

async function show(id: string, deps: Pick<Deps, 'output' | 'provider'>): Promise<void> {
  const provider = await deps.provider(id);
  const said = describe(provider);
  const text = (value: unknown) =>
    value === null ? 'none' : Array.isArray(value) ? value.join(', ') : String(value);
  await deps
    .output()
    .record(said, [
      ['provider', `${said.title} (${said.id})`],
      ['documentation', said.documentation],
      ['base URL', text(said.base_url)],
      ...OPERATIONS.map((name) => [name, text(said.operations[name])] as const),
      ['roll of the vendor', said.roll.dashboard],
      ['roll of a key service', said.roll.key_service],
      ['environments', text(said.environments)],
      ['types', text(said.types)],
      ['credential', said.credential.kind],
      ['prefixes', said.credential.prefixes.length > 0 ? text(said.credential.prefixes) : 'none published'],
      ['variables', text(said.variables)],
      ['live check', text(said.live_check)],
      ['signs requests', said.signs_requests ? 'yes' : 'no'],
      [
        'webhook',
        said.webhook === null
          ? 'none'
          : `${said.webhook.header}, HMAC-SHA256 by the ${said.webhook.signed_with}`,
      ],
      ['dashboard', text(said.dashboard)],
      ...said.context.map(({ name, about }) => [`--set ${name}=…`, about] as const),
      ...said.notes.map((note) => ['note', note] as const),
    ]);
}

/** A provider as `--json` shows it. */
function describe(provider: Provider) {
  const { variables, check, webhook, dashboard } = provider;
  return {
    id: provider.id,
    title: provider.title,
    documentation: provider.documentation,
    base_url: provider.baseUrl,
    operations: provider.operations,
    roll: {
      dashboard: dashboard === null ? 'none' : dashboard.roll ? graceText(dashboard.roll.grace) : COMPOSED,
      key_service: provider.roll.by === 'composed' ? COMPOSED : graceText(provider.roll.grace),
    },
    environments: provider.environments,
    types: provider.types,
    credential: {
      kind: provider.format.kind,
      prefixes: provider.format.prefixes.map(({ prefix }) => prefix),
    },
    variables: Object.values(variables),
    live_check: check === null ? null : `${check.method} ${check.path}`,
    signs_requests: provider.signs,
    webhook: webhook === null ? null : { header: webhook.header, signed_with: webhook.signedWith },
    dashboard: dashboard?.url ?? null,
    context: provider.context,
    notes: provider.notes,
  };
}

const COMPOSED = 'none: a successor is made and handed over, then the old key is ended';

function graceText(grace: Grace): string {
  if (grace.kind === 'none') return 'the old key ends at once';
  const hours = (grace.kind === 'any' ? grace.defaultSeconds : grace.seconds) / 3600;
  return grace.kind === 'any'
    ? `the old key works on for as long as --grace says, or ${hours} hours`
    : `the old key works on for ${hours} hours, no more and no less`;
}
