import {
  chownSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDraft } from '../../src/storage/files/growing-file.js';
import { appendToFile, changeFile, createFile, replaceFile, tryWrite } from '../../src/storage/files.js';
import { codeOf } from '../contract/key-service.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const isRoot = process.getuid?.() === 0;
const OTHER = 65_534;
const OPTIONS = { maxBytes: 1_000, secret: true };

/** Every writer, by name. */
const WRITERS: Readonly<Record<string, (path: string) => unknown>> = {
  changeFile: (path) => changeFile(path, OPTIONS, () => Buffer.from('new')),
  replaceFile: (path) => replaceFile(path, 'new'),
  createFile: (path) => createFile(`${path}.created`, 'new'),
  tryWrite: (path) => tryWrite(path, 3),
  appendToFile: (path) => appendToFile(path, 'new\n'),
  openDraft(path) {
    const draft = openDraft(path);
    draft.write('new');
    draft.finish();
  },
};

/** A folder with a file in it, which belong to a user. */
function folderOf(owner: number, parent: string, name: string): string {
  const folder = join(parent, name);
  mkdirSync(folder);
  writeFileSync(join(folder, '.env'), 'A=1\n');
  if (owner !== 0) for (const path of [folder, join(folder, '.env')]) chownSync(path, owner, owner);
  return folder;
}

describe.runIf(isRoot).each(Object.entries(WRITERS))('%s, as root', (_, write) => {
  it("follows another user's link to a folder only to what is that user's", async () => {
    const parent = temporaryFolder();
    const [ours, theirs] = [folderOf(0, parent, 'ours'), folderOf(OTHER, parent, 'theirs')];
    const leads = (name: string, to: string, owner: number) => {
      symlinkSync(to, join(parent, name));
      lchownSync(join(parent, name), owner, owner);
      return join(parent, name, '.env');
    };
    expect(await codeOf((async () => write(leads('trap', ours, OTHER)))())).toBe('refused');
    expect(await codeOf((async () => write(leads('trap2', 'trap', 0)))())).toBe('refused');
    expect(readdirSync(ours)).toEqual(['.env']);
    expect(readFileSync(join(ours, '.env'), 'utf8')).toBe('A=1\n');
    expect(await codeOf((async () => write(leads('current', 'theirs', OTHER)))())).toBe('none');
    expect(await codeOf((async () => write(leads('mine', 'ours', 0)))())).toBe('none');
    expect(statSync(join(theirs, '.env')).uid).toBe(OTHER);
  });
});

describe.runIf(process.platform === 'linux')('what is swapped while a file is written', () => {
  /** Puts a link to another folder in the place of a folder, which is moved away. */
  function swapFolder(folder: string, other: string): string {
    renameSync(folder, `${folder}.moved`);
    symlinkSync(other, folder);
    return `${folder}.moved`;
  }

  it('a folder: the write goes to the folder that was named', async () => {
    const parent = temporaryFolder();
    const [folder, victim] = [folderOf(0, parent, 'folder'), folderOf(0, parent, 'victim')];
    await changeFile(join(folder, '.env'), OPTIONS, (before) => {
      swapFolder(folder, victim);
      return Buffer.from(`${before}B=2\n`);
    });
    expect(readFileSync(`${folder}.moved/.env`, 'utf8')).toBe('A=1\nB=2\n');
    expect(readFileSync(join(victim, '.env'), 'utf8')).toBe('A=1\n');
    expect([...readdirSync(victim), ...readdirSync(`${folder}.moved`)]).toEqual(['.env', '.env']);
  });

  it('a folder of a report that is being made', () => {
    const parent = temporaryFolder();
    const [folder, victim] = [folderOf(0, parent, 'folder'), folderOf(0, parent, 'victim')];
    const draft = openDraft(join(folder, '.env'));
    draft.write('new');
    swapFolder(folder, victim);
    draft.finish();
    expect(readFileSync(`${folder}.moved/.env`, 'utf8')).toBe('new');
    expect(readFileSync(join(victim, '.env'), 'utf8')).toBe('A=1\n');
  });

  it('the file: a link is not read, so that nothing is copied into the folder', async () => {
    const folder = folderOf(0, temporaryFolder(), 'folder');
    const [path, secret] = [join(folder, '.env'), join(folder, '..', 'secret')];
    writeFileSync(secret, 'of root\n');
    // Another program seems to hold the lock: this one waits.
    const machine = Buffer.from(hostname()).toString('hex').slice(0, 24);
    const claim = `${path}.keys-lock.0000000000.${machine}.${process.pid}.00000000`;
    writeFileSync(claim, '');
    // The attacker puts a file of their own back: it would get what was read, and stay theirs.
    const change = (before: Buffer | null) => {
      rmSync(path);
      writeFileSync(path, '');
      return Buffer.from(`${before}B=2\n`);
    };
    const changed = codeOf(changeFile(path, OPTIONS, change));
    rmSync(path);
    symlinkSync(secret, path);
    rmSync(claim);
    expect([await changed, readlinkSync(path)]).toEqual(['refused', secret]);
    expect([readdirSync(folder), readFileSync(secret, 'utf8')]).toEqual([['.env'], 'of root\n']);
  });
});
