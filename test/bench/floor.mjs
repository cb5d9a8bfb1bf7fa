// The floor: a bare node:http server that hashes the token, looks it up in SQLite and responds with JSON.
// `floor.mjs <keys.db>`
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { openSqlite } from '../../dist/storage/sql/sqlite-driver.js';

const connection = openSqlite(process.argv[2], 5_000);
connection.exec('PRAGMA query_only = ON');
const byDigest = connection.prepare('SELECT id, revoked_at, expires_at FROM api_keys WHERE digest = ?');
const server = createServer(({ headers }, outgoing) => {
  const token = headers.authorization?.slice('Bearer '.length) ?? '';
  const [row] = byDigest.all(createHash('sha256').update(token).digest('hex'));
  const valid = row !== undefined && row.revoked_at === null && (row.expires_at ?? Infinity) > Date.now();
  const body = JSON.stringify({ valid, id: row?.id });
  outgoing.writeHead(valid ? 200 : 401, { 'content-type': 'application/json' }).end(body);
});
// What nothing refers to is closed when it is collected.
server.on('close', () => connection.close());
server.listen(0, '127.0.0.1', () => console.error(`listening on http://127.0.0.1:${server.address().port}`));
