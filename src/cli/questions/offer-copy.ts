import { KeysError } from '../../domain/errors.js';
import type { Outcome } from '../../lifecycle/operation/outcome.js';
import { isStdout } from '../../lifecycle/places/read-plan.js';
import { hasClipboard } from '../../places/clipboard-tools.js';
import type { Context } from '../context.js';

/**
 * Offers to copy a secret that the screen shows. Asks nothing without a clipboard, without a person, and
 * under `--yes`. Throws `interrupted` alone: the key exists and its secret was shown, whatever comes of the
 * question.
 */
export async function offerCopy(
  { created, operation }: Pick<Outcome, 'created' | 'operation'>,
  { yes }: { readonly yes?: true },
  context: Context,
): Promise<void> {
  const shown = operation.deliveries.some(({ place }) => isStdout(place) && place.spec['form'] === 'record');
  if (created === null || !shown || yes || !context.output.human || !hasClipboard(context)) return;
  const prompts = await context.prompts();
  if (!prompts.available) return;
  try {
    const copies = await prompts.press({
      message: `[c]opy the secret of ${created.key.name} to the clipboard for 45 s, or Enter to go on:`,
      flag: '--copy',
      key: 'c',
    });
    if (!copies) return;
    const { copySecret } = await import('../../places/kinds/clipboard.js');
    await copySecret(created.credential, context);
  } catch (error) {
    if (!(error instanceof KeysError) || error.code === 'interrupted') throw error;
    context.output.warn(`the secret was not copied: ${error.message}`);
  }
}
