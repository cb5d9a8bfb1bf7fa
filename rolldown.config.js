import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'rolldown';
import { thirdPartyLicences } from './.ci/third-party-licences.mjs';

/**
 * Left outside of the bundle: packages that load files beside themselves (binaries, a script), and zod as a
 * whole, because zod-openapi and the users' own provider files share it. The sources use zod/mini, which the
 * bundle holds.
 */
const OUTSIDE = [
  ...['keytar', '@napi-rs/keyring', '@node-rs/bcrypt', '@photostructure/sqlite'],
  ...['open', 'zod', 'zod-openapi'],
];

/**
 * Modules that are always loaded together become one file, with what they import: every file costs a
 * hundredth of Node's own start.
 */
const TOGETHER = {
  // What `keys --help` loads, and every other call.
  core: ['src/main.ts'],
  // What every command needs that does more than help; `chunkOf` adds the rest of the domain.
  domain: [
    ...['src/cli/options/read-duration.ts', 'src/connect/seen-names.ts'],
    ...['src/terminal/key-columns.ts', 'src/terminal/text-column.ts'],
    // What is needed before it is known whether there is a ledger.
    ...['src/storage/ledger/existing-ledger.ts', 'src/lifecycle/find/account-of.ts'],
    // What the ledger notes of a key that is found or listed.
    ...['src/lifecycle/note-list.ts', 'src/lifecycle/note-status.ts'],
  ],
  // What the options of a command need for its help.
  options: ['src/cli/options/create-flags.ts', 'src/cli/options/place-options.ts'],
  connect: [
    'src/connect/open-connection.ts',
    'src/connect/connect-or-tell.ts',
    'src/connect/targeted-provider.ts',
    'src/providers/registry.ts',
    'src/providers/vendors/keys.ts',
    // What definitions and the engine share: a list of providers needs no engine.
    'src/providers/language/paths.ts',
    'src/providers/language/times.ts',
    'src/providers/check-output.ts',
    'src/providers/authentication.ts',
    'src/providers/mistakes.ts',
    'src/providers/hide-secret.ts',
    'src/providers/uuid-of.ts',
  ],
  // What lists keys.
  listing: [
    ...['src/cli/options/list-flags.ts', 'src/cli/options/limit.ts'],
    ...['src/cli/show/listed-keys.ts', 'src/cli/show/key-streams.ts'],
  ],
  client: ['src/providers/engine.ts', 'src/http/create-http-transport.ts'],
  // What a command asks and looks for, before anything is created.
  find: [
    'src/cli/questions/ask-for-key.ts',
    ...['src/lifecycle/find/find-key.ts', 'src/lifecycle/places/read-plan.ts'],
  ],
  // A list reads what the ledger says, and needs nothing that creates or rolls.
  ledger: [
    'src/storage/sql/sqlite-database.ts',
    ...['src/storage/ledger/ledger.ts', 'src/lifecycle/describe-key.ts'],
  ],
  create: [
    ...[
      'src/lifecycle/create/create-key.ts',
      'src/lifecycle/create/namesakes.ts',
      'src/lifecycle/operation/open-means.ts',
    ],
    ...['src/cli/show/show-outcome.ts', 'src/cli/show/warn-of-namesake.ts'],
  ],
  roll: ['src/lifecycle/roll/prepare-roll.ts', 'src/lifecycle/roll/roll-key.ts'],
  embedded: ['src/service/embedded.ts', 'src/storage/keychain/encryption-key.ts'],
  // What both consoles and the program need.
  'console-account': [
    ...['src/service/console/console-account.ts', 'src/service/console/session-table.ts'],
    'src/service/last-manager.ts',
  ],
  'report-file': ['src/audit/reports/report-file.ts'],
  // Apart from the tables that use it: a list in ASCII does not need it.
  'string-width': ['node_modules/string-width/index.js'],
};

// A file that was renamed would leave its chunk unseen.
for (const path of Object.values(TOGETHER).flat()) {
  if (!existsSync(new URL(path, import.meta.url)))
    throw new Error(`rolldown.config.js names ${path}: no such file`);
}

