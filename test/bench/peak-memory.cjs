// Loaded before a program (`node --require`): tells its peak memory in KiB as the last line of its stderr.
process.on('exit', () => require('node:fs').writeSync(2, `\npeak ${process.resourceUsage().maxRSS}\n`));
