import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import type { Connection } from '../../connect/connection.js';
import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import { findKeys } from '../../lifecycle/find/find-key.js';
import type { ResolvedKey } from '../../lifecycle/find/resolved-key.js';
import type { RevokedKey } from '../../lifecycle/revoke-keys.js';
import type { Context } from '../context.js';
import { choosing, pickKey, requireKey } from '../questions/pick-key.js';

interface RevokeFlags {
  readonly yes?: true;
  readonly force?: true;
  readonly dryRun?: true;
  readonly erase?: true;
}

export function revokeCommand(context: Context) {
  return new Command('revoke')
    .description(
      'Revokes keys at once and for good: the next request with one is refused. Asks first; without a terminal it needs --yes. A name revokes all versions of the key that still work, also those that were rolled elsewhere.',
    )
    .argument(
      '[key...]',
      'ids or exact names; on a terminal also the beginning of one, or a list to pick from',
    )
    .option('-y, --yes', 'do not ask')
    .option(
      '--force',
      'even the key that authenticates this call, or the last one that can manage keys; forget a key that is gone',
    )
    .option('--erase', 'also remove the secret from the places of each key, where the place can')
    .option('-n, --dry-run', 'say what would be revoked, and change nothing')
    .addHelpText(
      'after',
      `
Output:
  --json prints {"revoked":[{"id","name","was_revoked"}],"failed":[{"id","name","message"}]};
  with --erase also "erased":[{"name","place"}] and "left":[{"name","place","message"}].
  exit 9: a secret is still at a place that could have removed it.

Examples:
  keys revoke "ci runner" --yes
  keys revoke "old worker" --erase --yes
  keys revoke key_8fK2 key_9aB1 --dry-run`,
    )
    .action((references, flags, command) => {
      requireKey(references[0], command as CommandUnknownOpts, context);
      return revoke(references, flags, context);
    });
}

async function revoke(named: readonly string[], flags: RevokeFlags, context: Context): Promise<void> {
  const [{ openConnection }, { requireRevocable, toRevoke }, { sayNotice, warnOfRolls }] = await Promise.all([
    import('../../connect/open-connection.js'),
    import('../../lifecycle/revoke-keys.js'),
    import('../show/revoke-notice.js'),
  ]);
  const { output } = context;
  const connection = await openConnection(context, { yes: flags.yes === true });
  const references = named.length > 0 ? named : [await pickKey('revoke', connection, context)];
  const prefixes = context.process.isAttended && !flags.yes;
  // All are found before the first is revoked: a slip in the last name changes nothing.
  const found = await findKeys(references, connection, context, {
    ...{ prefixes, gone: true, linked: true },
    ...choosing('revoke', context),
  });
  if (!flags.force) await requireRevocable(found, connection, context);
  await warnOfRolls(found, connection, context);
  if (flags.dryRun) {
    const revoke = toRevoke(found, context);
    const fields = revoke.map(({ id, name }) => ['would revoke', `${name} (${id})`] as const);
    return await output.record({ dry_run: true, revoke }, fields);
  }
  // A key that is revoked already needs no question.
  const live = found.filter(({ key }) => key.status !== 'revoked');
  if (!flags.yes && live.length > 0) {
    const prompts = await context.prompts();
    for (const one of live) {
      const { id, name } = one.key;
      if (prompts.available) sayNotice(one, context, { erase: flags.erase === true });
      const also = flags.erase ? ' and remove its secret from its places' : '';
      await prompts.confirmByName({ message: `Revoke ${name} (${id})${also}?`, flag: '--yes', name });
    }
  }
  await revokeAll(found, flags, connection, context);
}

/** Revokes each, and says what became of it. Throws the first failure at the end. */
async function revokeAll(
  found: readonly ResolvedKey[],
  flags: RevokeFlags,
  connection: Connection,
  context: Context,
): Promise<void> {
  const [{ revokeKeys }, { openMeans }, { eraseAll }] = await Promise.all([
    import('../../lifecycle/revoke-keys.js'),
    import('../../lifecycle/operation/open-means.js'),
    import('../erase-revoked.js'),
  ]);
  const { output } = context;
  const means = await openMeans(connection, context);
  const onRevoked = ({ id, name, was_revoked }: RevokedKey) =>
    output.say(was_revoked ? `${name} (${id}) was revoked already` : `revoked ${name} (${id})`);
  const options = { force: flags.force === true, onRevoked };
  const { revoked, failed } = await revokeKeys(found, options, means, context);
  const isRevoked = ({ key }: ResolvedKey) => !failed.some(({ id }) => id === key.id);
  const erased = flags.erase ? await eraseAll(found.filter(isRevoked), means, context) : null;
  if (output.format === 'json') {
    const failures = failed.map(({ error: _, ...rest }) => rest);
    const { removed, left } = erased ?? { removed: [], left: [] };
    const places = erased === null ? {} : { erased: removed, left };
    await output.record({ revoked, ...(failures.length > 0 ? { failed: failures } : {}), ...places }, []);
  }
  const [first, ...others] = failed;
  if (first === undefined) {
    if (erased?.error) throw erased.error;
    return;
  }
  for (const { name, id, message } of others) output.warn(`${name} (${id}) was not revoked: ${message}`);
  if (!(first.error instanceof KeysError) || found.length === 1) throw first.error;
  const { code, hint } = first.error;
  throw new KeysError(
    code,
    `${first.name} (${first.id}) was not revoked: ${first.message}`,
    compact({ hint }),
  );
}
