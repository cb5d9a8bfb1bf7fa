import { Command } from '@commander-js/extra-typings';
import { KeysError } from '../../domain/errors.js';
import type { Deps } from '../context.js';

export function logoutCommand(deps: Deps) {
  return new Command('logout')
    .description(
      "Removes a profile's credential from everywhere it is kept. The key itself stays live: revoke it to end it.",
    )
    .addHelpText('after', '\nExamples:\n  keys logout --profile team')
    .action(() => logout(deps));
}

async function logout(
  deps: Pick<Deps, 'credentials' | 'env' | 'flags' | 'output' | 'settings'>,
): Promise<void> {
  const profile = deps.flags().profile ?? deps.env['KEYS_PROFILE'] ?? deps.settings().get('profile');
  if (profile === undefined) {
    throw new KeysError('usage', 'no profile is in use, so there is none to log out of', {
      hint: 'say which: --profile <name>',
    });
  }
  const removed = await (await deps.credentials()).remove(profile);
  const output = deps.output();
  if (output.format === 'json') return await output.record({ profile, removed }, []);
  output.say(removed ? `removed the credential of ${profile}` : `there was no credential of ${profile}`);
}
