// What callers do to a key service while its servers and its database come and go, and what they saw that
// must not be.
import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** Of a list, which leaves out revoked keys unless they are asked for. */
const STATUSES = 'active,retiring,paused,expired,revoked';
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** Status and JSON of one request; status 0 where no response came. */
export function ask(url, method, headers = {}, body) {
  return new Promise((resolve) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const more =
      text === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    const sent = request(
      url,
      { agent, method, headers: { ...headers, ...more }, timeout: 20_000 },
      (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.once('error', () => resolve({ status: 0 }));
        response.once('end', () => {
          const received = Buffer.concat(chunks).toString();
          const isJson = String(response.headers['content-type']).includes('json');
          resolve({
            status: response.statusCode,
            json: isJson && received ? JSON.parse(received) : undefined,
          });
        });
      },
    );
    sent.once('timeout', () => sent.destroy());
    sent.once('error', () => resolve({ status: 0 }));
    sent.end(text);
  });
}

/** Of the service as a caller sees it: an address at random, and whether the run goes on. */
export function createLoad({ name, addresses, managementKey, isOver }) {
  /** Secret, state (active, revoking, revoked) of each key whose response arrived. */
  const keys = new Map();
  const counts = {
    requests: 0,
    unavailable: 0,
    created: 0,
    rolled: 0,
    revoked: 0,
    wrongGrants: 0,
    wrongRefusals: 0,
    strange: [],
  };
  const manager = { authorization: `Bearer ${managementKey}` };
  const any = (list) => list[Math.floor(Math.random() * list.length)];
  const bearer = ({ secret }) => ({ authorization: `Bearer ${secret}` });

  async function send(path, method, headers, body) {
    const response = await ask(any(addresses) + path, method, headers, body);
    counts.requests++;
    if (isAway(response.status)) counts.unavailable++;
    return response;
  }

  /** The same request until a response comes: a caller that does not give up. */
  async function surely(path, method, headers, body) {
    for (;;) {
      const response = await send(path, method, headers, body);
      if (!isAway(response.status)) return response;
      await delay(100);
    }
  }

  async function create() {
    const once = { 'idempotency-key': randomBytes(32).toString('base64url') };
    const response = await surely(
      '/v1/api-keys',
      'POST',
      { ...manager, ...once },
      { name: `${name}-${keys.size}` },
    );
    if (response.status !== 201) return void counts.strange.push(`create: ${response.status}`);
    const { id, secret } = response.json.data;
    keys.set(id, { id, secret, state: 'active' });
    counts.created++;
  }

  const active = () => [...keys.values()].filter(({ state }) => state === 'active');

  async function roll() {
    const key = any(active().filter(({ rolled }) => !rolled));
    if (key === undefined) return;
    key.rolled = true;
    const once = { 'idempotency-key': randomBytes(32).toString('base64url') };
    const path = `/v1/api-keys/${key.id}/roll`;
    const response = await surely(path, 'POST', { ...manager, ...once }, { grace_seconds: 86_400 });
    if (response.status === 409 && key.state !== 'active') return;
    if (response.status !== 201) return void counts.strange.push(`roll: ${response.status}`);
    const { id, secret } = response.json.data;
    keys.set(id, { id, secret, state: 'active' });
    counts.rolled++;
  }

  async function revoke() {
    const key = any(active());
    if (key === undefined) return;
    key.state = 'revoking';
    const response = await surely(`/v1/api-keys/${key.id}`, 'DELETE', manager);
    if (response.status !== 200) counts.strange.push(`revoke: ${response.status}`);
    key.state = 'revoked';
    counts.revoked++;
  }

  /** A revoked key that passes, or an active one that is refused, is what must never be. */
  async function authorize() {
    const key = any([...keys.values()]);
    if (key === undefined) return void (await delay(50));
    const before = key.state;
    const { status } = await send('/v1/authorize', 'GET', bearer(key));
    judge(before, key.state, status);
    if (isAway(status)) await delay(50);
  }

  function judge(before, after, status) {
    if (before === 'revoked' && status === 204) counts.wrongGrants++;
    else if (after === 'active' && status === 401) counts.wrongRefusals++;
    else if (status !== 204 && status !== 401 && !isAway(status)) counts.strange.push(`authorize: ${status}`);
  }

  async function worker(work, pauseMs) {
    while (!isOver()) {
      await work();
      await delay(pauseMs);
    }
  }

  /** Every key that a response named is there and as it should be, and no other. */
  async function check() {
    const listed = new Set();
    for (let cursor = ''; cursor !== null; ) {
      const { json } = await surely(
        `/v1/api-keys?limit=200&status=${STATUSES}${cursor && `&cursor=${cursor}`}`,
        'GET',
        manager,
      );
      for (const { id, name: named } of json.data) if (named.startsWith(`${name}-`)) listed.add(id);
      cursor = json.next_cursor;
    }
    const lost = [...keys.keys()].filter((id) => !listed.has(id)).length;
    const unknown = [...listed].filter((id) => !keys.has(id)).length;
    for (const key of keys.values()) {
      const { status } = await surely('/v1/authorize', 'GET', bearer(key));
      judge(key.state, key.state, status);
    }
    return { lost, unknown };
  }

  return {
    counts,
    check,
    run: () =>
      Promise.all([
        ...[1, 2, 3, 4].map(() => worker(authorize, 2)),
        ...[1, 2].map(() => worker(create, 100)),
        worker(revoke, 300),
        worker(roll, 1_000),
      ]),
  };
}

/** No response, or one that says to come back later. */
function isAway(status) {
  return status === 0 || status === 429 || status >= 500;
}
