#!/usr/bin/env node
'use strict';
const [major, minor] = process.versions.node.split('.').map(Number);
const [, , first, ...rest] = process.argv;

/**
 * Keeps the compiled program in a folder of this user, which spares a tenth of each start, and a quarter
 * under Node 20, which cannot do it by itself. Node runs what it finds there, so a folder that another user
 * could change is not used. Without one, the program only starts more slowly.
 */
function keepCompiled() {
  if (process.getuid === undefined) return;
  try {
    const folder = privateCacheFolder(process.getuid());
    if (folder === null) return;
    const { enableCompileCache } = require('node:module');
    if (enableCompileCache !== undefined) enableCompileCache(folder);
    else require('./keep-compiled.cjs')(folder, require('node:path').join(__dirname, '..', 'dist'));
  } catch {
    // There is no home folder, or nothing can be written to it.
  }
}

/** Returns the folder with links followed; null if another user can change what is in it. */
function privateCacheFolder(user) {
  const { mkdirSync, realpathSync, statSync } = require('node:fs');
  const { dirname, isAbsolute, join } = require('node:path');
  const home = require('node:os').homedir();
  const named = process.env.XDG_CACHE_HOME ?? '';
  const usual = process.platform === 'darwin' ? join(home, 'Library', 'Caches') : join(home, '.cache');
  const path = join(isAbsolute(named) ? named : usual, 'keys');
  if (!isAbsolute(path)) return null;
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const folder = realpathSync(path);
  if (statSync(folder).uid !== user) return null;
  for (let part = folder; ; part = dirname(part)) {
    const { uid, mode } = statSync(part);
    // A sticky folder such as /tmp protects the folders in it.
    const isProtected = part !== folder && (mode & 0o1000) !== 0;
    if ((uid !== user && uid !== 0) || ((mode & 0o022) !== 0 && !isProtected)) return null;
    if (part === dirname(part)) return folder;
  }
}

if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `keys: error: Node ${process.versions.node} is too old\nkeys: hint: keys needs Node 20.19 or later`,
  );
  process.exitCode = 1;
} else if (rest.length === 0 && (first === '--version' || first === '-V')) {
  // Asked so often, by people and by tools, that nothing else is loaded for it.
  process.stdout.write(`${require('../package.json').version}\n`);
} else {
  keepCompiled();
  require('../dist/main.cjs');
}
