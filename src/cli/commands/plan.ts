import { Command } from '@commander-js/extra-typings';
import type { Context } from '../context.js';
import { onlyOption } from '../options/key-options.js';
import { KEYS_FILE } from '../options/keys-file-name.js';
import { skipOption } from '../options/place-options.js';

interface PlanFlags {
  readonly out?: string;
  readonly only?: string[];
  readonly skip?: string[];
  readonly schema?: true;
}

export function planCommand(context: Context) {
  return new Command('plan')
    .description(
      'Compares keys.yaml with the ledger and the vendors, and prints what keys apply would do: one line for each action, and why. Changes nothing, and runs no command of the file.',
    )
    .argument('[file]', 'the file (default: keys.yaml)')
    .option('--out <file>', 'also write the plan, as JSON, for keys apply')
    .addOption(onlyOption())
    .addOption(skipOption())
    .option('--schema', 'print the JSON schema of the file, and plan nothing')
    .addHelpText(
      'after',
      `
Output:
  --json prints {"file","to_do","actions":[{"action","account","key","id","why","to_do","on"}],"notes","unread"};
  action: create, roll, update, deliver, revoke, forget, adopt, by_hand, conflict, drift or unmanaged.
  on: the machines that must do it; null: this one can.
  exit 10: there is something to do. exit 5: an account could not be read.

Examples:
  keys plan
  keys plan production.yaml --out plan.json && keys apply plan.json
  keys plan --schema > keys.schema.json`,
    )
    .action((file, flags) => plan(file ?? KEYS_FILE, flags, context));
}

async function plan(path: string, flags: PlanFlags, context: Context): Promise<void> {
  if (flags.schema) {
    const { keysFileJsonSchema } = await import('../../lifecycle/as-code/keys-file-schema.js');
    return await context.output.print(`${JSON.stringify(keysFileJsonSchema(), null, 2)}\n`);
  }
  const [{ openKeysFile, planOpened, requireKnownSkip }, { planDocument, showPlan }] = await Promise.all([
    import('../keys-file.js'),
    import('../show/show-plan.js'),
  ]);
  const opened = await openKeysFile(path, context);
  await requireKnownSkip(flags.skip, context);
  const plans = await planOpened(opened, flags, context);
  const document = await planDocument(opened, plans, context.clock.now());
  if (flags.out !== undefined) await write(flags.out, JSON.stringify(document, null, 2));
  await showPlan(document, context.output);
  if (document.unread.length > 0) context.process.exitWith(5);
  else if (document.to_do > 0) context.process.exitWith(10);
}

async function write(path: string, text: string): Promise<void> {
  const [{ refuseEscape }, { replaceFile }] = await Promise.all([
    import('../../storage/escape.js'),
    import('../../storage/files.js'),
  ]);
  refuseEscape(path);
  replaceFile(path, `${text}\n`);
}
