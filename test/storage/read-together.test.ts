import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readTogether } from '../../src/storage/sql/read-together.js';
import { openSqliteDatabase } from '../../src/storage/sql/sqlite-database.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** A real table of the words `w0` to `w99`, and how many values each statement that read it had. */
async function words() {
  const path = join(temporaryFolder(), 'words.db');
  const database = await openSqliteDatabase(path, [['CREATE TABLE words (word TEXT PRIMARY KEY)']]);
  onTestFinished(() => database.close());
  for (let n = 0; n < 100; n++) await database.run('INSERT INTO words VALUES (?)', [`w${n}`]);
  const sizes: number[] = [];
  const counting: Pick<typeof database, 'all'> = {
    all(sql, params = []) {
      sizes.push(params.length);
      return database.all(sql, params);
    },
  };
  return { database, counting, sizes };
}

const SELECT = 'SELECT word FROM words';

it('shares a statement among what is asked for in one turn, in few lengths', async () => {
  const { counting, sizes } = await words();
  const find = readTogether(counting, SELECT, 'word');
  const asked = Array.from({ length: 100 }, (_, n) => `w${n}`);
  const found = await Promise.all(asked.map(find));
  expect(found.map((row) => row?.['word'])).toEqual(asked);
  expect(sizes).toEqual([64, 64]);
  await Promise.all(asked.slice(0, 5).map(find));
  await find('w1');
  expect(sizes.slice(2)).toEqual([8, 1]);
});

it('fails for each that asked, and reads again for the next', async () => {
  const { database } = await words();
  let broken = true;
  const failing: Pick<typeof database, 'all'> = {
    all: (sql, params) => database.all(broken ? sql.replace('words', 'no_table') : sql, params),
  };
  const find = readTogether(failing, SELECT, 'word');
  const results = await Promise.allSettled([find('w1'), find('w2')]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  broken = false;
  expect(await find('w2')).toEqual({ word: 'w2' });
});
