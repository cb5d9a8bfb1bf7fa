import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { asShown, shownTime } from '../../domain/whole-seconds.js';
import { accountOf } from '../../lifecycle/find/account-of.js';
import { findKey } from '../../lifecycle/find/find-key.js';
import { keyFields } from '../../terminal/key-columns.js';
import type { Context } from '../context.js';
import { choosing, pickKey, requireKey } from '../questions/pick-key.js';
import { managedFields, markOwn } from '../show/managed-columns.js';
import { revocationFields, revocationOf, revokedByText } from '../show/revocation.js';
import { usageFields, usageOf } from '../show/usage-fields.js';

export function showCommand(context: Context) {
  return new Command('show')
    .description(
      "Shows one key's record. The secret is not part of it: it was shown once, when the key was created.",
    )
    .argument('[key]', 'id, exact name, or unique prefix of either; on a terminal, a list to pick from')
    .addHelpText('after', '\nExamples:\n  keys show web\n  keys show key_8fK2 --json')
    .action((reference, _flags, command) => {
      requireKey(reference, command as CommandUnknownOpts, context);
      return show(reference, context);
    });
}

async function show(named: string | undefined, context: Context): Promise<void> {
  const { openConnection } = await import('../../connect/open-connection.js');
  const connection = await openConnection(context);
  const { kind, provider, address } = connection;
  const reference = named ?? (await pickKey('show', connection, context));
  const found = await findKey(reference, connection, context, {
    prefixes: true,
    ...choosing('show', context),
  });
  const { createDescriber } = await import('../../lifecycle/describe-key.js');
  const account = accountOf(connection);
  const now = context.clock.now();
  const described = (await createDescriber(await context.ledger(), account, now))(found.key);
  const key = markOwn(described, await connection.ownKeyIds());
  const output = context.output;
  const usage = await usageOf(connection.service, key.id);
  const counted = usage === null ? [] : usageFields(usage);
  const ended = key.status === 'revoked' ? await revocationOf(found, connection.service) : null;
  const by = ended && (await revokedByText(ended, connection.service, kind === 'embedded'));
  const fields = [
    ...keyFields(key, now, output.human),
    ...(ended === null ? [] : revocationFields(ended, now, by, output.human)),
    ...managedFields(key),
    ...counted,
  ];
  // The ledger knows more than the record only for a key that a person manages in a dashboard.
  const kept =
    kind === 'guided'
      ? await (await context.ledger()).find({ provider: provider.id, address }, key.id)
      : null;
  const record = asShown({ ...key, ...ended, ...(usage === null ? {} : { usage }) });
  if (kept === null) return await output.record(record, fields);
  const roll_by = kept.roll_by === null ? null : shownTime(kept.roll_by);
  const more = {
    provider: kept.provider,
    base_url: kept.base_url,
    roll_by,
    secret_saved: kept.secret_item !== null,
  };
  await output.record({ ...record, ...more }, [
    ...fields,
    ['provider', provider.title],
    ...(kept.base_url === null ? [] : [['base URL', kept.base_url] as const]),
    ['last used here', key.last_used_here ?? 'never'],
    ['roll by', roll_by ?? 'never'],
    ['secret', kept.secret_item === null ? 'not saved' : 'saved'],
  ]);
}
