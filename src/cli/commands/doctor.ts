import { Command } from '@commander-js/extra-typings';
import { KeysError } from '../../domain/errors.js';
import { visibleText } from '../../domain/visible-text.js';
import type { Column, Output } from '../../terminal/output.js';
import { textColumn } from '../../terminal/text-column.js';
import { wrapValue } from '../../terminal/wrap-lines.js';
import type { Context } from '../context.js';
import type { Check } from '../doctor.js';

const TONES = { ok: 'good', warning: 'warning', failed: 'bad' } as const;

const COLUMNS: readonly Column<Check>[] = [
  column('check', ({ check }) => check),
  column('state', ({ state }) => state),
  column('about', ({ about }) => about),
  column('repair', ({ repair }) => repair ?? ''),
];

function column(id: string, cell: (check: Check) => string): Column<Check> {
  return textColumn(id, id.toUpperCase(), cell);
}

export function doctorCommand(context: Context) {
  return new Command('doctor')
    .description(
      'Checks the installation and prints one line for each check, with the step that fixes what is wrong: Node, SQLite, the keychain (writes, reads and removes an item), the data directory (whether it can be written), the ledger, the encryption key, proxies, completion, man pages, the programs that places need, and each service that this machine knows.',
    )
    .addHelpText(
      'after',
      `
Output:
  --json prints [{"check","state","about","repair"}]; state is ok, warning or failed
  exits with 1 if a check failed; a warning is no failure

Examples:
  keys doctor
  keys doctor --json | jq -r '.[] | select(.state == "failed") | .repair'`,
    )
    .action(() => doctor(context));
}

async function doctor(context: Context): Promise<void> {
  const { examine } = await import('../doctor.js');
  const { output } = context;
  let failures = 0;
  async function* counted() {
    for await (const check of examine(context)) {
      if (check.state === 'failed') failures += 1;
      yield check;
    }
  }
  if (output.human) for await (const check of counted()) await output.page(shownCheck(check, output));
  else await output.list(counted(), COLUMNS);
  if (failures > 0)
    throw new KeysError('checks_failed', failures === 1 ? 'one check failed' : `${failures} checks failed`);
}

/**
 * A line for a person, and one below it with the step that fixes what is wrong. Nothing is cut: a part of a
 * command fixes nothing.
 */
function shownCheck(
  { check, state, about, repair }: Check,
  { paint, width }: Pick<Output, 'paint' | 'width'>,
): string {
  const found = wrapValue(visibleText(about), width, 29);
  const line = `${paint(TONES[state], state.padEnd(7))}  ${check.padEnd(18)}  ${found}\n`;
  return repair === null ? line : `${line}         fix: ${wrapValue(visibleText(repair), width, 14)}\n`;
}
