import { isAbsolute, relative } from 'node:path';
import { Argument, Command } from '@commander-js/extra-typings';
import { normalizeBaseUrl } from '../../connect/base-url.js';
import { isLoopback } from '../../http/loopback.js';
import type { FileAccount, KeysFile } from '../../lifecycle/as-code/keys-file.js';
import type { Context } from '../context.js';
import { SCHEDULERS, type Scheduler } from '../schedules.js';
import { KEYS_FILE } from './plan.js';

export function scheduleCommand(context: Context) {
  return new Command('schedule')
    .description(
      'Prints a job that runs keys apply as often as the file says (defaults: every). It names the credentials of the accounts, of the places and of the ledger as secrets; it holds none.',
    )
    .addArgument(new Argument('<scheduler>', 'what runs the job').choices(SCHEDULERS))
    .argument('[file]', 'the file (default: keys.yaml)')
    .addHelpText(
      'after',
      `
Examples:
  keys schedule github > .github/workflows/keys-apply.yml
  keys schedule cron production.yaml`,
    )
    .action((scheduler, file) => schedule(scheduler, file ?? KEYS_FILE, context));
}

async function schedule(scheduler: Scheduler, path: string, context: Context): Promise<void> {
  const [
    { openKeysFile, tellMistakes },
    { checkAccounts },
    { scheduleText },
    { credentialNotes, ownModules, placeNotes },
    { credentialVariable },
    { sharesLedger },
    { placeAddresses, placeSecrets },
  ] = await Promise.all([
    import('../keys-file.js'),
    import('../../lifecycle/as-code/check-accounts.js'),
    import('../schedules.js'),
    import('../schedule-needs.js'),
    import('../../connect/account-variables.js'),
    import('../../lifecycle/find/read-existing-ledger.js'),
    import('../../places/place-login.js'),
  ]);
  const { file, folder } = await openKeysFile(path, context);
  await tellMistakes(() => checkAccounts(file, { ...context, folder }), context);
  const within = isAbsolute(path) ? relative(folder, path) : path;
  // cron and systemd change to the folder of the file.
  const name =
    scheduler === 'cron' || scheduler === 'systemd' ? (path.split(/[\\/]/).at(-1) ?? path) : within;
  const shared = sharesLedger(context);
  const ofLedger = shared ? ['KEYS_LEDGER_URL', 'KEYS_LEDGER_KEY'] : ['KEYS_LEDGER_KEY'];
  const managed = await managedAccounts(file, context);
  const secrets = [
    ...managed.map(({ name }) => credentialVariable(name)),
    ...ofLedger,
    ...placeSecrets(placeKinds(file)),
  ];
  // The machines of these have another host name at each run.
  const isElsewhere = scheduler !== 'cron' && scheduler !== 'systemd';
  const machine = shared && isElsewhere ? { KEYS_MACHINE: scheduler } : {};
  const ofPlaces = placeAddresses(placeKinds(file), { here: !isElsewhere }).flatMap((variable) => {
    const address = context.env[variable];
    return address ? [[variable, address] as const] : [];
  });
  const values = { ...(await addresses(file)), ...Object.fromEntries(ofPlaces), ...machine };
  const found = isElsewhere ? await placeNotes(file, scheduler, { ...context, folder }) : NO_NOTES;
  if (isElsewhere) warnOfLoopback(file, scheduler, context);
  const { own, warnings } = isElsewhere ? ownModules(file, context) : { own: [], warnings: [] };
  for (const warning of [...found.warnings, ...warnings]) context.output.warn(warning);
  const keepsData = !shared || file.accounts.some(isEmbedded);
  await context.output.print(
    scheduleText(scheduler, {
      ...{ file: name, folder, every_ms: file.every_ms, secrets, values, keepsData, own },
      notes: [...(await credentialNotes(file, managed, context)), ...found.notes],
    }),
  );
}

const NO_NOTES = { notes: [], warnings: [] };

/** The accounts that need a credential. The embedded service and dashboards need none. */
async function managedAccounts({ accounts }: KeysFile, context: Context): Promise<FileAccount[]> {
  const needed: FileAccount[] = [];
  for (const account of accounts) if (await needsCredential(account, context)) needed.push(account);
  return needed;
}

/** Warns of an address that only this machine can reach. */
function warnOfLoopback({ accounts }: KeysFile, scheduler: Scheduler, { output }: Context): void {
  for (const { name, baseUrl } of accounts) {
    if (baseUrl === null || !isLoopback(new URL(normalizeBaseUrl(baseUrl)).hostname)) continue;
    output.warn(`a job of ${scheduler} cannot reach ${name} at ${baseUrl}: the address is of this machine`);
  }
}

/** The embedded service has its keys in the data directory. */
const isEmbedded = ({ provider, baseUrl }: FileAccount) => provider === 'keys' && baseUrl === null;

async function needsCredential(account: FileAccount, context: Context): Promise<boolean> {
  if (isEmbedded(account)) return false;
  const { provider, baseUrl } = account;
  if (provider === 'keys') return true;
  const [{ loadProvider }, { isManagedByHand }] = await Promise.all([
    import('../../providers/registry.js'),
    import('../../domain/provider.js'),
  ]);
  return !isManagedByHand(await loadProvider(provider, context), baseUrl);
}

/** The addresses that the file names: a credential goes nowhere else. */
async function addresses({ accounts }: KeysFile): Promise<Record<string, string>> {
  const { addressVariable } = await import('../../connect/account-variables.js');
  return Object.fromEntries(
    accounts.flatMap(({ name, baseUrl }) =>
      baseUrl === null ? [] : [[addressVariable(name), normalizeBaseUrl(baseUrl)] as const],
    ),
  );
}

/** What stands before the colon in each place that the file names. */
function placeKinds({ keys }: KeysFile): string[] {
  return keys.flatMap(({ places }) =>
    places === 'unknown' ? [] : places.map(({ text }) => text.split(':')[0] ?? ''),
  );
}
