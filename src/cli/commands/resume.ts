import { Command } from '@commander-js/extra-typings';
import type { Context } from '../context.js';

interface ResumeFlags {
  readonly show?: true;
}

export function resumeCommand(context: Context) {
  return new Command('resume')
    .description(
      'Finishes what was interrupted: recovers lost responses, delivers pending secrets, revokes keys whose grace period is over. Prints one line for each operation and for each old key that only you can revoke, in a dashboard, and nothing when there is nothing to do (a terminal says so); safe to run at any time, from cron too.',
    )
    .argument('[operations...]', 'only these: see keys pending')
    .option('--show', 'print pending secrets to stdout, even if it is not a terminal')
    .addHelpText(
      'after',
      `
Output:
  --json prints {"operations":[{"operation","kind","name","result","key_id",…}],
  "left":[{"key_id","name","provider","command"}]};
  result: finished, created_anew, waiting, dropped or failed. exit 9: something is still pending;
  left, old keys that a command of yours revokes once nothing uses them, does not count

Examples:
  keys resume
  */10 * * * * keys resume        # in a crontab`,
    )
    .action((ids, flags) => resume(ids, flags, context));
}

async function resume(ids: readonly string[], flags: ResumeFlags, context: Context): Promise<void> {
  const [{ resumePending }, { showResumed }] = await Promise.all([
    import('../../lifecycle/operation/resume-pending.js'),
    import('../show/show-resumed.js'),
  ]);
  await showResumed(await resumePending(ids, flags.show === true, context), context.output);
}
