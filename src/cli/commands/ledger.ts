import { Command } from '@commander-js/extra-typings';
import { KeysError } from '../../domain/errors.js';
import type { Context } from '../context.js';

export function ledgerCommand(context: Context) {
  const command = new Command('ledger')
    .description(
      'The ledger: the database of the keys that you manage, with their places and what is unfinished. It is a SQLite file on this machine, or PostgreSQL that several machines share: see keys-ledger(7).',
    )
    .addHelpText('after', '\nExamples:\n  keys ledger show\n  keys ledger move postgres');
  command.addCommand(
    new Command('show')
      .description('Shows where the ledger is, who created it, and what it holds.')
      .addHelpText('after', '\nExamples:\n  keys ledger show --json')
      .action(() => show(context)),
  );
  command.addCommand(
    new Command('move')
      .description(
        'Moves everything to PostgreSQL, or back to the SQLite file of this machine. The ledger that is left can no longer be used.',
      )
      .argument('<to>', 'postgres: what KEYS_LEDGER_URL or the setting ledger names; or sqlite')
      .addHelpText(
        'after',
        `
Environment:
  KEYS_LEDGER_URL      the address of the PostgreSQL database, which may hold a password
  KEYS_LEDGER_KEY      the key of the shared ledger
  PGPASSWORD           the database's password, or PGPASSFILE: the file that has it

Examples:
  keys ledger move postgres
  keys ledger move sqlite`,
      )
      .action((to) => move(to, context)),
  );
  command.addCommand(
    new Command('readdress')
      .description(
        'Says that a service has another address now. Its keys in the ledger keep their places and schedules. The embedded service has the address "embedded". Sends nothing.',
      )
      .argument('<old>', 'the address that the ledger has, such as http://localhost:8080')
      .argument('<new>', 'the address of the same service now')
      .addHelpText(
        'after',
        '\nExamples:\n  keys ledger readdress http://localhost:8080 https://keys.example.com\n  keys ledger readdress embedded http://localhost:8080',
      )
      .action((old, now) => readdress(old, now, context)),
  );
  return command;
}

async function show(context: Context): Promise<void> {
  const { describeLedger } = await import('../../lifecycle/ledger/describe-ledger.js');
  const facts = await describeLedger(context);
  const titles = Object.entries(facts).map(
    ([name, value]) => [name.replaceAll('_', ' '), String(value)] as const,
  );
  await context.output.record(facts, titles);
}

async function move(to: string, context: Context): Promise<void> {
  if (to !== 'postgres' && to !== 'sqlite') {
    throw new KeysError('usage', `a ledger cannot be moved to ${to}`, { hint: 'to postgres or to sqlite' });
  }
  const { relocateLedger } = await import('../../lifecycle/ledger/relocate-ledger.js');
  const moved = await relocateLedger(to, context);
  const { keys, operations, where } = moved;
  context.output.say(
    `moved ${keys} ${keys === 1 ? 'key' : 'keys'} and ${operations} unfinished ${operations === 1 ? 'operation' : 'operations'} to ${where}`,
  );
  for (const { name, now } of moved.renamed)
    context.output.say(`both ledgers have a key ${name}: the one that has ended is called ${now} now`);
  if (to === 'sqlite') context.output.say('unset KEYS_LEDGER_URL and the setting ledger now');
  if (to === 'sqlite' && moved.sealed > 0)
    context.output.say(
      'keep KEYS_LEDGER_KEY until keys resume has ended with 0: pending secrets are sealed with it',
    );
  if (context.output.format === 'json') await context.output.record(moved, []);
}

async function readdress(old: string, now: string, context: Context): Promise<void> {
  const [{ normalizeBaseUrl }, { isEmbedded }, { readdressKeys }] = await Promise.all([
    import('../../connect/base-url.js'),
    import('../../domain/managed-key.js'),
    import('../../lifecycle/ledger/readdress-keys.js'),
  ]);
  const addressOf = (text: string) => (isEmbedded(text) ? text : normalizeBaseUrl(text));
  const addresses = { from: addressOf(old), to: addressOf(now) };
  const done = await readdressKeys(addresses, await context.ledger());
  const told = `${done.moved.length} ${done.moved.length === 1 ? 'key has' : 'keys have'} the address ${addresses.to} now`;
  await context.output.record({ ...addresses, ...done }, [['ledger', told]]);
  for (const name of done.kept) {
    context.output.warn(
      `${name} keeps its address: something of it is unfinished, or the new address has a key of its name`,
    );
  }
}
