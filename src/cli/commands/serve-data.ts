import { Command } from '@commander-js/extra-typings';
import { KeysError } from '../../domain/errors.js';
import type { Deps } from '../context.js';
import {
  DATABASE_ENVIRONMENT,
  databaseOption,
  dataDirOption,
  type PlaceFlags,
  readPlace,
} from '../database-address.js';

type Needs = Pick<Deps, 'env' | 'input' | 'output' | 'keyDatabase'>;

const ENVIRONMENT = `
Environment:
${DATABASE_ENVIRONMENT}`;

/** Makes or upgrades the tables, as every start of the service does: for those whose servers may not change tables. */
export function serveMigrateCommand(deps: Needs) {
  const command = new Command('migrate')
    .summary("make or upgrade the database's tables")
    .description("Makes or upgrades the database's tables, as serve does at its start, and ends.")
    .addOption(dataDirOption())
    .addOption(databaseOption())
    .addHelpText('after', ENVIRONMENT);
  // With its parent's: before this command's name, the same options mean the same.
  return command.action(() => migrate(command.optsWithGlobals(), deps));
}

export function serveExportCommand(deps: Needs) {
  const command = new Command('export')
    .summary('print every key, for import elsewhere')
    .description(
      'Prints every key as it is at this moment, revoked ones too, as lines of JSON, for keys serve import. There are digests in it and no secrets; the signing halves of pairs are encrypted, as in the database. What is kept to answer a repeated create or roll stays behind.',
    )
    .addOption(dataDirOption())
    .addOption(databaseOption())
    .addHelpText(
      'after',
      `${ENVIRONMENT}

Output:
  a line {"format":"keys","version":1,"keys":<count>,"events":<count>,"settings":{…}}, then a line for each key,
  then a line for each event of the audit trail, times in epoch milliseconds

Examples:
  keys serve export > keys.ndjson
  keys serve export | keys serve import --database postgres://keys@db.internal/keys`,
    );
  return command.action(() => exportKeys(command.optsWithGlobals(), deps));
}

export function serveImportCommand(deps: Needs) {
  const command = new Command('import')
    .summary('take in what export printed')
    .description(
      'Takes in, from stdin, what keys serve export printed: all of it, or, where anything is wrong, nothing. A key that is there already must be the same, but for its last use.',
    )
    .addOption(dataDirOption())
    .addOption(databaseOption())
    .addHelpText(
      'after',
      `${ENVIRONMENT}

Examples:
  keys serve import --database postgres://keys@db.internal/keys < keys.ndjson`,
    );
  return command.action(() => importKeys(command.optsWithGlobals(), deps));
}

async function migrate(flags: PlaceFlags, deps: Needs): Promise<void> {
  const { version } = await deps.keyDatabase(readPlace(flags, deps.env));
  await deps.output().record({ schema: version }, [['schema', String(version)]]);
}

async function exportKeys(flags: PlaceFlags, deps: Needs): Promise<void> {
  const database = await deps.keyDatabase(readPlace(flags, deps.env));
  await database.export((lines) => deps.output().print(lines));
}

async function importKeys(flags: PlaceFlags, deps: Needs): Promise<void> {
  if (deps.input.isTerminal) {
    throw new KeysError('usage', 'what to import comes on stdin', {
      hint: 'keys serve import < keys.ndjson',
    });
  }
  const place = readPlace(flags, deps.env);
  const database = await deps.keyDatabase(place);
  const { added, same } = await database.import(deps.input.readLines());
  await deps.output().record({ added, already_there: same }, [
    ['added', String(added)],
    ['already there', String(same)],
  ]);
}
