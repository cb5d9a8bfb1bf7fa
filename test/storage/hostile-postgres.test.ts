import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { openPostgresDatabase } from '../../src/storage/sql/postgres-database.js';
import { codeOf } from '../contract/key-service.js';

const PASSWORD = 'fake-password-of-the-databases';
const MIGRATIONS = [['CREATE TABLE counted (n INTEGER)']];

const int32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
/** A message of PostgreSQL's protocol. */
const message = (type: string, ...parts: readonly Uint8Array[]) => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
};
const WANTS_PASSWORD = message('R', int32(3));
const READY = Buffer.concat([message('R', int32(0)), message('Z', Buffer.from('I'))]);
/** A row with one column, `version`: 1. */
const VERSION_1 = Buffer.concat([
  message('1'),
  message('2'),
  message('T', Buffer.from('\0\x01version\0\0\0\0\0\0\0\0\0\0\x17\0\x04\xff\xff\xff\xff\0\0', 'latin1')),
  message('D', Buffer.from('\0\x01\0\0\0\x011', 'latin1')),
  message('C', Buffer.from('SELECT 1\0')),
  message('Z', Buffer.from('I')),
]);
const refusal = (text: string) => message('E', Buffer.from(`SFATAL\0C28P01\0M${text}\0\0`));

/** A server that sends its responses in turn, one for each message, and never closes a connection. */
async function server(...responses: ReadonlyArray<(received: Buffer) => Uint8Array>): Promise<string> {
  const open = new Set<Socket>();
  const listening = createServer({ allowHalfOpen: true }, (socket) => {
    let next = 0;
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (received) => {
      const response = responses[next++];
      if (response !== undefined) socket.write(response(received));
    });
  });
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    listening.close();
  });
  return `postgres://somebody:${PASSWORD}@127.0.0.1:${(listening.address() as AddressInfo).port}/keys`;
}

it('does not show the password that a server repeats, in any encoding', async () => {
  const repeat = (received: Buffer) => {
    const password = received.subarray(5, -1).toString();
    return refusal(`${password} and ${Buffer.from(password).toString('base64')} are wrong`);
  };
  const address = await server(() => WANTS_PASSWORD, repeat);
  const refused = await openPostgresDatabase(address, MIGRATIONS, { env: {} }).catch((error) => error);
  expect(refused).toMatchObject({ code: 'database_refused' });
  expect(refused.message).toContain('[redacted] and [redacted] are wrong');
});

it('ends where a server lets it in and says nothing more', async () => {
  const address = await server(() => READY);
  const opening = openPostgresDatabase(address, MIGRATIONS, { env: {}, statementMs: 10 });
  expect(await codeOf(opening)).toBe('database_unavailable');
}, 60_000);

it('closes where a server does not', async () => {
  const address = await server(
    () => READY,
    () => VERSION_1,
  );
  const database = await openPostgresDatabase(address, MIGRATIONS, { env: {} });
  await database.close();
}, 60_000);
