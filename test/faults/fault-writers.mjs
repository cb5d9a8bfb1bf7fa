// With fault-calls.c preloaded: each writer of src/storage/files.ts and files/ in one folder, with a fault at
// each of its calls to the file system. Prints a line of JSON for each writer and call.
//   node fault-writers.mjs FOLDER OWNER
import { chownSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { openDraft } from '../../dist/storage/files/growing-file.js';
import { appendToFile, changeFile, createFile, replaceFile, tryWrite } from '../../dist/storage/files.js';

const [folder, owner] = [process.argv[2], Number(process.argv[3])];
const path = join(folder, '.env');
const [OLD, NEW] = ['A=1\n', `B=${'n'.repeat(200)}\n`];
const MODE = 0o600;

/** Each writer, what it leaves where it succeeds, and whether a file is there before. */
const WRITERS = [
  ['changeFile', () => changeFile(path, { maxBytes: 10_000, secret: true }, () => Buffer.from(NEW)), NEW],
  ['changeFile, new', () => changeFile(path, { maxBytes: 10_000 }, () => Buffer.from(NEW)), NEW, false],
  ['replaceFile', async () => replaceFile(path, NEW), NEW],
  ['createFile', () => createFile(path, NEW), NEW, false],
  ['tryWrite', async () => tryWrite(path, 4096), OLD],
  ['appendToFile', async () => appendToFile(path, NEW), OLD + NEW],
  ['openDraft', report, NEW],
];
const CALLS = [
  'create',
  'open',
  'write',
  'fsync',
  'fchmod',
  'fchown',
  'rename',
  'link',
  'unlink',
  'ftruncate',
  'close',
];
const { EIO, ENOSPC, EINTR, EACCES, EROFS } = constants.errno;
const FAULTS = [EIO, ENOSPC, EINTR, EACCES, EROFS, 'dead'];

async function report() {
  const draft = openDraft(path, { mode: MODE });
  try {
    draft.write(NEW.slice(0, 50));
    draft.write(NEW.slice(50));
    draft.finish();
  } catch (error) {
    draft.abandon();
    throw error;
  }
}

function prepare(isThere) {
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
  if (!isThere) return;
  writeFileSync(path, OLD, { mode: MODE });
  if (owner !== 0) chownSync(path, owner, owner);
}

const contentNow = () => (existsSync(path) ? readFileSync(path, 'utf8') : null);

/** What is wrong after a fault; null: nothing is. `said`: what the writer threw, or null. */
function wrongAfter({ said, before, after, call, fault, isThere }) {
  const found = contentNow();
  if (found !== before && found !== after) return `the file holds ${JSON.stringify(found)}`;
  if (said === null && found !== after) return 'the writer said that it was done';
  if (said !== null && !['refused', 'disk_full'].includes(said.code)) return `it threw ${said}`;
  if (found !== null) {
    const { mode, uid } = statSync(path);
    if ((mode & 0o7777) !== MODE) return `the mode is ${mode.toString(8)}`;
    if (isThere && uid !== owner) return `the owner is ${uid}`;
  }
  const left = readdirSync(folder).filter((name) => name !== '.env');
  const mayLeave = fault === 'dead' || call === 'unlink';
  return left.length > 0 && !mayLeave ? `it left ${left}` : null;
}

async function strike(write, plan) {
  delete process.env.KEYS_FAULT_STRUCK;
  process.env.KEYS_FAULT = plan;
  let said = null;
  try {
    await write();
  } catch (error) {
    said = error;
  }
  process.env.KEYS_FAULT = '';
  // The library notes that the plan is over.
  existsSync(folder) && writeFileSync('/dev/null', '');
  return { said, struck: process.env.KEYS_FAULT_STRUCK !== undefined };
}

for (const [name, write, after, isThere = true] of WRITERS) {
  prepare(isThere);
  await write();
  for (const call of CALLS) {
    const row = { name, call, faults: 0, old: 0, fresh: 0, done: 0, wrong: [] };
    for (const fault of call === 'write' ? [...FAULTS, 'short'] : FAULTS) {
      for (let nth = 1; nth < 100; nth++) {
        prepare(isThere);
        const before = contentNow();
        const { said, struck } = await strike(write, `${call} ${nth} ${fault}`);
        if (!struck) break;
        row.faults++;
        row[said === null ? 'done' : contentNow() === before ? 'old' : 'fresh']++;
        const wrong = wrongAfter({ said, before, after, call, fault, isThere });
        if (wrong !== null) row.wrong.push(`${fault} at ${call} ${nth}: ${wrong}`);
        // The claims of a program that was killed are anybody's to remove; this one lives on.
        for (const left of readdirSync(folder)) if (left.includes('.keys-lock.')) rmSync(join(folder, left));
        await changeFile(path, { maxBytes: 10_000 }, () => Buffer.from(NEW));
        const litter = readdirSync(folder).filter((left) => left !== '.env');
        if (litter.length > 0) row.wrong.push(`${fault} at ${call} ${nth}: ${litter} stays`);
      }
    }
    if (row.faults > 0) console.log(JSON.stringify(row));
  }
}
