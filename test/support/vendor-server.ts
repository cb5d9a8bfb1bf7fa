import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { loopbackServer } from './loopback-server.js';

interface VendorKey {
  readonly id: string;
  readonly name: string;
  readonly secret: string;
  readonly metadata: Record<string, string>;
  readonly created: string;
  revoked: boolean;
}

export interface VendorServer {
  readonly url: string;
  readonly admin: string;
  readonly keys: VendorKey[];
  /** The next create makes its key, and its response is lost. */
  loseResponse(): void;
  /** Whether a request to delete a key is refused from now on. */
  refuseRevokes(refused: boolean): void;
  /**
   * The next create waits until `go`, whatever becomes of its client; `arrived` resolves when it is there.
   */
  holdCreate(): { readonly arrived: Promise<void>; readonly go: () => void };
}

/** What is particular about such a vendor's list. */
export interface ListedBy {
  /** Its list keeps a revoked key, with that status. */
  readonly saysRevoked?: boolean;
  /** Its list has two keys a page, and each page begins with the last key of the page before. */
  readonly overlaps?: boolean;
}

/**
 * A vendor as many are: keys are created, listed and deleted over HTTP, and a repeated create creates another
 * key.
 */
export async function vendorServer({
  saysRevoked = false,
  overlaps = false,
}: ListedBy = {}): Promise<VendorServer> {
  const admin = 'adm_fake_for_tests_only';
  const keys: VendorKey[] = [];
  let held: { readonly arrived: () => void; readonly gone: Promise<void> } | null = null;
  let [refusesRevokes, losesResponse] = [false, false];
  const url = await loopbackServer(async (request, response) => {
    const body = await text(request).catch(() => null);
    // The caller has gone before its request was whole.
    if (body === null) return;
    const key = keys.find(
      ({ secret, revoked }) => request.headers.authorization === `Bearer ${secret}` && !revoked,
    );
    const send = (status: number, value: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (request.url === '/me') return send(key ? 200 : 401, key ? { id: key.id } : { error: 'unknown key' });
    if (request.headers.authorization !== `Bearer ${admin}`) return send(401, { error: 'not an admin' });
    const shown = ({ secret: _, revoked, ...rest }: VendorKey) => ({
      ...rest,
      status: revoked ? 'revoked' : 'active',
    });
    if (request.method === 'POST') {
      const hold = held;
      held = null;
      hold?.arrived();
      await hold?.gone;
      const { name, metadata = {} } = JSON.parse(body);
      const made: VendorKey = {
        id: `vk${keys.length + 1}`,
        name,
        metadata,
        secret: `vnd_${randomBytes(24).toString('hex')}`,
        created: new Date().toISOString(),
        revoked: false,
      };
      keys.push(made);
      const lost = losesResponse;
      losesResponse = false;
      if (lost) return request.socket.destroy();
      return send(201, { ...shown(made), secret: made.secret });
    }
    if (request.method === 'GET') {
      const listed = keys.filter(({ revoked }) => saysRevoked || !revoked).map(shown);
      if (!overlaps) return send(200, { keys: listed, next: null });
      const from = Number(new URL(request.url ?? '', 'http://vendor.example').searchParams.get('from') ?? 0);
      const next = from + 2 < listed.length ? String(from + 1) : null;
      return send(200, { keys: listed.slice(from, from + 2), next });
    }
    if (refusesRevokes) return send(403, { error: 'keys are locked' });
    const gone = keys.find(({ id }) => request.url === `/keys/${id}`);
    if (gone === undefined || gone.revoked) return send(404, { error: 'no such key' });
    gone.revoked = true;
    return response.writeHead(204).end();
  });
  return {
    url,
    admin,
    keys,
    loseResponse() {
      losesResponse = true;
    },
    refuseRevokes(refused) {
      refusesRevokes = refused;
    },
    holdCreate() {
      let [resolve, go] = [() => {}, () => {}];
      const arrived = new Promise<void>((done) => {
        resolve = done;
      });
      const gone = new Promise<void>((done) => {
        go = done;
      });
      held = { arrived: resolve, gone };
      return { arrived, go };
    },
  };
}

/** A provider's file for such a vendor, as a user would write it. */
export function writeVendorProvider(
  folder: string,
  { keepsMetadata, accepts = {} }: { readonly keepsMetadata: boolean; readonly accepts?: object },
): string {
  const path = join(folder, 'vendor.mjs');
  writeFileSync(
    path,
    `import { bearer, defineProvider, operation, segment, z } from 'keys';
  const key = z.object({ id: z.string(), name: z.string(), created: z.string(), status: z.string(), metadata: z.record(z.string(), z.string()) });
  const record = ({ id, name, created, metadata, status }) => ({ id, name, created_at: created, ${keepsMetadata ? 'metadata, ' : ''}status });
  export default defineProvider({
    id: 'vendor',
    title: 'Vendor',
    documentation: 'https://vendor.example/docs',
    variables: { secret: 'VENDOR_API_KEY' },
    format: { kind: 'secret', prefixes: [{ prefix: 'vnd_' }] },
    auth: bearer,
    keepsMetadata: ${keepsMetadata},
    accepts: ${JSON.stringify(accepts)},
    check: { method: 'GET', path: '/me' },
    endpoints: {
      create: operation({
        call: ({ name, metadata }) => ({ method: 'POST', path: '/keys', body: { name, metadata } }),
        response: key.extend({ secret: z.string() }),
        read: ({ secret, ...made }) => ({ key: record(made), credential: { secret } }),
      }),
      list: operation({
        call: ({ cursor }) => ({ method: 'GET', path: '/keys', query: { from: cursor } }),
        response: z.object({ keys: z.array(key), next: z.string().nullable() }),
        read: ({ keys, next }) => ({ keys: keys.map(record), next_cursor: next }),
      }),
      revoke: operation({ call: (id) => ({ method: 'DELETE', path: '/keys/' + segment(id) }), read: () => undefined }),
    },
  });
`,
    { mode: 0o600 },
  );
  return path;
}
