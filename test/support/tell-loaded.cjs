// Loaded before a program (`node --require`): writes the files that it has loaded, and Node's own modules, as
// the last line of its stderr, in JSON.
process.on('exit', () => {
  const files = Object.keys(require.cache).filter((file) => file !== __filename);
  const builtins = process.moduleLoadList
    .filter((entry) => /^NativeModule (?!internal\/)/.test(entry))
    .map((entry) => entry.replace('NativeModule ', ''));
  require('node:fs').writeSync(2, `\n${JSON.stringify({ files, builtins })}\n`);
});
