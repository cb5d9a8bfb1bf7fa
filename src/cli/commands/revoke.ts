import { Command } from '@commander-js/extra-typings';
import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import { findKey } from '../../lifecycle/find-key.js';
import type { Context } from '../context.js';

interface RevokeFlags {
  readonly yes?: true;
  readonly force?: true;
  readonly dryRun?: true;
}

export function revokeCommand(context: Context) {
  return new Command('revoke')
    .description(
      'Ends keys at once and for good: the next request with one is refused. Asks first; without a terminal it needs --yes.',
    )
    .argument('<key...>', 'ids, exact names, or unique prefixes of either')
    .option('--yes', 'do not ask')
    .option('--force', 'even the key that authenticates this very call')
    .option('--dry-run', 'say what would be revoked, and change nothing')
    .addHelpText(
      'after',
      `
Output:
  --json prints {"revoked":[{"id","name","was_revoked"}]}

Examples:
  keys revoke "ci runner" --yes
  keys revoke key_8fK2 key_9aB1 --dry-run`,
    )
    .action((references, flags) => revoke(references, flags, context));
}

async function revoke(references: readonly string[], flags: RevokeFlags, context: Context): Promise<void> {
  const { connect } = await import('../../connect/connect.js');
  const output = context.output;
  const { service } = await connect(context, { yes: flags.yes === true });
  // All are found before the first is ended: a slip in the last name changes nothing.
  const keys: Key[] = [];
  for (const reference of references) {
    const key = await findKey(service, reference);
    if (!keys.some(({ id }) => id === key.id)) keys.push(key);
  }
  const own = flags.force ? null : await service.whoami();
  if (own !== null && keys.some((key) => key.id === own.id)) {
    throw new KeysError('refused', `this call is authenticated by ${own.id} itself`, {
      hint: 'with --force it ends all the same, and you log in with another',
    });
  }
  if (flags.dryRun) {
    const fields = keys.map((key) => ['would revoke', `${key.name} (${key.id})`] as const);
    await output.record({ dry_run: true, revoke: keys.map(({ id, name }) => ({ id, name })) }, fields);
    return;
  }
  // What has ended already is not ended again: nothing to ask about.
  const live = keys.filter((key) => key.status !== 'revoked');
  if (!flags.yes && live.length > 0) {
    const prompts = await context.prompts();
    for (const { id, name } of live) {
      await prompts.confirmByName({ message: `Revoke ${name} (${id})?`, flag: '--yes', name });
    }
  }
  for (const key of keys) {
    await service.revoke(key.id);
    if (key.status === 'revoked') output.say(`${key.name} (${key.id}) was revoked already`);
    else output.say(`revoked ${key.name} (${key.id})`);
  }
  if (output.format === 'json') {
    const revoked = keys.map(({ id, name, status }) => ({ id, name, was_revoked: status === 'revoked' }));
    await output.record({ revoked }, []);
  }
}
