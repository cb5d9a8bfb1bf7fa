import { isAbsolute, relative } from 'node:path';
import { Argument, Command } from '@commander-js/extra-typings';
import type { Context } from '../context.js';
import { KEYS_FILE } from '../options/keys-file-name.js';
import { SCHEDULERS, type Scheduler } from '../schedules/schedule-text.js';

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
    needs,
    { credentialVariable },
    { sharesLedger },
    { placeAddresses, placeSecrets },
  ] = await Promise.all([
    import('../keys-file.js'),
    import('../../lifecycle/as-code/check-accounts.js'),
    import('../schedules/schedule-text.js'),
    import('../schedules/schedule-needs.js'),
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
  const managed = await needs.managedAccounts(file, context);
  const secrets = [
    ...managed.map(({ name }) => credentialVariable(name)),
    ...ofLedger,
    ...placeSecrets(needs.placeKinds(file)),
  ];
  // The machines of these have another host name at each run.
  const isElsewhere = scheduler !== 'cron' && scheduler !== 'systemd';
  const machine = shared && isElsewhere ? { KEYS_MACHINE: scheduler } : {};
  const ofPlaces = placeAddresses(needs.placeKinds(file), { here: !isElsewhere }).flatMap((variable) => {
    const address = context.env[variable];
    return address ? [[variable, address] as const] : [];
  });
  const values = { ...needs.addresses(file), ...Object.fromEntries(ofPlaces), ...machine };
  const found = isElsewhere ? await needs.placeNotes(file, scheduler, { ...context, folder }) : NO_NOTES;
  if (isElsewhere) needs.warnOfLoopback(file, scheduler, context);
  const { own, warnings } = isElsewhere ? needs.ownModules(file, context) : { own: [], warnings: [] };
  for (const warning of [...found.warnings, ...warnings]) context.output.warn(warning);
  const keepsData = !shared || file.accounts.some(needs.isEmbedded);
  await context.output.print(
    scheduleText(scheduler, {
      ...{ file: name, folder, every_ms: file.every_ms, secrets, values, keepsData, own },
      notes: [...(await needs.credentialNotes(file, managed, context)), ...found.notes],
    }),
  );
}

const NO_NOTES = { notes: [], warnings: [] };
