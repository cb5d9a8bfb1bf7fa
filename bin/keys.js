#!/usr/bin/env -S node --
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `keys: error: Node ${process.versions.node} is too old\nkeys: hint: keys needs Node 20.19 or later`,
  );
  process.exit(1);
}
await import('../dist/main.js');
