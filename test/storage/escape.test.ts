import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { refuseEscape } from '../../src/storage/escape.js';
import { temporaryFolder } from '../support/temporary-folder.js';

it('refuses a path whose links lead out of the folder, and no other', () => {
  const [folder, outside] = [temporaryFolder(), temporaryFolder()];
  writeFileSync(join(outside, 'there'), '');
  mkdirSync(join(folder, 'sub'));
  symlinkSync(join(outside, 'there'), join(folder, 'link'));
  symlinkSync(join(outside, 'new'), join(folder, 'dangling'));
  symlinkSync(outside, join(folder, 'folder'));
  symlinkSync('loop', join(folder, 'loop'));
  symlinkSync('sub', join(folder, 'inner'));
  for (const path of ['link', 'dangling', 'folder/new', 'folder/a/b/new']) {
    expect(() => refuseEscape(path, folder), path).toThrow('leads out of this folder');
  }
  for (const path of ['new', 'sub/new', 'inner/new', 'loop', join(outside, 'there'), '/dev/stdout', '../x'])
    refuseEscape(path, folder);
});
