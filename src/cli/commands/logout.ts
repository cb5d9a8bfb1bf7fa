import { Command } from '@commander-js/extra-typings';
import { KeysError } from '../../domain/errors.js';
import type { Context } from '../context.js';

export function logoutCommand(context: Context) {
  return new Command('logout')
    .description(
      "Removes a profile's credential from everywhere it is kept. The key itself stays live: revoke it to end it.",
    )
    .addHelpText('after', '\nExamples:\n  keys logout --profile team')
    .action(() => logout(context));
}

async function logout(context: Context): Promise<void> {
  const profile = context.flags.profile ?? context.env['KEYS_PROFILE'] ?? context.settings().get('profile');
  if (profile === undefined) {
    throw new KeysError('usage', 'no profile is in use, so there is none to log out of', {
      hint: 'say which: --profile <name>',
    });
  }
  const removed = await (await context.credentials()).remove(profile);
  const output = context.output;
  if (output.format === 'json') return await output.record({ profile, removed }, []);
  output.say(removed ? `removed the credential of ${profile}` : `there was no credential of ${profile}`);
}
