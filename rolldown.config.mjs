import { defineConfig } from 'rolldown';

/** What brings files of its own that it looks for beside itself: binaries, a script. */
const OUTSIDE = ['keytar', '@napi-rs/keyring', '@photostructure/sqlite', 'open'];

/**
 * CommonJS, because Node 20 needs a fifth of its bare start to set up ES modules, and because a named import of `node:http` loads
 * Node's own undici there. A chunk for each dynamic import of the sources: what was lazy stays lazy.
 */
export default defineConfig({
  input: {
    main: 'src/main.ts',
    'docs/main': 'src/docs/main.ts',
    'credentials/keychain': 'src/credentials/keychain.ts',
    'credentials/keychain-child': 'src/credentials/keychain-child.ts',
  },
  platform: 'node',
  external: OUTSIDE,
  tsconfig: 'tsconfig.json',
  output: {
    dir: 'dist',
    cleanDir: true,
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: 'chunks/[name].cjs',
    // Names of errors are told apart by, and stacks are read in bug reports.
    minify: false,
    sourcemap: false,
  },
});