const reached = new Map();

/** Every module that these import statically, and themselves. */
function reach(roots, graph) {
  const name = roots.join();
  if (!reached.has(name)) {
    const found = new Set(roots);
    for (const id of found) for (const next of graph.getModuleInfo(id)?.importedIds ?? []) found.add(next);
    reached.set(name, found);
  }
  return reached.get(name);
}

/**
 * The domain is together, except for what needs cryptography or checksums: Node loads those modules slowly.
 * What the core needs of it is in the core.
 */
function chunkOf(id, graph) {
  const inRepository = (path) => fileURLToPath(new URL(path, import.meta.url));
  const holds = (name) => reach(TOGETHER[name].map(inRepository), graph).has(id);
  const needs = reach([id], graph);
  const isPlain = !needs.has('node:crypto') && !needs.has('node:zlib');
  if (/\/src\/domain\//.test(id) && isPlain && !holds('core')) return 'domain';
  return Object.keys(TOGETHER).find(holds) ?? null;
}

/** Removes what an earlier build left in a folder of the output, so that it is not packed. */
const dropStale = (folder = '') => ({
  name: 'drop-stale',
  writeBundle({ dir }, bundle) {
    for (const entry of readdirSync(join(dir, folder), { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile() && !(relative(dir, path).replaceAll(sep, '/') in bundle)) rmSync(path);
    }
  },
});

/**
 * Copies the compiler's declarations that the library's own refer to; the program's other ones are not
 * public.
 */
const libraryTypes = (compiled) => ({
  name: 'library-types',
  generateBundle() {
    const found = new Set([join(compiled, 'library.d.ts')]);
    for (const path of found) {
      const source = readFileSync(path, 'utf8');
      for (const [, name] of source.matchAll(/(?:from |import\()["'](\.[^"']+)\.js["']/g))
        found.add(join(dirname(path), `${name}.d.ts`));
      this.emitFile({ type: 'asset', fileName: relative(compiled, path), source });
    }
  },
});

/**
 * CommonJS, because Node 20 needs a fifth of its bare start to set up ES modules, and because a named import
 * of `node:http` loads Node's own undici there. Every dynamic import of the sources is a file of its own.
 */
const program = {
  input: {
    main: 'src/main.ts',
    'keychain/keychain': 'src/storage/keychain/keychain.ts',
    'keychain/keychain-child': 'src/storage/keychain/keychain-child.ts',
    'places/clipboard': 'src/places/kinds/clipboard.ts',
    'places/clear-clipboard': 'src/places/clear-clipboard.ts',
  },
  platform: 'node',
  plugins: [thirdPartyLicences, dropStale('chunks')],
  external: OUTSIDE,
  // A command imports lazily what another module imports statically: the help of that command loads less.
  checks: { ineffectiveDynamicImport: false },
  // Chunks that hold only what is named above need it.
  preserveEntrySignatures: 'allow-extension',
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
    // Stacks are read in bug reports.
    minify: false,
    // Node reads them at every start. Stacks name functions; the sources explain them.
    comments: { legal: true, annotation: false, jsdoc: false },
  },
};

/** What programs import: ES modules. Dependencies are left to the package manager. */
const library = {
  input: { library: 'src/library.ts' },
  platform: 'node',
  external: [/^[^./]/],
  plugins: [libraryTypes('dist'), dropStale()],
  tsconfig: 'tsconfig.json',
  output: { dir: 'dist/library', format: 'es', chunkFileNames: '[name].js', minify: false },
};

/** A bundle of its own: in a thread, the program's chunks would run the program. */
const writerThread = {
  input: { 'sqlite-writer-thread': 'src/storage/sql/sqlite-writer-thread.ts' },
  platform: 'node',
  external: OUTSIDE,
  tsconfig: 'tsconfig.json',
  output: { dir: 'dist/sqlite', format: 'cjs', entryFileNames: '[name].cjs', minify: false },
};

export default defineConfig([program, library, writerThread]);
