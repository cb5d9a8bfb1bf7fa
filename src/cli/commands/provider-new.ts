import { resolve } from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { KeysError } from '../../domain/errors.js';
import type { Context } from '../context.js';

export function addNewCommand(provider: Command, context: Context): void {
  provider
    .command('new')
    .summary('write a provider file to begin with')
    .description('Writes a commented provider file into the current directory.')
    .argument('<provider>', 'its id, such as acme')
    .option('--openapi <file>', "the vendor's OpenAPI document: a file or a URL; what it tells is filled in")
    .option(
      '--path <path>',
      'where the document creates keys, if there are several places, such as /api_keys',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  keys provider new acme\n  keys provider new acme --openapi ./acme.yaml',
    )
    .action((id, flags) => begin(id, flags, context));
}

interface NewFlags {
  readonly openapi?: string;
  readonly path?: string;
}

async function begin(id: string, { openapi, path }: NewFlags, context: Context): Promise<void> {
  if (!/^[a-z][a-z0-9-]{1,40}$/.test(id)) {
    throw new KeysError('usage', `not an id: ${JSON.stringify(id)}`, {
      hint: 'lower-case letters, digits and hyphens, such as acme',
    });
  }
  if (path !== undefined && openapi === undefined) {
    throw new KeysError('usage', '--path needs --openapi', {
      hint: 'it picks a part of the OpenAPI document',
    });
  }
  const [{ newProviderFile }, { writeNewFile }] = await Promise.all([
    import('../../providers/new-provider.js'),
    import('../../storage/user-files.js'),
  ]);
  const text = openapi === undefined ? newProviderFile(id) : await draft(id, openapi, path, context);
  await writeNewFile(resolve(context.process.directory, `${id}.mjs`), text);
  context.output.say(`wrote ${id}.mjs; when it says what your vendor does: keys provider add ./${id}.mjs`);
}

/** A provider file from a document. Says which other keys the document has. */
async function draft(
  id: string,
  openapi: string,
  path: string | undefined,
  context: Context,
): Promise<string> {
  const [{ draftProvider }, { readDocument }] = await Promise.all([
    import('../../providers/openapi/draft.js'),
    import('../../providers/openapi/read-document.js'),
  ]);
  const made = await draftProvider(id, await readDocument(openapi, context), path);
  context.output.say(`keys are created at POST ${made.path}`);
  if (made.others.length > 0) context.output.hint(`or, with --path, at ${made.others.join(', ')}`);
  return made.text;
}
