import { Command } from '@commander-js/extra-typings';
import { KeysError } from '../../domain/errors.js';
import { variablesOf } from '../../lifecycle/variables-of.js';
import { envLines } from '../../places/env-lines.js';
import { namedParts } from '../../places/place.js';
import { type Shell, shellOf } from '../../places/shells.js';
import type { Context } from '../context.js';
import { shellOption } from '../destination-options.js';

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
  keys env web --json
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
  const { findSavedSecret } = await import('../../lifecycle/find-saved-secret.js');
  const shell =
    flags.shell ??
    (context.settings().get('shell') as Shell | undefined) ??
    shellOf(context.env, context.process.platform);
  const lines: string[] = [];
  const values: Record<string, string> = {};
  const taken = new Set<string>();
  // All are read before the first is printed: half of an environment is worse than none.
  for (const text of references) {
    const [, name, reference = text] = /^([A-Z_][A-Z0-9_]*)=(.+)$/s.exec(text) ?? [];
    const { managed, credential } = await findSavedSecret(reference, context);
    const names = variablesOf(managed, await loadProvider(managed.account.provider, context), name);
    const written = envLines(shell, credential, names);
    const first = written.slice(0, written.search(/[=<\n]/));
    if (taken.has(first)) {
      throw new KeysError('usage', `two keys would be the same variable: ${reference}`, {
        hint: 'say another name: NAME=key',
      });
    }
    taken.add(first);
    lines.push(written);
    Object.assign(values, Object.fromEntries(namedParts(credential, names)));
  }
  if (context.output.format === 'json') await context.output.record(values, []);
  else await context.output.print(lines.join(''));
}
