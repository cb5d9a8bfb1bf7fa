import { headerAuth } from '../define-provider.js';
import { custom, first, lastFour, number, provider, text, texts, time, valueAt } from '../language/index.js';
import { secondsUntil, UNKNOWN } from '../values.js';

const ACL = (
  'search browse addObject deleteObject deleteIndex settings editSettings analytics recommendation personalization usage logs ' +
  'listIndexes seeUnretrievableAttributes inference nluWriteProject nluReadProject nluWriteEntity nluReadEntity nluWriteIntent ' +
  'nluReadIntent nluPrediction nluReadAnswers'
).split(' ');

const validity = (end: string | null | undefined, now: number) =>
  end ? secondsUntil(end, now) : end === null ? 0 : undefined;

/**
 * Algolia: the id of a key is its secret, so a digest stands for it: a revoked key cannot be restored here
 * (POST /1/keys/{key}/restore), for nothing has its secret any more. Changes are visible after some seconds.
 * Longer than other vendors' files: every update replaces the whole key, and only the list can verify one.
 * Source: algolia/api-clients-automation@d30a53d83e specs/search/paths/keys.
 */
export const algolia = provider({
  id: 'algolia',
  title: 'Algolia',
  documentation: 'https://www.algolia.com/doc/rest-api/search/list-api-keys',
  baseUrl: 'https://{application}.algolia.net',
  context: { application: 'the id of the application' },
  variable: 'ALGOLIA_API_KEY',
  auth: headerAuth('x-algolia-api-key'),
  idIsSecret: true,
  settles: { listed: 60 },
  options: {
    indexes: texts('indexes', {
      accepts: 'what the key is for, such as dev_*,prod_products (default: every index)',
    }),
    queryParameters: text('queryParameters', {
      accepts: 'parameters of every search, such as restrictSources=192.168.1.0/24',
    }),
    maxHitsPerQuery: number('maxHitsPerQuery', { accepts: 'hits of one search at most' }),
    maxQueriesPerIPPerHour: number('maxQueriesPerIPPerHour', {
      accepts: 'requests of one address in an hour at most',
    }),
  },
  credentialNeeds: 'The admin API key manages keys.',
  notes: ['A list may lack a new key for some seconds.'],
  keys: {
    path: '/1/keys',
    headers: ({ application }) => ({ 'x-algolia-application-id': application }),
    list: { in: 'keys' },
    get: false,
    secret: 'key',
    fields: {
      id: first(text('value'), text('key')),
      name: text('description', { updates: true }),
      hint: lastFour('value', 'whole'),
      scopes: texts('acl', { accepts: 'what the key may do', values: ACL, required: true, updates: true }),
      referrers: texts('referers', { accepts: 'patterns such as https://example.com/*' }),
      // Its document says milliseconds; its responses have had seconds.
      created_at: time('createdAt'),
      // It is not documented whether the seconds are those that the key had or those that it has left: only
      // "never" is read.
      expires_at: {
        ...custom<string>((key) => (key['validity'] === 0 ? null : undefined), {
          accepts: 'any time, as seconds from now',
          updates: true,
          send: (end, { now }) => ({ validity: validity(end, now) }),
        }),
        writeOnly: true,
      },
    },
    create: { returns: 'id' },
    // All of a key is put anew: what is not sent goes back to its default.
    update: {
      replaces: true,
      body: ({ name, scopes, expires_at }, { now }) => ({
        value: null,
        createdAt: null,
        description: name,
        acl: scopes,
        validity: validity(expires_at, now),
      }),
      returns: 'nothing',
    },
    verify: {
      at: 'GET {keys}',
      verdict({ status, body }, keyOf, { key: secret, scope }) {
        if (status !== 200) return undefined;
        const all = (valueAt(body, 'keys') ?? []) as readonly { readonly value: string }[];
        const found = all.find(({ value }) => value === secret);
        if (found === undefined) return UNKNOWN;
        const key = keyOf(found);
        return scope === undefined || key.scopes?.includes(scope)
          ? { valid: true, key }
          : { valid: false, reason: 'scope_missing', key };
      },
    },
  },
});
