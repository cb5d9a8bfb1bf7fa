#!/usr/bin/env node
'use strict';
const [major, minor] = process.versions.node.split('.').map(Number);
const [, , first, ...rest] = process.argv;
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `keys: error: Node ${process.versions.node} is too old\nkeys: hint: keys needs Node 20.19 or later`,
  );
  process.exitCode = 1;
} else if (rest.length === 0 && (first === '--version' || first === '-V')) {
  // Asked so often, by people and by tools, that nothing else is loaded for it.
  process.stdout.write(`${require('../package.json').version}\n`);
} else {
  require('../dist/main.cjs');
}
