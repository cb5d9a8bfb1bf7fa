// A key service that costs nothing: pages of keys, made before the first request. `node
// key-service-stand-in.mjs <keys>`; prints its address, ends with its stdin. The program's own service would
// measure SQLite too.
import { createServer } from 'node:http';

const count = Number(process.argv[2] ?? 100);
const MOST = 500;

function key(i) {
  const id = String(i).padStart(20, '0');
  return {
    ...{ id: `key_${id}`, name: `worker ${i}`, type: 'secret', environment: 'live', service: null },
    ...{
      prefix: 'sk_live_',
      hint: id.slice(-4),
      status: 'active',
      scopes: ['reports:read'],
      restrictions: {},
    },
    ...{ created_at: '2026-11-01T12:00:00Z', last_used: i % 3 === 0 ? null : '2026-11-20T08:30:00Z' },
    ...{ expires_at: null, rolled_from: null, rolled_to: null, metadata: { team: 'bench' } },
  };
}

const keys = Array.from({ length: count }, (_, i) => JSON.stringify(key(i)));
const pages = new Map();

function page(start, limit) {
  const name = `${start} ${limit}`;
  if (!pages.has(name)) {
    const end = Math.min(start + limit, count);
    const more = `"has_more":${end < count},"next_cursor":${end < count ? `"${end}"` : null}`;
    pages.set(name, Buffer.from(`{"success":true,"data":[${keys.slice(start, end).join(',')}],${more}}`));
  }
  return pages.get(name);
}

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://here');
  const limit = Math.min(MOST, Number(url.searchParams.get('limit') ?? MOST));
  const body =
    url.pathname === '/v1/whoami'
      ? Buffer.from(`{"success":true,"data":${keys[0]}}`)
      : page(Number(url.searchParams.get('cursor') ?? 0), limit);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
});
for (let start = 0; start < count; start += MOST) page(start, MOST);
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
process.stdin.resume().on('end', () => process.exit(0));
