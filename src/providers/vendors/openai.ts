import { KeysError } from '../../domain/errors.js';
import { setting, ways, words } from '../../domain/words.js';
import { expiry, first, lastFour, pages, provider, text, timeOrNever, valueAt } from '../language/index.js';
import { secondsUntil } from '../values.js';

/** Tries a key. */
export const MODELS_CHECK = {
  at: 'GET /models',
  // A good key that may not list models gets this message.
  verdict: ({ body }: { readonly body: unknown }) =>
    /insufficient permissions/i.test(String(valueAt(body, 'error.message'))) ? 'valid' : undefined,
} as const;

/**
 * OpenAI: with a project its service accounts, each of which is created and deleted together with a key of
 * its own; or admin keys. User keys from before sk-proj- begin with sk-. A service account could be renamed,
 * and its role changed: not here, since admin keys, which share this file, cannot be changed. Longer than
 * other vendors' files: these two kinds of key have other paths and records. Source:
 * openai/openai-openapi@f85dbe2; npm openai 7.57.0.
 */
export const openai = provider({
  id: 'openai',
  title: 'OpenAI',
  documentation: 'https://platform.openai.com/docs/api-reference/administration',
  baseUrl: 'https://api.openai.com/v1',
  context: {
    'project?': 'id of the project (proj_…) whose service-account keys these are, instead of admin keys',
    'admin?': 'yes for new admin keys of the organization, which can use no model',
  },
  variable: 'OPENAI_API_KEY',
  prefixes: ['sk-admin-', 'sk-svcacct-', 'sk-proj-'],
  // The response to an admin key is not documented.
  check: { ...MODELS_CHECK, needs: 'project' },
  options: {
    role: text('role', {
      accepts: 'role of the service account in its project (default: member)',
      values: ['owner', 'member'],
      send: () => undefined,
    }),
  },
  credentialNeeds: 'Keys are managed with an admin key, which can use no model.',
  notes: [
    'The id of a key of a project is that of its service account: revoking it ends the account and all keys of it.',
  ],
  keys: {
    path: ['/organization/projects/{project}/service_accounts', '/organization/admin_api_keys'],
    list: { in: 'data', pages: pages.after({ cursor: 'after', size: 'limit', most: 100, more: 'has_more' }) },
    secret: ['value', 'api_key.value'],
    fields: {
      name: first(text('name'), text('id')),
      hint: lastFour('redacted_value'),
      last_used: timeOrNever('last_used_at'),
      expires_at: expiry('expires_at', {
        accepts: 'of admin keys: any time within a year',
        atMostSeconds: 365 * 86_400,
        unless: 'project',
        send(end, { set: { project }, now }) {
          if (!project) return { expires_in_seconds: secondsUntil(end, now) };
          throw new KeysError('unsupported', 'keys of an OpenAI project cannot have an expiry', {
            hint: 'leave the expiry out, and roll the key when it is time',
          });
        },
      }),
      owner: 'owner.id',
    },
    create: {
      body({ options: { role } }, { set: { project, admin } }) {
        if (role !== undefined && !project) {
          throw new KeysError('unsupported', 'admin keys of OpenAI have no role', {
            hint: ways(words`leave out ${setting('role')}`, 'name a project'),
          });
        }
        if (project || admin) return {};
        throw new KeysError(
          'missing_answer',
          words`OpenAI needs the project of the new key: ${setting('project')}`,
          {
            hint: words`for an admin key of the organization: ${setting('admin', 'yes')}`,
          },
        );
      },
      // A new service account is a member of its project.
      steps: [
        {
          at: 'POST {keys}/{id}',
          body: ({ asked: { options } }) =>
            options['role'] === undefined || options['role'] === 'member' ? undefined : options,
        },
      ],
    },
  },
});
