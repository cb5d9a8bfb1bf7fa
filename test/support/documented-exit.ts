import { exitCodesOf } from '../../src/cli/exit-codes.js';
import { COMMANDS } from '../../src/cli/program.js';

/** Global options with a value: the word after one is no command. */
const WITH_VALUE = new Set(['-p', '--profile', '--provider', '--base-url', '--set']);

/**
 * The command that these arguments call; undefined: none of ours, or one whose exit code is another
 * program's.
 */
function commandOf(args: readonly string[]): string | undefined {
  const word = args.find((arg, at) => !arg.startsWith('-') && !WITH_VALUE.has(args[at - 1] ?? ''));
  return word !== undefined && word !== 'run' && Object.hasOwn(COMMANDS, word) ? word : undefined;
}

/** Throws if a command ended with an exit code that its help and its man page do not list. */
export function requireDocumentedExit(args: readonly string[], code: number): void {
  const command = commandOf(args);
  if (command === undefined || code < 0 || code > 128) return;
  if (exitCodesOf(command).some(([documented]) => documented === code)) return;
  throw new Error(`keys ${command} ended with ${code}, which its help does not list: keys ${args.join(' ')}`);
}
