'use strict';
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const { createRequire, wrap } = require('node:module');
const { basename, dirname, join, sep } = require('node:path');
const { Script } = require('node:vm');
const { crc32 } = require('node:zlib');

/** The bytes before the compiled code: checksums of the source and of the code. V8 checks neither. */
const HEAD = 8;

/**
 * Keeps the compiled program in a folder, as `enableCompileCache` of later versions does: under Node 20,
 * compiling is a quarter of the processor time of a call. `program` is the folder of the program's own files;
 * others are loaded as ever. To be removed together with the support of Node 20.
 */
module.exports = function keepCompiled(folder, program) {
  // A few versions between 20 and 22 have neither way.
  if (crc32 === undefined || process.env.NODE_DISABLE_COMPILE_CACHE) return;
  const kept = join(folder, `${process.version}-${process.arch}`);
  const fresh = [];
  require.extensions['.cjs'] = (module, file) => {
    const source = wrap(readFileSync(file, 'utf8'));
    // V8 does not keep with the code how `import()` finds a module.
    const isKept = file.startsWith(program + sep) && !source.includes('import(');
    if (!isKept) return require.extensions['.js'](module, file);
    const sum = crc32(source);
    const path = join(kept, `${basename(file)}-${crc32(file).toString(16)}`);
    const cachedData = readKept(path, sum);
    const script = new Script(source, { filename: file, cachedData });
    if (cachedData === undefined || script.cachedDataRejected) fresh.push({ path, sum, script });
    const run = script.runInThisContext();
    run.call(module.exports, module.exports, createRequire(file), module, file, dirname(file));
  };
  // At the end, because the functions that have run are compiled then.
  process.on('exit', () => {
    try {
      if (fresh.length > 0) mkdirSync(kept, { recursive: true, mode: 0o700 });
      for (const { path, sum, script } of fresh) keep(path, sum, script.createCachedData());
    } catch {
      // The disk is full, or nothing can be written to the folder: the next call compiles again.
    }
  });
};

/** The compiled code of the source with this checksum; undefined where there is none that is whole. */
function readKept(path, sum) {
  try {
    const bytes = readFileSync(path);
    const code = bytes.subarray(HEAD);
    return bytes.readUInt32LE(0) === sum && bytes.readUInt32LE(4) === crc32(code) ? code : undefined;
  } catch {
    return undefined;
  }
}

/** Other calls may read and write the same file: each of them sees a whole one. */
function keep(path, sum, code) {
  const head = Buffer.alloc(HEAD);
  head.writeUInt32LE(sum, 0);
  head.writeUInt32LE(crc32(code), 4);
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, Buffer.concat([head, code]), { mode: 0o600 });
  renameSync(draft, path);
}
