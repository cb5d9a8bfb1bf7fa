import { createHash } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { KeysError } from '../domain/errors.js';
import type { KeysFile } from '../lifecycle/as-code/keys-file.js';
import type { AccountPlan } from '../lifecycle/as-code/plan.js';
import type { Context } from './context.js';

/** Most bytes of a `keys.yaml`. */
const MOST_BYTES = 1024 * 1024;

/** A `keys.yaml` that was read. */
export interface OpenKeysFile {
  readonly file: KeysFile;
  /** As it was named. */
  readonly path: string;
  /** The folder that its relative places are in. */
  readonly folder: string;
  /** SHA-256 of its bytes (hex). */
  readonly digest: string;
}

/**
 * Reads a `keys.yaml`. Throws `usage` with every mistake, each of which was printed; `refused` for a file
 * that others can change, because it names commands that run as this user.
 */
export async function openKeysFile(path: string, context: Context): Promise<OpenKeysFile> {
  const [{ readKeysFile }, { openToOthers }] = await Promise.all([
    import('../lifecycle/as-code/read-keys-file.js'),
    import('../storage/open-to-others.js'),
  ]);
  const full = resolve(context.process.directory, path);
  const open = openToOthers(full);
  if (open !== null) {
    throw new KeysError('refused', `others can change ${open}, and ${path} names commands that run as you`, {
      hint: 'take their right to write away (chmod go-w), or own the file and its folders',
    });
  }
  const { text, digest } = await readText(full);
  const folder = dirname(full);
  return {
    file: await tellMistakes(
      () => readKeysFile(text, path, { directory: folder, env: context.env }, context),
      context,
    ),
    path,
    folder,
    digest,
  };
}

/** The digest of the file as it is now. */
export async function digestNow({ path }: OpenKeysFile, context: Context): Promise<string> {
  return (await readText(resolve(context.process.directory, path))).digest;
}

async function readText(path: string): Promise<{ readonly text: string; readonly digest: string }> {
  const { findUserFile } = await import('../storage/user-files.js');
  const bytes = await findUserFile(path, MOST_BYTES);
  if (bytes === null) {
    throw new KeysError('usage', `cannot read ${path}: there is no such file`, {
      hint: 'keys adopt writes a first one, with the keys that there are; man keys-as-code shows what it can hold',
    });
  }
  const digest = createHash('sha256').update(bytes).digest('hex');
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), digest };
  } catch {
    throw new KeysError('usage', `${path} is not UTF-8`);
  }
}

/** Prints each mistake of a file that has several; the error says how many there are. */
export async function tellMistakes<Result>(
  read: () => Promise<Result>,
  { output }: Pick<Context, 'output'>,
): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    const lines = error instanceof KeysError ? error.details?.['lines'] : undefined;
    if (Array.isArray(lines) && lines.length > 1) for (const line of lines) output.warn(String(line));
    throw error;
  }
}

/**
 * Plans the file for these keys, all without `only`. Throws `usage` for mistakes in the file, and for a
 * name that it does not have.
 */
export async function planOpened(
  { file, folder }: OpenKeysFile,
  { only = [], skip }: { readonly only?: readonly string[]; readonly skip?: readonly string[] },
  context: Context,
): Promise<readonly AccountPlan[]> {
  const { onlyNames, planFile } = await import('../lifecycle/as-code/plan.js');
  const names = onlyNames(only, file.keys);
  return await tellMistakes(() => planFile(file, names, { ...context, folder }, skip), context);
}

/** Throws `usage` for a name that fits no place on another machine: nothing is begun with a typing error. */
export async function requireKnownSkip(skip: readonly string[] | undefined, context: Context): Promise<void> {
  if (skip === undefined) return;
  const { refuseUnknownSkip } = await import('../lifecycle/places/elsewhere.js');
  const keys = await (await context.ledger()).managed.all();
  refuseUnknownSkip(
    keys.flatMap(({ places }) => places),
    skip,
  );
}
