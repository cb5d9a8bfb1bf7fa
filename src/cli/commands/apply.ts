import { Command } from '@commander-js/extra-typings';
import { KeysError } from '../../domain/errors.js';
import type { Applied, ShownActions } from '../../lifecycle/as-code/apply.js';
import type { AccountPlan } from '../../lifecycle/as-code/plan.js';
import type { ApplyReport } from '../apply-report.js';
import type { Context } from '../context.js';
import { replaceOption } from '../destination-options.js';
import { onlyOption } from '../key-options.js';
import type { OpenKeysFile } from '../keys-file.js';
import type { PlanDocument } from '../show-plan.js';
import { KEYS_FILE } from './plan.js';

interface ApplyFlags {
  readonly only?: string[];
  readonly report?: string;
  readonly replace?: true;
  readonly yes?: true;
}

/** Most bytes of a saved plan. */
const MOST_BYTES = 64 * 1024 * 1024;

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
    .action((file, flags) => apply(file ?? KEYS_FILE, flags, context));
}

async function apply(path: string, flags: ApplyFlags, context: Context): Promise<void> {
  const [{ digestNow, openKeysFile }, { applyPlans, shownIn }, { applyReport, progressLine }] =
    await Promise.all([
      import('../keys-file.js'),
      import('../../lifecycle/as-code/apply.js'),
      import('../apply-report.js'),
    ]);
  const saved = await savedPlan(path, context);
  const opened = await openKeysFile(saved?.file ?? path, context);
  if (saved !== null && saved.digest !== opened.digest) throw changed(opened);
  let plans = await planAll(opened, flags, context);
  const shown = saved === null ? shownIn(plans) : await shownBy(saved);
  if (hasWork(plans) && !flags.yes) {
    await ask(opened, plans, context);
    // The answer may have taken hours.
    if ((await digestNow(opened, context)) !== opened.digest) throw changed(opened);
    plans = await planAll(opened, flags, context);
  }
  const applied = await applyPlans(plans, {
    file: opened.file,
    shown,
    replace: flags.replace === true,
    now: () => context.clock.now(),
    onApplied: (one) => {
      if (one.result !== 'reported' || one.action.kind !== 'unmanaged') context.output.say(progressLine(one));
    },
  });
  const report = applyReport(opened.path, applied, plans, context.clock.now());
  if (flags.report !== undefined) await writeReport(flags.report, report, context);
  if (context.output.format === 'json') await context.output.record(report, []);
  else if (report.actions.every(({ result }) => result === 'reported')) context.output.say('nothing to do');
  requireDone(applied, report, (await digestNow(opened, context)) !== opened.digest);
}

/** A plan that `keys plan --out` wrote; null for a `keys.yaml`. */
async function savedPlan(path: string, context: Context): Promise<PlanDocument | null> {
  if (!path.endsWith('.json')) return null;
  const [{ resolve }, { readUserFile }] = await Promise.all([
    import('node:path'),
    import('../../storage/user-files.js'),
  ]);
  const bytes = await readUserFile(resolve(context.process.directory, path), MOST_BYTES);
  try {
    const read: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (isPlan(read)) return read;
  } catch {
    // The error below says what is wrong.
  }
  throw new KeysError('usage', `${path} is no plan that keys plan --out wrote`);
}

function isPlan(value: unknown): value is PlanDocument {
  if (typeof value !== 'object' || value === null) return false;
  const { keys_plan, file, digest, actions } = value as Partial<Record<keyof PlanDocument, unknown>>;
  return keys_plan === 1 && typeof file === 'string' && typeof digest === 'string' && Array.isArray(actions);
}

async function shownBy({ actions }: PlanDocument): Promise<ShownActions> {
  const [{ keyText }, { actionText }] = await Promise.all([
    import('../../lifecycle/as-code/apply.js'),
    import('../../lifecycle/as-code/action.js'),
  ]);
  const shown = new Map<string, Set<string>>();
  for (const { account, key, action, about } of actions) {
    const of = keyText(account, key);
    shown.set(of, (shown.get(of) ?? new Set()).add(actionText({ kind: action, about })));
  }
  return shown;
}

async function planAll(
  { file, folder }: OpenKeysFile,
  { only }: ApplyFlags,
  context: Context,
): Promise<readonly AccountPlan[]> {
  const [{ onlyNames, planFile }, { tellMistakes }] = await Promise.all([
    import('../../lifecycle/as-code/plan.js'),
    import('../keys-file.js'),
  ]);
  const names = onlyNames(only ?? [], file.keys);
  return await tellMistakes(() => planFile(file, names, { ...context, folder }), context);
}

function hasWork(plans: readonly AccountPlan[]): boolean {
  return plans.some(({ keys }) =>
    keys.some(({ actions }) => actions.some(({ doing }) => doing.type !== 'nothing')),
  );
}

async function ask(opened: OpenKeysFile, plans: readonly AccountPlan[], context: Context): Promise<void> {
  const { planDocument, showPlan } = await import('../show-plan.js');
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

async function writeReport(path: string, report: ApplyReport, { env }: Context): Promise<void> {
  const [{ openReportFile }, { reportMarkdown }] = await Promise.all([
    import('../../audit/reports/report-file.js'),
    import('../apply-report.js'),
  ]);
  const file = await openReportFile(path, { append: path === env['GITHUB_STEP_SUMMARY'] });
  try {
    await file.write(
      path.endsWith('.json') ? `${JSON.stringify(report, null, 2)}\n` : reportMarkdown(report),
    );
    await file.finish();
  } catch (error) {
    await file.abandon();
    throw error;
  }
}

/** Throws what the exit code says: `refused` for a conflict, `unavailable` for an account, `delivery_owed` for the rest. */
function requireDone(
  applied: readonly Applied[],
  { to_do, unread }: ApplyReport,
  fileChanged: boolean,
): void {
  const conflicts = applied.filter(({ action }) => action.kind === 'conflict').length;
  const details = { to_do };
  if (conflicts > 0) {
    throw new KeysError(
      'refused',
      `${conflicts} ${conflicts === 1 ? 'key has' : 'keys have'} a conflict; apply did not touch them`,
      {
        hint: to_do.join('; '),
        details,
      },
    );
  }
  if (unread.length > 0) {
    throw new KeysError('unavailable', `could not read ${unread.map(({ account }) => account).join(', ')}`, {
      hint: unread.map(({ message }) => message).join('; '),
      details,
    });
  }
  if (to_do.length > 0) {
    throw new KeysError('delivery_owed', `${to_do.length} not finished`, {
      hint: 'run keys apply again when the cause is fixed',
      details,
    });
  }
  if (!fileChanged) return;
  throw new KeysError('delivery_owed', 'the file has changed while apply ran', {
    hint: 'run keys apply again',
  });
}
