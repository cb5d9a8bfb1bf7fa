import { Command } from '@commander-js/extra-typings';
import { KeysError } from '../../domain/errors.js';
import { variableNameOf } from '../../domain/provider.js';
import { shellOption } from '../../lifecycle/destinations.js';
import { findSavedKey } from '../../lifecycle/find-saved-key.js';
import { envLines } from '../../places/env-lines.js';
import { type Shell, shellOf } from '../../places/shells.js';
import { checkVariableName } from '../../places/variable-name.js';
import type { Context } from '../context.js';

export function envCommand(context: Context) {
  return new Command('env')
    .description('Prints saved secrets as assignment lines for a shell. Nothing is asked of any service.')
    .argument('<keys...>', 'id, exact name, or unique prefix; NAME=key says the variable')
    .addOption(shellOption())
    .addHelpText(
      'after',
      `
Examples:
  eval "$(keys env web)"
  keys env SHOP_KEY=shop --shell fish | source
  keys env web --shell powershell | Out-String | Invoke-Expression
  for /f "delims=" %L in ('keys env web --shell cmd') do @%L`,
    )
    .action((references, flags) => env(references, flags, context));
}

async function env(
  references: readonly string[],
  flags: { readonly shell?: Shell },
  context: Context,
): Promise<void> {
  const { loadProvider } = await import('../../providers/registry.js');
  const { openSavedSecrets } = await import('../../storage/ledger/saved-secrets.js');
  const shell =
    flags.shell ??
    (context.settings().get('shell') as Shell | undefined) ??
    shellOf(context.env, context.process.platform);
  const secrets = await openSavedSecrets(context);
  const lines: string[] = [];
  const taken = new Set<string>();
  // All are read before the first is printed: half of an environment is worse than none.
  for (const text of references) {
    const [, name, reference = text] = /^([A-Z_][A-Z0-9_]*)=(.+)$/s.exec(text) ?? [];
    const { entry, item } = await findSavedKey(reference, context);
    const provider = await loadProvider(entry.provider, context);
    const variable = name ?? (entry.provider === 'keys' ? undefined : variableNameOf(provider));
    const written = envLines(
      shell,
      await secrets.read(item),
      entry.key.name,
      variable && checkVariableName(variable),
    );
    const first = written.slice(0, written.search(/[=<\n]/));
    if (taken.has(first)) {
      throw new KeysError('usage', `two keys would be the same variable: ${reference}`, {
        hint: 'say another name: NAME=key',
      });
    }
    taken.add(first);
    lines.push(written);
  }
  await context.output.print(lines.join(''));
}
