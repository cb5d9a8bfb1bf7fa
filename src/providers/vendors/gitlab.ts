import { KeysError } from '../../domain/errors.js';
import type { KeyStatus } from '../../domain/key.js';
import { setting, words } from '../../domain/words.js';
import { headerAuth } from '../define-provider.js';
import { custom, expiry, pages, provider, text, texts, timeOrNever, valueAt } from '../language/index.js';
import { writeTime } from '../language/times.js';

const YEAR_MS = 365 * 86_400_000;

/**
 * A successor gets the lifetime of its predecessor, at most a year. Without an end in the request, GitLab
 * gives it a week.
 */
function endOfSuccessor(now: number, created?: string | null, end?: string | null): string {
  const lifetime = created && end ? Date.parse(end) - Date.parse(created) : YEAR_MS;
  return String(writeTime(new Date(now + Math.min(lifetime, YEAR_MS)).toISOString(), 'date', now));
}

/**
 * GitLab: access tokens of a project, of a group or of a user. A roll revokes the old token at once. Tokens
 * end at the beginning of a day. Source: docs.gitlab.com/api/project_access_tokens, /api/group_access_tokens,
 * /api/personal_access_tokens and /api/user_tokens (17.6 and later).
 */
export const gitlab = provider({
  id: 'gitlab',
  title: 'GitLab',
  documentation: 'https://docs.gitlab.com/api/project_access_tokens/',
  baseUrl: 'https://gitlab.com/api/v4',
  context: {
    'project?': 'id or path of the project whose tokens these are',
    'group?': 'id or path of the group whose tokens these are, instead of a project',
    'user?': 'id of the user whose personal tokens these are, instead of a project',
  },
  variable: 'GITLAB_TOKEN',
  prefixes: ['glpat-'],
  auth: headerAuth('private-token'),
  check: {
    at: 'GET /personal_access_tokens/self',
    // A good token without the scope read_api gets this error.
    verdict: ({ body }) => (valueAt(body, 'error') === 'insufficient_scope' ? 'valid' : undefined),
  },
  options: {
    access_level: text('access_level', {
      accepts: 'role of the token: 10 guest, 20 reporter, 30 developer, 40 maintainer (default), 50 owner',
      values: ['10', '15', '20', '30', '40', '50'],
      send: (level) => ({ access_level: Number(level) }),
    }),
  },
  credentialNeeds:
    'Tokens are managed with a token of an owner or maintainer that has the scope api; only an administrator creates personal tokens.',
  notes: ['A roll stops the old token at once: programs that use it fail until they have the new one.'],
  keys: {
    path({ project, group, user }) {
      if (user) return '/personal_access_tokens';
      if (project) return `/projects/${encodeURIComponent(project)}/access_tokens`;
      if (group) return `/groups/${encodeURIComponent(group)}/access_tokens`;
      throw new KeysError(
        'missing_answer',
        words`GitLab needs a project, a group or a user: ${setting('project')}`,
      );
    },
    list: {
      pages: pages.numbered({ size: 'per_page', most: 100 }),
      query: ({ user }) => ({ user_id: user }),
    },
    secret: 'token',
    fields: {
      id: text('id'),
      status: custom<KeyStatus>(({ revoked, active }) =>
        revoked ? 'revoked' : active === false ? 'expired' : 'active',
      ),
      scopes: texts('scopes', { accepts: 'such as api, read_api or read_repository', required: true }),
      last_used: timeOrNever('last_used_at'),
      expires_at: expiry('expires_at', {
        accepts: 'any day within a year',
        as: 'date',
        atMostSeconds: YEAR_MS / 1000,
        unsaid: 'after a year',
      }),
    },
    create: { at: (_, { user }) => (user ? 'POST /users/{user}/personal_access_tokens' : 'POST {keys}') },
    own: { at: 'GET /personal_access_tokens/self' },
    roll: {
      at: 'POST {keys}/{id}/rotate',
      grace: 'none',
      body: ({ now, old }) => ({ expires_at: endOfSuccessor(now, old.created_at, old.expires_at) }),
    },
  },
});
