import { Command } from '@commander-js/extra-typings';
import { KeysError } from '../../domain/errors.js';
import type { AccountPlan } from '../../lifecycle/as-code/plan.js';
import type { Context } from '../context.js';
import type { OpenKeysFile } from '../keys-file.js';
import { onlyOption } from '../options/key-options.js';
import { KEYS_FILE } from '../options/keys-file-name.js';
import { replaceOption, skipOption } from '../options/place-options.js';

interface ApplyFlags {
  readonly only?: string[];
  readonly report?: string;
  readonly replace?: true;
  readonly skip?: string[];
  readonly yes?: true;
}

export function applyCommand(context: Context) {
  return new Command('apply')
    .description(
      'Changes what differs from keys.yaml: creates, rolls, delivers, updates and revokes keys. Shows the plan and asks once; without a terminal it needs --yes. Accounts are worked on side by side. What fails for one key stops no other, and running it again is always right.',
    )
    .argument('[file]', 'the file, or a plan that keys plan --out wrote (default: keys.yaml)')
    .addOption(onlyOption())
    .option(
      '--report <file>',
      'write what was done and what is left: JSON for a name in .json, else Markdown; the file of GITHUB_STEP_SUMMARY is added to',
    )
    .addOption(replaceOption())
    .addOption(skipOption())
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      `
Output:
  --json prints {"file","actions":[{"action","account","key","result","id","why","message",…}],"unread","to_do"};
  result: done, pending, unneeded, skipped, failed or reported.
  exit 6: a conflict, which apply never touches. exit 5: an account could not be read. exit 9: something is not finished.

Examples:
  keys apply
  keys apply --only "billing worker" --yes
  keys apply --yes --report "$GITHUB_STEP_SUMMARY"`,
    )
    .action((file, flags) => applyAndReport(file ?? KEYS_FILE, flags, context));
}

/**
 * A run that fails before it does anything says why in its report too: in CI, people read the report first.
 */
async function applyAndReport(path: string, flags: ApplyFlags, context: Context): Promise<void> {
  const written = { report: false };
  try {
    await apply(path, flags, written, context);
  } catch (error) {
    if (flags.report !== undefined && !written.report) {
      const { writeFailure } = await import('../show/write-apply-report.js');
      await writeFailure(flags.report, path, error, context);
    }
    throw error;
  }
}

async function apply(
  path: string,
  flags: ApplyFlags,
  written: { report: boolean },
  context: Context,
): Promise<void> {
  const [{ digestNow, openKeysFile, planOpened, requireKnownSkip }, lifecycle, { readSavedPlan, shownBy }] =
    await Promise.all([
      import('../keys-file.js'),
      import('../../lifecycle/as-code/apply.js'),
      import('../saved-plan.js'),
    ]);
  const { applyPlans, hasWork, shownIn } = lifecycle;
  const { applyReport, progressLine, requireDone } = await import('../show/apply-report.js');
  const saved = await readSavedPlan(path, context);
  const opened = await openKeysFile(saved?.file ?? path, context);
  if (saved !== null && saved.digest !== opened.digest) throw changed(opened);
  await requireKnownSkip(flags.skip, context);
  let plans = await planOpened(opened, flags, context);
  const shown = saved === null ? shownIn(plans) : shownBy(saved);
  if (hasWork(plans) && !flags.yes) {
    await ask(opened, plans, context);
    // A person may have taken hours to answer.
    if ((await digestNow(opened, context)) !== opened.digest) throw changed(opened);
    plans = await planOpened(opened, flags, context);
  }
  const applied = await applyPlans(plans, {
    file: opened.file,
    shown,
    replace: flags.replace === true,
    skip: flags.skip ?? [],
    now: () => context.clock.now(),
    onApplied: (one) => {
      const { kind, operation } = one.action;
      if (kind !== 'unmanaged' || operation !== undefined) context.output.say(progressLine(one));
    },
  });
  const report = applyReport(opened.path, applied, plans, context.clock.now());
  if (flags.report !== undefined) {
    const { writeReport } = await import('../show/write-apply-report.js');
    await writeReport(flags.report, report, context);
    written.report = true;
  }
  if (context.output.format === 'json') await context.output.record(report, []);
  else if (report.to_do.length === 0 && report.actions.every(({ result }) => result === 'reported'))
    context.output.say('nothing to do');
  requireDone(applied, report, (await digestNow(opened, context)) !== opened.digest);
}

async function ask(opened: OpenKeysFile, plans: readonly AccountPlan[], context: Context): Promise<void> {
  const { planDocument, showPlan } = await import('../show/show-plan.js');
  const plan = await planDocument(opened, plans, context.clock.now());
  const prompts = await context.prompts();
  if (prompts.available && context.output.format === 'text') await showPlan(plan, context.output);
  await prompts.confirm({ message: `Do this (${plan.to_do})?`, flag: '--yes' });
}

function changed({ path }: OpenKeysFile): KeysError {
  return new KeysError('conflict', `${path} has changed since it was planned`, {
    hint: 'nothing was changed; look at keys plan again',
  });
}
