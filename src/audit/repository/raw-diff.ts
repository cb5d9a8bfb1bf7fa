/** One file's change, as git's raw format has it. */
export interface RawChange {
  readonly status: string;
  /** Object id of what was there; of several parents, the first's. */
  readonly oldOid: string;
  readonly oid: string;
  /** Whether the new side is a file or a link, whose content is its target: no submodule, not deleted. */
  readonly regular: boolean;
  readonly path: string;
}

/** Flags that have git print the raw format whatever a repository's settings say. */
export const RAW_FLAGS = [
  '--raw',
  '-z',
  '--no-abbrev',
  '--no-ext-diff',
  '--no-color',
  '--ignore-submodules=all',
];

/**
 * Reads `--raw -z` output, in which a line `commit <hash>` may stand before the changes of each commit. A
 * merge's changes (`-c`) have one mode and object id a parent. Renames have two paths, of which the new one
 * counts.
 */
export async function* rawChanges(
  records: AsyncIterable<Buffer>,
): AsyncGenerator<RawChange & { readonly commit: string }> {
  let commit = '';
  let facts: Omit<RawChange, 'path'> | undefined;
  let oldPathToCome = false;
  for await (const record of records) {
    const text = record.toString();
    if (facts !== undefined) {
      if (!oldPathToCome) {
        yield { ...facts, path: text, commit };
        facts = undefined;
      }
      oldPathToCome = false;
    } else if (text.startsWith('commit ')) {
      commit = text.slice(7);
    } else if (text.trimStart().startsWith(':')) {
      facts = factsOf(text.trim());
      oldPathToCome = /^[RC]/.test(facts.status);
    }
  }
}

function factsOf(line: string): Omit<RawChange, 'path'> {
  const parents = line.lastIndexOf(':') + 1;
  const fields = line.slice(parents).split(' ');
  const [mode = '', oldOid = '', oid = '', status = ''] = [
    fields[parents],
    fields[parents + 1],
    fields[2 * parents + 1],
    fields[2 * parents + 2],
  ];
  return { status, oldOid, oid, regular: /^1[02]0/.test(mode) };
}
