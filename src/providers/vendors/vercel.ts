import { custom, expiry, pages, provider, time } from '../language/index.js';

/** The team of a token that may use one team only. */
const teamOf = ({ scopes }: Readonly<Record<string, unknown>>): string | undefined => {
  const all = (scopes ?? []) as ReadonlyArray<{ readonly type?: string; readonly teamId?: string }>;
  return all.find(({ type }) => type === 'team')?.teamId;
};

/**
 * Vercel: tokens of the user who calls, for the whole account or for one team. Times are epoch milliseconds.
 * Source: vercel/sdk.
 */
export const vercel = provider({
  id: 'vercel',
  title: 'Vercel',
  documentation: 'https://vercel.com/docs/rest-api/reference/endpoints/authentication/create-an-auth-token',
  baseUrl: 'https://api.vercel.com',
  variable: 'VERCEL_TOKEN',
  check: 'GET /v2/user',
  options: {
    team: custom<string>(teamOf, {
      kind: 'text',
      accepts: 'id of the one team that the token is for (default: the whole account)',
      send: () => undefined,
    }),
  },
  credentialNeeds: 'Tokens are managed with a token of the same user.',
  keys: {
    path: '/v3/user/tokens',
    one: 'token',
    list: {
      at: 'GET /v5/user/tokens',
      in: 'tokens',
      pages: pages.after({ cursor: 'until', size: 'limit', most: 100, next: 'pagination.next' }),
    },
    get: 'GET /v5/user/tokens/{id}',
    secret: 'bearerToken',
    fields: {
      created_at: time('createdAt'),
      // A new token has the time of its creation here: that is no use.
      last_used: custom(({ activeAt, createdAt }, moment) =>
        activeAt === createdAt ? null : time('activeAt').read({ activeAt }, moment),
      ),
      expires_at: expiry('expiresAt', { accepts: 'any time', as: 'milliseconds' }),
    },
    // The token that sends the request.
    own: { at: 'GET /v5/user/tokens/current' },
    create: { query: ({ options }) => ({ teamId: options['team'] as string | undefined }) },
  },
});
