import { resolve } from 'node:path';
import { Command, Option } from '@commander-js/extra-typings';
import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import { visibleText } from '../../domain/visible-text.js';
import type { DifferingLine } from '../../service/store/imported-keys.js';
import { DIGEST_ALGORITHMS, type DigestAlgorithm } from '../../service/stored-digest.js';
import type { Context } from '../context.js';
import {
  type DatabaseFlags,
  databaseOption,
  dataDirOption,
  SETTINGS_ENVIRONMENT,
} from '../serve/database-address.js';
import { readHmacKeys } from '../serve/hmac-keys.js';
import { openServiceDatabase } from '../serve/open-service-database.js';
import { settledFlags } from '../serve/serve-settings.js';

/** Most bytes of a file: about a million keys. */
const MOST_BYTES = 256 * 1024 * 1024;

interface Flags extends DatabaseFlags {
  readonly algorithm: DigestAlgorithm;
  readonly hmacKey?: string;
}

export function serveImportDigestsCommand(context: Context) {
  const command = new Command('import-digests')
    .summary('take over the keys of another key system')
    .description(
      'Adds keys of another key system, of which there are digests and no secrets: all lines or, if one is wrong, none. Their holders go on using them. At its first use, the digest of a key is replaced by the one that keys uses.',
    )
    .argument('[file]', 'lines of JSON (default: stdin)')
    .addOption(
      new Option('--algorithm <name>', 'how the secrets were digested, where a line does not say')
        .choices(DIGEST_ALGORITHMS)
        .default('sha256' as const),
    )
    .option('--hmac-key <file>', 'the key of digests by HMAC; serve needs it too')
    .addOption(dataDirOption())
    .addOption(databaseOption())
    .addHelpText(
      'after',
      `
Environment:
${SETTINGS_ENVIRONMENT}

Lines:
  {"name":"billing","digest":"<hex or base64>","prefix":"acme_live_","hint":"9fK2","scopes":["invoices:read"]}
  name and digest are needed. Others: algorithm, prefix (how the key begins), hint (its last four characters),
  created_at, and what a create has: type, environment, service, owner, scopes, restrictions, limits,
  metadata, expires_at. Digests of bcrypt need a prefix or hints that tell the keys apart.

Examples:
  keys serve import-digests keys.ndjson --algorithm sha512
  keys serve import-digests --hmac-key pepper.txt --algorithm hmac-sha256 < keys.ndjson`,
    );
  // With its parent's: before this command's name, the same options mean the same.
  return command.action(
    async (file) => await importDigestsOf(file, await settledFlags(command, context), context),
  );
}

async function importDigestsOf(file: string | undefined, flags: Flags, context: Context): Promise<void> {
  const [{ importDigests }, { OWNER }] = await Promise.all([
    import('../../service/import-digests.js'),
    import('../../service/principal.js'),
  ]);
  const lines = await linesOf(file, context);
  const [hmacKey] = await readHmacKeys(flags.hmacKey === undefined ? [] : [flags.hmacKey].flat(), context);
  const { database } = await openServiceDatabase(flags, context, { ifNone: 'refuse' });
  const { added, same, differing, byHmac } = await importDigests(database, lines, {
    algorithm: flags.algorithm,
    by: { actor: OWNER.id, at: context.clock.now() },
    ...compact({ hmacKey }),
  });
  await context.output.record({ added, already_there: same, differing }, [
    ['added', String(added)],
    ['already there', String(same)],
    ...(differing.length === 0 ? [] : [['of them different', String(differing.length)] as const]),
  ]);
  sayDiffering(differing, context);
  if (byHmac > 0) {
    const keys = byHmac === 1 ? 'a key' : `${byHmac} keys`;
    context.output.say(
      `${keys} with a digest by HMAC: only servers with this --hmac-key accept them; start each server with it`,
    );
  }
}

/** Lines that are said; the rest are counted, and all are in the JSON. */
const MOST_SAID = 20;

function sayDiffering(differing: readonly DifferingLine[], { output }: Context): void {
  if (differing.length === 0) return;
  for (const { line, id, name, members } of differing.slice(0, MOST_SAID)) {
    output.say(
      `warning: line ${line}: ${visibleText(name)} (${id}) is there already, with another value of ${members.join(', ')}`,
    );
  }
  if (differing.length > MOST_SAID) output.say(`warning: ${differing.length - MOST_SAID} more lines differ`);
  output.hint('an import changes no key that is there: keys update does');
}

async function linesOf(file: string | undefined, context: Context): Promise<AsyncIterable<string>> {
  if (file === undefined) {
    if (!context.input.isTerminal) return context.input.readLines();
    throw new KeysError('usage', 'what to import comes from a file or on stdin', {
      hint: 'keys serve import-digests keys.ndjson',
    });
  }
  const { readUserFile } = await import('../../storage/user-files.js');
  const bytes = await readUserFile(resolve(context.process.directory, file), MOST_BYTES);
  return inLines(Buffer.from(bytes).toString('utf8'));
}

async function* inLines(text: string): AsyncIterable<string> {
  yield* text.split('\n');
}
