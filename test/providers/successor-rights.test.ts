import { expect, it } from 'vitest';
import type { CreateKey } from '../../src/domain/key-service.js';
import type { Rights } from '../../src/domain/managed-key.js';
import type { Provider } from '../../src/domain/provider.js';
import type { AccountConnection } from '../../src/lifecycle/connection.js';
import { planRoll } from '../../src/lifecycle/plan-roll.js';
import { rightsOf } from '../../src/lifecycle/rights.js';
import { idempotent } from '../contract/key-service.js';
import { clock, connectVendor } from '../support/connect-vendor.js';
import { inDays } from '../support/settable-clock.js';
import { vendorInProcess } from '../support/vendor-in-process.js';
import { VENDORS } from './fixtures/all.js';
import { aws } from './fixtures/aws.js';
import type { VendorFixture } from './fixtures/fixture.js';

interface Row {
  /** What the key has beside what the suite's keys have at this vendor. */
  readonly request?: Partial<CreateKey>;
  readonly set?: Readonly<Record<string, string>>;
  /** What a key may have and this one has not: another row has it. */
  readonly without?: readonly string[];
}

const USER = { user_id: 'user-1', user_name: 'Robin', email: 'robin@example.com' };
const expires_at = inDays(30);

/** A key with everything that a create accepts, by vendor; several where one excludes the other. */
const ROWS: Readonly<Record<string, readonly Row[]>> = {
  algolia: [
    {
      request: {
        options: {
          indexes: ['prod_*'],
          queryParameters: 'restrictSources=192.0.2.0/24',
          ...{ maxHitsPerQuery: 20, maxQueriesPerIPPerHour: 100 },
        },
      },
    },
  ],
  axiom: [{ request: { options: { description: 'for ingestion' } } }],
  clerk: [{ request: { options: { description: 'for partners' } } }],
  cloudflare: [
    {
      request: { expires_at, options: { not_before: inDays(1), not_ips: ['192.0.2.7/32'] } },
      without: ['policies'],
    },
    {
      request: {
        scopes: [],
        options: {
          policies: [
            { effect: 'deny', permission_groups: [{ id: 'group-1' }], resources: { 'com.zone.1': '*' } },
          ],
        },
      },
      without: ['expires_at', 'scopes', 'not_before', 'not_ips'],
    },
  ],
  confluent: [
    {
      request: {
        options: {
          ...{ resource: 'lkc-fake34', environment: 'env-fake5', description: 'for ingestion' },
          ...{ resource_kind: 'Cluster', resource_api_version: 'cmk/v2' },
        },
      },
    },
  ],
  datadog: [{ request: { options: { category: 'agents', remote_config_read_enabled: false } } }],
  'docker-hub': [{ request: { expires_at } }],
  gitlab: [{ request: { expires_at, options: { access_level: '30' } } }],
  grafana: [{ request: { expires_at } }],
  'grafana-cloud': [
    { request: { expires_at, options: { policy: 'fake-policy-0001', display_name: 'Web' } } },
  ],
  launchdarkly: [
    {
      request: { options: { description: 'for ci', service: true, default_api_version: 20240415 } },
      without: ['inline_role'],
    },
    {
      request: {
        scopes: [],
        options: { inline_role: [{ effect: 'allow', actions: ['viewProject'], resources: ['proj/*'] }] },
      },
      without: ['scopes', 'description', 'service', 'default_api_version'],
    },
  ],
  mailgun: [
    { request: { options: USER }, without: ['domain', 'kind'] },
    { request: { options: { ...USER, kind: 'web' } }, without: ['domain'] },
    {
      request: { scopes: ['sending'], options: { domain: 'mail.example.com' } },
      without: ['kind', ...Object.keys(USER)],
    },
  ],
  meilisearch: [{ request: { options: { indexes: ['movies'], description: 'for the shop' } } }],
  neon: [{ set: { organization: 'org-bold-sky-1' }, request: { options: { project: 'project-1' } } }],
  npm: [
    {
      request: {
        expires_at,
        restrictions: { ips: ['192.0.2.0/24'] },
        options: {
          ...{
            description: 'for ci',
            packages: ['left-pad'],
            package_scopes: ['@acme'],
            permission: 'read-only',
          },
          ...{ orgs: ['acme'], orgs_permission: 'no-access', bypass_2fa: true, readonly: true },
        },
      },
    },
  ],
  openai: [{ without: ['role'] }, { request: { options: { role: 'owner' } }, without: ['expires_at'] }],
  'openai-project': [{ request: { scopes: ['model.request'], options: { service_account: 'user-abc' } } }],
  openrouter: [{ request: { options: { limit: 10, limit_reset: 'monthly', include_byok_in_limit: true } } }],
  resend: [{ request: { options: { domain: 'dom_1' } } }],
  supabase: [
    { request: { scopes: ['anon'], options: { description: 'for ci' } } },
    { request: { type: 'public' }, without: ['scopes', 'description'] },
  ],
  terraform: [{ set: { organization: 'acme' }, request: { expires_at, options: { team: 'team-fake1' } } }],
  typesense: [{ request: { options: { collections: ['companies'], autodelete: true } } }],
  unkey: [
    {
      request: {
        options: {
          ...{ externalId: 'user-1', roles: ['reader'], credits: { remaining: 10 } },
          ratelimits: [{ name: 'requests', limit: 5, duration: 1000, autoApply: true }],
        },
      },
    },
  ],
  vercel: [{ request: { expires_at, options: { team: 'team-1' } } }],
};

