import { join } from 'node:path';
import { compact } from '../../domain/compact.js';
import { readRegularFile, walk } from './folder.js';
import type { FoundSecret } from './found.js';
import { digestOf } from './known-secrets.js';
import type { ScanOptions } from './scan-bytes.js';
import { textOf } from './text-of.js';

/** Most bytes of an env file. */
const MAX_ENV_FILE_BYTES = 1024 * 1024;
/** `.env`, `.env.production`, `web.env`; a template to fill in is not one. */
const ENV_FILE = /(?:^|\/)(?:\.env(?:\.[\w.-]+)?|[\w.-]+\.env)$/;
const TEMPLATE = /\.(?:example|sample|template|dist)$/;
const DEPENDENCIES = /(?:^|\/)node_modules\//;

/** A key in an env file. The digest says which of them are one, without the secret. */
export interface FoundInEnvFile extends FoundSecret {
  readonly digest: string;
  /** The variable that holds it alone; absent: the line is no plain assignment. */
  readonly variable?: string;
}

/**
 * Keys in the env files under a folder, those that git ignores too: there they are where they belong, but
 * each in one only.
 */
export async function* scanEnvFiles(
  root: string,
  { find }: Pick<ScanOptions, 'find'>,
): AsyncGenerator<FoundInEnvFile> {
  for await (const file of walk(root, false)) {
    if (!ENV_FILE.test(file) || TEMPLATE.test(file) || DEPENDENCIES.test(file)) continue;
    const read = await readRegularFile(join(root, file), MAX_ENV_FILE_BYTES);
    const text = Buffer.isBuffer(read) ? textOf(read) : null;
    for (const match of text === null ? [] : find(text)) {
      const { start, end, ...found } = match;
      const variable = variableAt(text ?? '', start, end);
      yield { ...found, file, digest: digestOf((text ?? '').slice(start, end)), ...compact({ variable }) };
    }
  }
}

/** The name in front of a value that is the whole value of its line; undefined for any other line. */
function variableAt(text: string, start: number, end: number): string | undefined {
  const before = text.slice(text.lastIndexOf('\n', start - 1) + 1, start);
  if (!/^["']?\s*(?:#.*)?(?:\r?\n|$)/.test(text.slice(end, end + 200))) return undefined;
  return /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*["']?$/.exec(before)?.[1];
}
