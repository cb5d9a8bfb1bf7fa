import { Option } from '@commander-js/extra-typings';
import { KeysError } from '../../domain/errors.js';
import type { PlaceFlags } from '../../lifecycle/places/delivery-plan.js';
import { SHELLS } from '../../places/shells.js';
import { checkVariableName, VARIABLE_RULE } from '../../places/variable-name.js';
import { collect } from './collect.js';

/** Of roll and apply. */
export const skipOption = () =>
  new Option(
    '--skip <place>',
    'leave a place on another machine to that machine: the old key works until it has run keys resume',
  ).argParser<string[]>(collect);

export const shellOption = () =>
  new Option('--shell <shell>', 'write --env lines for this shell (default: the one in SHELL)').choices(
    SHELLS,
  );
export const insecureStorageOption = () =>
  new Option(
    '--insecure-storage',
    'save secrets in a file that only you may read (mode 0600), not in the keychain',
  );
export const envOption = () => new Option('--env [name]', 'print assignment lines alone, for eval or a file');
export const rawOption = () => new Option('--raw', 'print the secret alone');
export const toOption = () =>
  new Option(
    '--to <place>',
    'deliver it there: .env, PATH#NAME, keychain, exec:COMMAND and more, see keys places kinds; again for more places. ' +
      VARIABLE_RULE,
  ).argParser<string[]>(collect);
export const copyOption = () =>
  new Option(
    '--copy',
    'put the secret into the clipboard, which is cleared after 45 s (the same as --to clipboard)',
  );
export const replaceOption = () =>
  new Option('--replace', 'deliver also to a variable that holds another secret, which is lost there');
export const noEscrowOption = () =>
  new Option(
    '--no-escrow',
    'create the key even if its secret cannot be saved first: for a vendor without idempotency, or a key from a dashboard, where there is no keychain',
  );

/**
 * Throws `usage` for flags that contradict each other and for an invalid variable name. Nothing is created
 * before this check.
 */
export function checkPlaceFlags(flags: PlaceFlags, json: boolean): void {
  const forms = [json && '--json', flags.env !== undefined && '--env', flags.raw && '--raw'].filter(Boolean);
  if (forms.length > 1) {
    throw new KeysError('usage', `${forms.join(' and ')} exclude each other`, {
      hint: 'each says what stdout is; choose one',
    });
  }
  if (flags.shell !== undefined && flags.env === undefined) {
    throw new KeysError('usage', '--shell says how --env lines are written', { hint: 'add --env' });
  }
  if (typeof flags.env === 'string') checkVariableName(flags.env, true);
}
