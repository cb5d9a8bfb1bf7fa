import { fileURLToPath } from 'node:url';
import { defineConfig } from 'rolldown';
import { dropStale } from './drop-stale.mjs';
import { libraryTypes } from './library-types.mjs';
import { loadAtFirstUse } from './load-at-first-use.mjs';
import { thirdPartyLicences } from './third-party-licences.mjs';

/**
 * What brings files of its own that it looks for beside itself, binaries and a script; and zod whole, which zod-openapi takes and a provider file of the
 * user's own is handed. The sources use its small form, of which the build holds what they use.
 */
const OUTSIDE = ['keytar', '@napi-rs/keyring', '@photostructure/sqlite', 'open', 'zod', 'zod-openapi'];

/**
 * Files that are loaded together are one file: each costs a hundredth of a bare start and more. What these import statically goes
 * with them, to the first that has it.
 */
const TOGETHER = {
  core: ['src/main.ts', 'src/terminal/key-columns.ts', 'src/cli/key-options.ts'],
  connect: ['src/connect/connect.ts', 'src/providers/registry.ts', 'src/providers/vendors/keys.ts'],
  client: ['src/providers/engine.ts', 'src/http/create-http-transport.ts'],
  issue: ['src/lifecycle/issue-key.ts'],
  sqlite: ['src/storage/sql/sqlite-database.ts'],
  embedded: ['src/service/embedded.ts'],
  // Apart from the tables that it is for: a list in ASCII does not need it.
  'string-width': ['node_modules/string-width/index.js'],
};

function chunkOf(id, graph) {
  if (/\/src\/domain\//.test(id)) return 'core';
  for (const [name, roots] of Object.entries(TOGETHER)) {
    if (reach(roots, graph).has(id)) return name;
  }
  return null;
}

const reached = new Map();

/** Every module that these import statically, themselves included. */
function reach(roots, graph) {
  const known = reached.get(roots);
  if (known !== undefined) return known;
  const found = new Set(roots.map((root) => fileURLToPath(new URL(`../${root}`, import.meta.url))));
  for (const id of found) for (const next of graph.getModuleInfo(id)?.importedIds ?? []) found.add(next);
  reached.set(roots, found);
  return found;
}

/**
 * CommonJS, because Node 20 needs a fifth of its bare start to set up ES modules, and because a named import of `node:http` loads
 * Node's own undici there. A chunk for each dynamic import of the sources: what was lazy stays lazy.
 */
const program = {
  input: {
    main: 'src/main.ts',
    'keychain/keychain': 'src/storage/keychain/keychain.ts',
    'keychain/keychain-child': 'src/storage/keychain/keychain-child.ts',
  },
  platform: 'node',
  // Chunks that hold only what is named above need it.
  preserveEntrySignatures: 'allow-extension',
  plugins: [loadAtFirstUse, thirdPartyLicences, dropStale('chunks')],
  external: OUTSIDE,
  treeshake: { moduleSideEffects: (id) => !/node_modules\/zod\//.test(id) },
  tsconfig: 'tsconfig.json',
  output: {
    dir: 'dist',
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: 'chunks/[name].cjs',
    codeSplitting: {
      groups: [{ name: chunkOf, debugName: 'together', includeDependenciesRecursively: false }],
    },
    // Names of errors are told apart by, and stacks are read in bug reports.
    minify: false,
  },
};

/** What programs import: ES modules, its dependencies left to the package manager. */
const library = {
  input: { library: 'src/library.ts' },
  platform: 'node',
  external: [/^[^./]/],
  plugins: [libraryTypes('dist'), dropStale()],
  tsconfig: 'tsconfig.json',
  output: { dir: 'dist/library', format: 'es', chunkFileNames: '[name].js', minify: false },
};

export default defineConfig([program, library]);
