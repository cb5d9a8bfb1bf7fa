import { KeysError } from '../../domain/errors.js';
import { setting, words } from '../../domain/words.js';
import { expiry, pages, provider, text, timeOrNever } from '../language/index.js';

/**
 * HCP Terraform and Terraform Enterprise (JSON:API): tokens of your user, or of the teams of an organization.
 * A token without an end gets one of 24 months. Source:
 * developer.hashicorp.com/terraform/cloud-docs/api-docs/team-tokens and user-tokens, hashicorp/go-tfe@eb613b4
 * team_token.go, hashicorp/terraform-provider-tfe resource_tfe_team_token.go.
 */
export const terraform = provider({
  id: 'terraform',
  title: 'HCP Terraform',
  documentation: 'https://developer.hashicorp.com/terraform/cloud-docs/api-docs/team-tokens',
  baseUrl: 'https://app.terraform.io/api/v2',
  context: {
    'user?': 'id of your user (user-…), for tokens of your own',
    'organization?': 'name of the organization whose team tokens these are, instead of your own',
  },
  variable: 'TFE_TOKEN',
  check: 'GET /account/details',
  names: 'unique',
  options: {
    team: text('relationships.team.data.id', {
      accepts: 'id of the team that the token is for (team-…)',
      // It is in the path.
      send: () => undefined,
    }),
  },
  credentialNeeds: 'Tokens are managed with a token of a user; only an owner manages those of teams.',
  notes: [
    'Descriptions are unique in a team: the successor of web is "web 2".',
    'For Terraform Enterprise: --base-url https://your-host/api/v2.',
  ],
  keys: {
    path: '/authentication-tokens',
    encoding: 'json-api',
    one: 'data',
    list: {
      at: ['GET /users/{user}/authentication-tokens', 'GET /organizations/{organization}/team-tokens'],
      in: 'data',
      pages: pages.numbered({
        page: 'page[number]',
        size: 'page[size]',
        most: 100,
        total: 'meta.pagination.total-count',
      }),
    },
    secret: 'data.attributes.token',
    fields: {
      name: text('attributes.description', {
        send: (description) => ({ data: { type: 'authentication-tokens', attributes: { description } } }),
      }),
      created_at: timeOrNever('attributes.created-at'),
      last_used: timeOrNever('attributes.last-used-at'),
      expires_at: expiry('attributes.expired-at', {
        accepts: 'any time',
        unsaid: 'after 24 months',
        send: (end) => ({ data: { attributes: { 'expired-at': end } } }),
      }),
      owner: text('relationships.created-by.data.id'),
    },
    create: {
      at({ options: { team } }, { user }) {
        if (typeof team === 'string') return `POST /teams/${encodeURIComponent(team)}/authentication-tokens`;
        if (user) return 'POST /users/{user}/authentication-tokens';
        throw new KeysError(
          'missing_answer',
          words`HCP Terraform needs the team of a new token: ${setting('team', 'team-…')}`,
        );
      },
    },
  },
});