/** Vendors whose records do not tell everything that a key has. */
const UNTOLD: ReadonlySet<string> = new Set(['algolia', 'npm', 'openai-project', 'resend']);

/**
 * Members of a record that no successor can have: what identifies a key, its secret, and when it was created.
 */
const OWN = new RegExp(
  `^(${[
    ...['id', '_id', 'uuid', 'uid', 'sid', 'hash', 'keyId', 'api_key_id', 'access_key'],
    ...['key', 'value', 'token', 'secret', 'spec.secret', 'secretKey', 'publicKey', 'api_key', 'secret_key'],
    ...[
      'start',
      'prefix',
      'created',
      'created_at',
      'createdAt',
      'creationDate',
      'date_created',
      'inserted_at',
    ],
    ...['issued_on', 'modified_on', 'updated', 'updated_at', 'date_updated', 'lastModified', 'modified_at'],
    ...['activeAt', '.*\\.\\d+\\.id'],
  ].join('|')})$`,
);
const NAMES = /^(name|description|token_label|friendly_name|note|displayName)$/;

/** Paths at which two stored records differ. Ends may be apart by the time that the test takes. */
function differing(before: unknown, after: unknown, path = ''): string[] {
  const isOpen = (value: unknown): value is object => typeof value === 'object' && value !== null;
  if (isOpen(before) && isOpen(after)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...names].flatMap((name) => {
      const at = path === '' ? name : `${path}.${name}`;
      if (OWN.test(at)) return [];
      return differing(Reflect.get(before, name), Reflect.get(after, name), at);
    });
  }
  const [one, other] = [timeOf(before), timeOf(after)];
  if (before === after || (one !== null && other !== null && Math.abs(one - other) < 120_000)) return [];
  return [`${path}: ${JSON.stringify(before)}, then ${JSON.stringify(after)}`];
}

/** Epoch milliseconds of a time in the forms of the fixtures; null for what is none. */
function timeOf(value: unknown): number | null {
  if (typeof value === 'string') return /^\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value) : null;
  return typeof value === 'number' && value > 1e9 ? (value > 1e11 ? value : value * 1000) : null;
}

/** What a create accepts and this request has not. */
function unasked(
  { accepts, options }: Provider,
  { restrictions = {}, options: given = {}, ...asked }: Partial<CreateKey>,
) {
  const has = { ...asked, ...restrictions, ...given };
  const isAsked = (name: string) => {
    const value = (has as Readonly<Record<string, unknown>>)[name];
    return value !== undefined && !(Array.isArray(value) && value.length === 0);
  };
  return [...Object.keys(accepts), ...options.map(({ name }) => name)].filter((name) => !isAsked(name));
}

const CASES = [...VENDORS, aws].flatMap((fixture, i, all) => {
  const rows = ROWS[fixture.id] ?? [{}];
  // OpenAI has two kinds of key, each of which has its fixture and its row.
  const earlier = all.slice(0, i).filter(({ id }) => id === fixture.id).length;
  const alike = all.filter(({ id }) => id === fixture.id).length;
  const own = alike === 1 ? rows : rows.slice(earlier, earlier + 1);
  return own.map((row) => [fixture.id, fixture, row] as const);
});

it.each(CASES)('%s: the record of a successor is that of its predecessor', async (_, fixture, row) => {
  const { set, without = [] } = row;
  const there: VendorFixture = { ...fixture, set: { ...fixture.set, ...set } };
  const vendor = vendorInProcess(there);
  const { service, provider } = await connectVendor(
    there,
    { url: vendor.url, exchanges: [] },
    undefined,
    vendor,
  );
  const asked: CreateKey = { name: 'web_app', ...fixture.request, ...row.request };
  expect(unasked(provider, asked)).toEqual(without);
  const { key } = await service.create(asked, idempotent());
  const old =
    provider.operations.get === null
      ? (await service.list({})).keys.find(({ id }) => id === key.id)
      : await service.get(key.id);
  const others = new Set(vendor.records);
  const record = vendor.records.find((one) => JSON.stringify(one).includes('web_app')) ?? vendor.records[0];
  const before = structuredClone(record);

  const target = {
    provider: provider.id,
    profile: null,
    baseUrl: null,
    set: there.set ?? {},
    useEnvironmentKey: false,
  };
  const connection: AccountConnection = {
    ...{ kind: 'remote', isKeyService: false, address: vendor.url, target },
    ...{ provider, roll: provider.roll, service },
  };
  const plan = (rights: Rights | null) => {
    const schedule = { rotate_ms: null, grace_ms: null };
    const managed = rights === null ? null : { rights, schedule, name: 'web_app', versions: [] };
    return planRoll(old ?? key, managed, {}, connection, clock.now());
  };
  // What no record tells is in the ledger of the machine that created the key, and nowhere else.
  const untold = UNTOLD.has(fixture.id);
  if (untold) expect(() => plan(null)).toThrow(expect.objectContaining({ code: 'missing_answer' }));
  const { request } = plan(untold ? rightsOf(asked, clock.now()) : null);
  if ('create' in request) await service.create(request.create, idempotent());
  else
    await service.roll(
      request.roll,
      request.grace_seconds === undefined ? {} : { grace_seconds: request.grace_seconds },
      idempotent(),
    );

  const successor = vendor.records.find((one) => !others.has(one)) ?? record;
  const differences = differing(before, successor);
  const renamed =
    provider.names.rule === 'unique'
      ? differences.filter((one) => !NAMES.test(one.split(':')[0] ?? ''))
      : differences;
  expect(renamed).toEqual([]);
});
