import { expiry, flag, lastFour, members, number, pages, provider, status, text } from '../language/index.js';

const BYOK = 'true: what is spent with keys of your own at a model’s vendor counts too';

/**
 * OpenRouter: a key's id is a hash of it, and how it is computed is not published. `GET /key` tells the key
 * that asks its label alone, which records have too. When a key was used is not told, but what it has spent.
 * Source: OpenRouterTeam/typescript-sdk@cb9393a89 .speakeasy/in.openapi.yaml.
 */
export const openrouter = provider({
  id: 'openrouter',
  title: 'OpenRouter',
  documentation: 'https://openrouter.ai/docs/guides/overview/auth/management-api-keys',
  baseUrl: 'https://openrouter.ai/api/v1',
  context: { 'workspace?': 'id of the workspace whose keys these are, instead of the default one' },
  variable: 'OPENROUTER_API_KEY',
  prefixes: ['sk-or-v1-'],
  check: 'GET /key',
  options: {
    limit: number('limit', { accepts: 'US dollars that the key may spend', updates: true }),
    limit_reset: text('limit_reset', {
      accepts: 'how often what was spent starts at zero again',
      values: ['daily', 'weekly', 'monthly'],
      updates: true,
    }),
    include_byok_in_limit: flag('include_byok_in_limit', { accepts: BYOK, updates: true }),
  },
  credentialNeeds: 'Keys are managed with a management key, which can do nothing else.',
  keys: {
    path: '/keys',
    one: 'data',
    list: {
      in: 'data',
      // As documented; the size of a page cannot be asked for.
      pages: pages.offset({ most: 100 }),
      query: ({ workspace }) => ({ include_disabled: 'true', workspace_id: workspace }),
    },
    secret: 'key',
    fields: {
      id: 'hash',
      hint: lastFour('label'),
      status: status('disabled', { true: 'paused', false: 'active' }),
      expires_at: expiry('expires_at', { accepts: 'any time in UTC' }),
      owner: 'creator_user_id',
      // In US dollars.
      metadata: members('usage', 'usage_daily', 'usage_weekly', 'usage_monthly', 'limit_remaining'),
    },
    create: { body: (_, { set: { workspace } }) => ({ workspace_id: workspace }) },
    update: {},
    own: { masked: 'label' },
    pause: { paused: { disabled: true }, active: { disabled: false } },
  },
});
