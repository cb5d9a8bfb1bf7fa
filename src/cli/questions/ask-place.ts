import type { Connection } from '../../connect/connection.js';
import { KeysError } from '../../domain/errors.js';
import type { PlaceFlags } from '../../lifecycle/places/delivery-plan.js';
import { hasClipboard } from '../../places/clipboard-tools.js';
import type { Context } from '../context.js';

const HERE = '';
const OTHER = 'other';

/**
 * Asks where the secret of a new key goes, unless the flags say it. Returns the place for `--to`; undefined:
 * it is shown.
 */
export async function askPlace(
  flags: PlaceFlags,
  connection: Connection,
  context: Context,
): Promise<string[] | undefined> {
  const { kind } = connection;
  const { to, copy, raw, env, escrow } = flags;
  if (to !== undefined || copy || raw || env !== undefined) return undefined;
  const prompts = await context.prompts();
  const chosen = await prompts.choose<string>({
    message: 'Deliver the secret to',
    flag: '--to',
    choices: [
      {
        value: HERE,
        // The secret of a key from a dashboard is saved in any case: the person has seen it there.
        title:
          kind === 'guided' && escrow !== false ? 'the saved keys alone (keys run)' : 'this screen, once',
      },
      { value: '.env', title: '.env in this folder' },
      ...(kind === 'guided' ? [] : [{ value: 'keychain', title: 'the saved keys (keys run)' }]),
      ...(hasClipboard(context) ? [{ value: 'clipboard', title: 'the clipboard, for 45 s' }] : []),
      { value: OTHER, title: 'another place' },
    ],
  });
  if (chosen === HERE) return undefined;
  if (chosen !== OTHER) return [chosen];
  const place = await prompts.text({
    message: 'Place',
    tip: 'such as config/.env#API_KEY or github:OWNER/REPO#SECRET; keys places kinds lists all',
    flag: '--to',
    async check(text) {
      try {
        await checkPlace(text, connection, context);
        return true;
      } catch (error) {
        if (error instanceof KeysError) return [error.message, error.hint].filter(Boolean).join('; ');
        throw error;
      }
    },
  });
  return [place];
}

/** Throws for a place that cannot be written. Its warnings come with the create. */
async function checkPlace(text: string, connection: Connection, context: Context): Promise<void> {
  const { checkPlaces, placesOf } = await import('../../lifecycle/places/key-places.js');
  const owner = { managed: { id: 'later', places: [], variable: null }, name: 'asked for' };
  await checkPlaces(await placesOf({ to: [text] }, owner, connection, context), context);
}
