import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { KeysError } from '../../domain/errors.js';
import type { Context } from '../context.js';
import type { ServeFlags } from './serve-options.js';

type Name = keyof ServeFlags & string;

/**
 * Throws `usage` for two options of `serve` of which one would be ignored, wherever they come from. `command`
 * has its settings already.
 */
export function refuseContradictions(
  command: CommandUnknownOpts,
  flags: ServeFlags,
  env: Context['env'],
): void {
  const isSet = (name: Name) => !['default', undefined].includes(command.getOptionValueSource(name));
  const apart = (one: Name, other: Name, hint: string) => {
    if (!isSet(one) || !isSet(other)) return;
    throw new KeysError('usage', `${shown(command, one)} excludes ${shown(command, other)}`, { hint });
  };
  apart('listen', 'port', 'a socket in the file system has no port');
  // The port for metrics has the same address.
  if (!isSet('metricsPort')) apart('listen', 'host', 'a socket in the file system has no address');
  if (!flags.console) apart('console', 'consoleHost', 'without a console, no browser needs a name for it');
  if (flags.database !== undefined || env['KEYS_DATABASE_URL']) return;
  const ofPostgres = (
    ['databaseConnections', 'databaseConnectTimeout', 'databaseStatementTimeout'] as const
  ).find(isSet);
  if (ofPostgres === undefined) return;
  throw new KeysError('usage', `${shown(command, ofPostgres)} is for PostgreSQL, and none is named`, {
    hint: '--database or KEYS_DATABASE_URL names it; without it, keys are kept in SQLite on this machine',
  });
}

/** Such as `--port`, or `--port (KEYS_SERVE_PORT)` where the command line does not say it. */
function shown(command: CommandUnknownOpts, name: Name): string {
  const long = command.options.find((option) => option.attributeName() === name)?.long ?? name;
  const source = command.getOptionValueSource(name);
  return source === 'cli' ? long : `${long} (${source})`;
}
