import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import type { KeysProgram } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';

let keys: KeysProgram;
beforeEach(async () => {
  keys = await keysInProcess();
  return () => keys.remove();
});

/** Creates a key for a variable of the file. */
const createIn = (name: string) => keys.run(['create', name, '--to', `${join(keys.home, name)}#K`]);

it.each([
  ['c.json', '{"a": 1}\n'],
  ['config.yml', 'a: 1\n'],
  ['c.yaml', ''],
  ['c.toml', 'a = "b"\n'],
  ['c.js', 'module.exports = {\n  a: 1,\n};\n'],
  ['vite.config.mts', 'export default {}\n'],
  ['Makefile', 'all: one\n\techo\n'],
  ['php.ini', 'a=1\n'],
  ['json', '\n{\n  "a": 1\n}\n'],
  ['list', '[1, 2]\n'.replace('1', '"a"')],
  ['yaml', '# mine\nservices:\n  web:\n    image: node\n'],
  ['toml', 'a = "b"\n[env]\nc = "d"\n'],
  ['rc', "const a = require('a');\n"],
  ['module', "import a from 'a';\n"],
  ['assigned', 'A=1\nconfig = {\n  "a": 1\n}\n'],
  ['xml', '<?xml version="1.0"?>\n<a/>\n'],
])('refuses %s before a key is created, and leaves it as it is', async (name, text) => {
  writeFileSync(join(keys.home, name), text);
  const { code, stderr } = await createIn(name);
  expect([code, stderr]).toEqual([6, expect.stringContaining('not an env file')]);
  expect(stderr).toMatch(/hint: .*exec:/);
  expect(readFileSync(join(keys.home, name), 'utf8')).toBe(text);
  expect((await keys.run(['list', '--all', '--json'])).stdout).toBe('[]\n');
});

it('refuses a new file by its name, and one behind a link', async () => {
  expect((await createIn('new.json')).code).toBe(6);
  writeFileSync(join(keys.home, 'real.json'), '');
  symlinkSync('real.json', join(keys.home, '.env'));
  expect((await createIn('.env')).code).toBe(6);
});

it.each([
  ['.env', '# a: b\n\nA=1\nexport B="x\n{\ny: z\n[env]\n" # - c\nC={"a":1}\nD=[1]\n'],
  ['.env.local', '\uFEFFA=1\r\n\r\n# {\r\nB="1"\r\n'],
  ['prod.env', "A='-----BEGIN KEY-----\nabc\n-----END KEY-----'\n"],
  ['.envrc', 'use nix\nlayout node\nif [ -f x ]; then\n  . ./x\nfi\n[[ -n $A ]] && B=1\nf() {\n  :\n}\n'],
  ['vars.sh', '#!/bin/sh\nset -a\nsource ./x\nA=(1\n2)\nexport C\n'],
  ['env.conf', 'A=b c\n'],
  ['application.properties', 'a.b=c\n'],
  ['notes.txt', 'DEBUG\n'],
])('writes to %s', async (name, text) => {
  writeFileSync(join(keys.home, name), text);
  const { code, stderr } = await createIn(name);
  expect(code, stderr).toBe(0);
  expect(readFileSync(join(keys.home, name), 'utf8')).toMatch(/^K=sk_live_\w+\r?$/m);
});

it('refuses to roll and deliver to such a file, and removes what an older version wrote there', async () => {
  const path = join(keys.home, 'settings');
  expect((await createIn('settings')).code).toBe(0);
  writeFileSync(path, `{\n"a": 1\n}\n${readFileSync(path, 'utf8')}`);
  expect((await keys.run(['roll', 'settings'])).code).toBe(6);
  expect((await keys.run(['deliver', 'settings', '--to', `${path}#L`])).code).toBe(6);
  const removed = await keys.run(['places', 'remove', 'settings', `${path}#K`, '--erase', '--yes']);
  expect(removed.code, removed.stderr).toBe(0);
  expect(readFileSync(path, 'utf8')).toBe('{\n"a": 1\n}\n');
});
