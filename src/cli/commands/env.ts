import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import type { Credential } from '../../domain/key.js';
import { shellWord } from '../../domain/shell-word.js';
import { variablesOf } from '../../lifecycle/places/variables-of.js';
import { envLines } from '../../places/env-lines.js';
import { maskPrinted } from '../../places/mask-printed.js';
import { namedParts } from '../../places/place.js';
import { type Shell, shellOf } from '../../places/shells.js';
import { VARIABLE_RULE } from '../../places/variable-name.js';
import type { Context } from '../context.js';
import { variableClaims } from '../options/claim-variables.js';
import { shellOption } from '../options/place-options.js';
import { choosingManaged, pickSaved, requireKey } from '../questions/pick-key.js';

export function envCommand(context: Context) {
  return new Command('env')
    .description(
      'Prints saved secrets as assignment lines for a shell. Nothing is asked of any service: a key that was revoked elsewhere is refused once list, show, roll or verify has seen it.',
    )
    .argument(
      '[keys...]',
      'ids or exact names (on a terminal, a prefix is enough); NAME=key names the variable; without any, a list to pick from',
    )
    .addOption(shellOption())
    .addHelpText(
      'after',
      `
${VARIABLE_RULE}

Examples:
  eval "$(keys env web)"
  keys env SHOP_KEY=shop --shell fish | source
  keys env web --shell powershell | Out-String | Invoke-Expression
  keys env web --json
  for /f "delims=" %L in ('keys env web --shell cmd') do @%L`,
    )
    .action((references, flags, command) => {
      requireKey(references[0], command as CommandUnknownOpts, context);
      return env(references, flags, context);
    });
}

async function env(
  named: readonly string[],
  flags: { readonly shell?: Shell },
  context: Context,
): Promise<void> {
  const { loadProvider } = await import('../../providers/registry.js');
  const { splitReference } = await import('../options/split-reference.js');
  const { findSavedSecret } = await import('../../lifecycle/places/find-saved-secret.js');
  const references = named.length > 0 ? named : [await pickSaved('print', context)];
  const shell =
    flags.shell ??
    (context.settings().get('shell') as Shell | undefined) ??
    shellOf(context.env, context.process.platform);
  const lines: string[] = [];
  const values: Record<string, string> = {};
  const found: Credential[] = [];
  const claim = variableClaims();
  // All are read before the first is printed: half of an environment is worse than none.
  for (const text of references) {
    const { name, reference } = await splitReference(text, 'variable first', context);
    const { managed, credential } = await findSavedSecret(
      reference,
      context,
      choosingManaged('print', context),
    );
    const names = variablesOf(managed, await loadProvider(managed.account.provider, context), name);
    claim(names, managed.name, (free) => `${free}=${shellWord(reference)}`);
    Object.assign(values, Object.fromEntries(namedParts(credential, names)));
    lines.push(envLines(shell, credential, names));
    found.push(credential);
  }
  for (const credential of found) await maskPrinted(credential, context);
  if (context.output.format === 'json') await context.output.record(values, []);
  else await context.output.print(lines.join(''));
}
