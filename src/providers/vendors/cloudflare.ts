import { KeysError } from '../../domain/errors.js';
import type { OptionValue } from '../../domain/key.js';
import { option, words } from '../../domain/words.js';
import { custom, expiry, pages, provider, status, text, texts, time, valueAt } from '../language/index.js';

/** A token that is paused or has expired gets the status 200 all the same. */
const VERDICTS: Readonly<Record<string, 'disabled' | 'expired'>> = {
  disabled: 'disabled',
  expired: 'expired',
};
const verdict = ({ body }: { readonly body: unknown }) => VERDICTS[String(valueAt(body, 'result.status'))];

/** An address list: `condition.request_ip` today, `condition["request.ip"]` in older records. */
const addresses = (list: 'in' | 'not_in') => (record: unknown) =>
  (valueAt(record, `condition.request_ip.${list}`) ?? valueAt(record, `condition.request\\.ip.${list}`)) as
    | readonly string[]
    | undefined;

const groupsOf = (policies: unknown) =>
  (valueAt({ policies }, 'policies[].permission_groups[].id') ?? []) as readonly string[];

/** The policies of a record as a create takes them: without the ids and names that Cloudflare adds. */
function policiesOf({ policies }: Readonly<Record<string, unknown>>): readonly OptionValue[] | undefined {
  if (!Array.isArray(policies)) return undefined;
  return policies.map(({ effect, resources, permission_groups = [] }) => ({
    effect,
    permission_groups: permission_groups.map(({ id }: { readonly id: string }) => ({ id })),
    resources,
  }));
}

/**
 * Cloudflare: API tokens of a user, or of an account. A roll gives the token another value, and the old value
 * stops at once. Longer than other vendors' files: rights are policies, which are read and sent in two forms,
 * and address lists have two spellings. Source: cloudflare/terraform-provider-cloudflare@a2efdc578
 * internal/services/{api_token,account_token}.
 */
export const cloudflare = provider({
  id: 'cloudflare',
  title: 'Cloudflare',
  documentation: 'https://developers.cloudflare.com/fundamentals/api/how-to/create-via-api/',
  baseUrl: 'https://api.cloudflare.com/client/v4',
  context: {
    'account?': "id of the account whose tokens these are, instead of your user's",
    'resource?':
      'what the permissions are for, such as com.cloudflare.api.account.zone.* (default: every account)',
  },
  variable: 'CLOUDFLARE_API_TOKEN',
  check: [
    { at: 'GET /accounts/{account}/tokens/verify', when: 'account', verdict },
    { at: 'GET /user/tokens/verify', verdict },
  ],
  options: {
    policies: custom<OptionValue>(policiesOf, {
      accepts: 'policies as JSON, instead of --scope: effect, permission_groups and resources of each',
      send: () => undefined,
    }),
    not_before: text('not_before', {
      accepts: 'when the token begins to work, such as 2030-01-01T00:00:00Z',
    }),
    not_ips: custom<readonly string[]>(addresses('not_in'), {
      kind: 'texts',
      accepts: 'addresses and CIDR ranges that may not use the key',
      send: (ranges) => ({ condition: { request_ip: { not_in: ranges } } }),
    }),
  },
  notes: ['A roll stops the old value at once: programs that use it fail until they have the new one.'],
  keys: {
    path: ['/accounts/{account}/tokens', '/user/tokens'],
    one: 'result',
    list: {
      in: 'result',
      pages: pages.numbered({ size: 'per_page', most: 50, least: 5, total: 'result_info.total_count' }),
      query: () => ({ include_expired: 'true' }),
    },
    secret: 'result.value',
    fields: {
      status: status('status', { disabled: 'paused' }),
      created_at: time('issued_on'),
      last_used: time('last_used_on'),
      expires_at: expiry('expires_on', {
        accepts: 'any time, to the second',
        as: 'iso-seconds',
        updates: true,
      }),
      scopes: texts('policies[].permission_groups[].id', {
        accepts: 'ids of permission groups: GET /user/tokens/permission_groups lists them',
        required: true,
        unless: 'policies',
        send: (ids, { set: { resource = 'com.cloudflare.api.account.*' } }) => ({
          policies: [
            { effect: 'allow', permission_groups: ids.map((id) => ({ id })), resources: { [resource]: '*' } },
          ],
        }),
      }),
      ips: custom<readonly string[]>(addresses('in'), {
        accepts: 'addresses and CIDR ranges',
        send: (ranges) => ({ condition: { request_ip: { in: ranges } } }),
      }),
    },
    create: {
      body({ scopes = [], options: { policies } }) {
        if (policies === undefined) return {};
        const groups = groupsOf(policies);
        const other = scopes.find((scope) => !groups.includes(scope));
        if (other === undefined) return { policies };
        throw new KeysError('invalid_request', `scope ${other} is in none of the policies`, {
          hint: words`policies say everything that the key may do: leave out ${option('scope')}`,
        });
      },
    },
    update: { replaces: true },
    pause: { paused: { status: 'disabled' }, active: { status: 'active' } },
    roll: {
      at: 'PUT {keys}/{id}/value',
      body: () => ({}),
      secret: 'result',
      inPlace: true,
      grace: 'none',
      returns: 'secret',
    },
    revoke: { body: {} },
    own: { at: ['GET /accounts/{account}/tokens/verify', 'GET /user/tokens/verify'] },
  },
});
