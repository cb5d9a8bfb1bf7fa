import { Argument, Command, Option } from '@commander-js/extra-typings';
import type { Finding } from '../../audit/finding.js';
import { KeysError } from '../../domain/errors.js';
import type { Column } from '../../terminal/output.js';
import { textColumn } from '../../terminal/text-column.js';
import { CONFIG_FILE, loadAuditConfig } from '../audit/audit-config.js';
import { locationText } from '../audit/audit-text.js';
import type { Context } from '../context.js';

interface GuardFlags {
  readonly print?: 'pre-commit' | 'husky';
  readonly config?: string;
}

export function guardCommand(context: Context) {
  return new Command('guard')
    .description(
      'Stops a commit that adds a key. Searches only the staged content, for keys of the ledger, of our service, and of the formats that keys-audit(7) lists. guard install writes the hook.',
    )
    .addArgument(
      new Argument('[action]', "install: write git's pre-commit hook").choices(['install'] as const),
    )
    .addOption(
      new Option('--print <tool>', 'with install: print what to add to this tool instead').choices([
        'pre-commit',
        'husky',
      ] as const),
    )
    .option('--config <path>', `ignores of in-repository (default: ${CONFIG_FILE} of this folder, if there)`)
    .addHelpText(
      'after',
      `
Output:
  a line for each key with its file, never the key itself; exit 8 if a key was found. --json prints an array.
  guard does not find strings that merely look random: for those, use gitleaks, trufflehog or secretlint.

Examples:
  keys guard install
  keys guard install --print pre-commit >> .pre-commit-config.yaml
  keys guard install --print husky >> .husky/pre-commit`,
    )
    .action((action, flags) => (action === 'install' ? install(flags, context) : guard(flags, context)));
}

async function install({ print }: GuardFlags, context: Context): Promise<void> {
  const { hookSnippets, installHook } = await import('../../audit/repository/hook.js');
  const output = context.output;
  if (print !== undefined) {
    const snippets = hookSnippets();
    return await output.print(print === 'husky' ? snippets.husky : snippets.preCommit);
  }
  const { program, directory } = context.process;
  const { path, change } = await installHook(directory, { env: context.env, program });
  output.say(change === 'written' ? `wrote ${path}` : `${path} is there already`);
  output.say(`it runs ${program.path}`);
}

async function guard(flags: GuardFlags, context: Context): Promise<void> {
  if (flags.print !== undefined) throw new KeysError('usage', '--print goes with guard install');
  const { stagedFindings } = await import('../../audit/staged-findings.js');
  const { ignore } = await loadAuditConfig(flags.config);
  const findings = await stagedFindings({ ignore, config: flags.config ?? CONFIG_FILE }, context);
  const output = context.output;
  if (findings.length > 0 || output.format === 'json') await output.list(each(findings), COLUMNS);
  if (findings.length === 0) return;
  const fixes = [...new Set(findings.map(({ fix }) => fix).filter((fix) => fix !== null))];
  for (const fix of fixes) output.hint(`if it has ever left this machine, replace it: ${fix}`);
  throw new KeysError(
    'audit_found',
    findings.length === 1 ? 'a key is staged' : `${findings.length} keys are staged`,
    {
      hint: `remove it and stage again; if it is not a key, add an ignore to ${CONFIG_FILE}`,
    },
  );
}

const COLUMNS: ReadonlyArray<Column<Finding>> = [
  textColumn('location', 'where', ({ location }) => (location === null ? '' : locationText(location))),
  textColumn('message', 'key', ({ message }) => message),
  textColumn('name', 'name', ({ key }) => key?.name ?? ''),
];

async function* each(findings: readonly Finding[]): AsyncGenerator<Finding> {
  yield* findings;
}
