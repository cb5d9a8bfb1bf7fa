import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { connectSqlite, MOST_PREPARED, Statements } from '../../src/storage/sql/sqlite-connection.js';
import { temporaryFolder } from '../support/temporary-folder.js';

it('keeps few statements prepared, however many texts there are', () => {
  const connection = connectSqlite(join(temporaryFolder(), 'numbers.db'));
  onTestFinished(() => connection.close());
  const statements = new Statements(connection);
  statements.run('CREATE TABLE numbers (n INTEGER)');
  let added = 0;
  for (let rows = 1; rows <= 300; rows++) {
    const values = Array.from({ length: rows }, (_, n) => n);
    const marks = values.map(() => '(?)').join(', ');
    added += statements.run(`INSERT INTO numbers VALUES ${marks}`, values);
    expect(statements.all('SELECT count(*) AS n FROM numbers')).toEqual([{ n: added }]);
    expect(statements.prepared).toBeLessThanOrEqual(MOST_PREPARED);
  }
});
