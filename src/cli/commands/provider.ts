import { Command, Option } from '@commander-js/extra-typings';
import { counted } from '../../domain/counted.js';
import { KeysError } from '../../domain/errors.js';
import { OPERATION_NAMES, type Provider, variableNameOf } from '../../domain/provider.js';
import { textColumn } from '../../terminal/text-column.js';
import type { Context } from '../context.js';
import { collect } from '../options/collect.js';
import { ownModulePath } from '../own-module-path.js';
import { describeProvider, showProvider } from '../show/show-provider.js';
import { testProvider } from '../test-provider.js';
import { addNewCommand } from './provider-new.js';

export function providerCommand(context: Context) {
  const provider = new Command('provider')
    .description(
      'What is known of each provider: what can be done with its keys, by which way, and what they look like.',
    )
    .addHelpText('after', '\nExamples:\n  keys provider list\n  keys provider show tylt --json');
  provider
    .command('list')
    .summary('list providers')
    .description('Lists the providers and by which way each operation is done.')
    .action(() => list(context));
  provider
    .command('show')
    .summary('show one provider')
    .description('Says all that is known of a provider.')
    .argument('<provider>', 'such as tylt')
    .action((id) => showProvider(id, context));
  addOwnProviderCommands(provider, context);
  return provider;
}

/** What is for providers of one's own. */
function addOwnProviderCommands(provider: Command, context: Context): void {
  provider
    .command('add')
    .summary('add a provider of your own')
    .description(
      'Takes a provider from a JavaScript module of your own, on this machine, that others cannot write to. It runs as part of keys whenever its provider is meant: add only what you have read.',
    )
    .argument('<path>', 'such as ./my-vendor.mjs')
    .action((path) => add(path, context));
  addNewCommand(provider, context);
  provider
    .command('test')
    .summary('try the contract on a provider')
    .description(
      'Tries every rule of the contract on the service at --base-url (or the profile): creates at most five keys there, revokes them, and says which rules hold. "not seen": the test could not tell.',
    )
    .argument('<provider>', 'its id')
    .addOption(
      new Option(
        '--scope <scope>',
        'a scope of the keys that the test creates, if the vendor needs one; again for more',
      ).argParser<string[]>(collect),
    )
    .addHelpText('after', '\nExit code 1: a rule does not hold.')
    .action((id, flags) => testProvider(id, flags.scope, context));
  provider
    .command('remove')
    .summary('forget a provider of your own')
    .description('Forgets a provider of your own; its file stays.')
    .argument('<provider>', 'its id')
    .action((id) => remove(id, context));
}

async function add(path: string, context: Context): Promise<void> {
  const absolute = ownModulePath(path, 'a provider', context.process.directory);
  const { loadOwnProvider } = await import('../../providers/registry.js');
  const { id, title } = await loadOwnProvider(absolute, context);
  await context.settings().saveProvider(id, absolute);
  context.output.say(`added ${title} (${id})`);
}

async function remove(id: string, context: Context): Promise<void> {
  if (!Object.hasOwn(context.settings().providers(), id)) {
    throw new KeysError('not_found', `no provider of your own: ${id}`, {
      hint: 'keys provider list shows all',
    });
  }
  const { needing } = await import('../../lifecycle/ledger/needing.js');
  const { keys, operations } = await needing(id, context);
  await context.settings().saveProvider(id, null);
  context.output.say(`removed ${id}`);
  const left = [
    ...(keys > 0 ? [counted(keys, 'key')] : []),
    ...(operations > 0 ? [counted(operations, 'unfinished operation')] : []),
  ];
  if (left.length === 0) return;
  context.output.warn(
    `${left.join(' and ')} of ${id} in the ledger cannot be rolled, revoked or finished until it is added again: keys provider add`,
  );
}

/** What a narrow screen has no place for, the highest first. */
const SPARE: Readonly<Record<string, number>> = { pause: 4, verify: 3, list: 2, revoke: 1 };

async function list(context: Context): Promise<void> {
  const { loadAllProviders } = await import('../../providers/registry.js');
  const column = textColumn<Provider>;
  const providers = await loadAllProviders(context);
  const output = context.output;
  if (output.format === 'json') return await output.record(providers.map(describeProvider), []);
  await output.list(providers, [
    { ...column('provider', 'provider', ({ id }) => id), whole: true },
    { ...column('title', 'title', ({ title }) => title), spare: 5 },
    ...OPERATION_NAMES.filter((name) => name !== 'get' && name !== 'update').map((name) => ({
      ...column(name, name, ({ operations }) => operations[name] ?? '-'),
      ...(name in SPARE ? { spare: SPARE[name] } : {}),
    })),
    // Programs read it by this name: a part of it is another one.
    { ...column('variable', 'variable', variableNameOf), whole: true },
  ]);
}
