import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import { command, words } from '../../domain/words.js';
import {
  namedParts,
  namesText,
  type OpenPlace,
  type Place,
  type PlaceContext,
  type PlaceKind,
  splitNames,
} from '../place.js';
import { type CallProgram, orAbsent, readPrinted, vendorProgram } from '../vendor-program.js';

const HOST = 'github.com';
const OWNER = /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/;

/**
 * A secret of GitHub Actions: of a repository, of one of its environments, or of an organization. `gh`
 * encrypts it and takes it on stdin. A new secret of an organization is visible to its private repositories;
 * an existing one keeps its visibility.
 */
export const github: PlaceKind = {
  id: 'github',
  title: 'a secret of GitHub Actions',
  syntax: 'github:[HOST/]OWNER/REPO#SECRET[@ENVIRONMENT] or github:[HOST/]ORG#SECRET',
  examples: [
    'github:acme/billing#RESEND_API_KEY',
    'github:acme/billing#RESEND_API_KEY@production',
    'github:acme#RESEND_API_KEY',
  ],
  sources: [
    'cli/cli: pkg/cmd/secret/set/set.go (stdin without --body; --visibility and --repos replace what is there)',
    'cli/cli: pkg/cmd/api/api.go (messages end with "(HTTP 404)"); exit code 4 without a login',
    'docs.github.com: REST API endpoints for GitHub Actions secrets',
  ],
  remembered: true,
  local: false,
  holds: 'variables',
  parse(text, { env }) {
    const [, path = '', names = '', environment] = /^([^#@]*)(#[^@]*)?(?:@(.+))?$/s.exec(text) ?? [];
    const parts = path.split('/');
    // No owner has a dot in its name.
    const host = parts.length > 1 && /[.:]/.test(parts[0] ?? '') ? parts.shift() : env['GH_HOST'];
    const [owner = '', repository] = parts;
    const isRepository = parts.length === 2 && /^[\w.-]+$/.test(repository ?? '');
    if (!OWNER.test(owner) || (parts.length !== 1 && !isRepository)) {
      throw new KeysError('usage', `not a repository or an organization: ${JSON.stringify(path)}`, {
        hint: 'such as github:acme/billing#WEB_API_KEY, or github:acme#WEB_API_KEY for an organization',
      });
    }
    if (environment !== undefined && repository === undefined) {
      throw new KeysError('usage', 'an organization has no environments', {
        hint: `name a repository: github:${owner}/REPO${names}@${environment}`,
      });
    }
    return {
      target: {
        host: host || HOST,
        owner,
        ...compact({ repository, environment }),
      },
      names: splitNames(names).names,
    };
  },
  address: ({ target: { host, owner, repository, environment }, names }) =>
    [
      host === HOST ? '' : `${host}/`,
      [owner, repository].filter(Boolean).join('/'),
      namesText(names),
      environment === undefined ? '' : `@${environment}`,
    ].join(''),
  open,
};

function open({ target, names }: Place, context: PlaceContext): OpenPlace {
  const { host = HOST, owner = '', repository, environment } = target;
  const gh = programFor(host, context);
  const read = async (path: string, doing: string): Promise<Record<string, unknown>> =>
    readPrinted(await gh(['api', path], { doing }), { program: 'gh', doing }, (found) => found);
  const base = [
    repository === undefined ? `orgs/${owner}` : `repos/${owner}/${repository}`,
    environment === undefined ? 'actions/secrets' : `environments/${encodeURIComponent(environment)}/secrets`,
  ].join('/');
  const where = repository === undefined ? owner : `${owner}/${repository}`;
  const args = [
    ...(repository === undefined ? ['--org', owner] : ['--repo', `${host}/${where}`]),
    ...(environment === undefined ? [] : ['--env', environment]),
  ];
  const find = (name: string) => orAbsent(read(`${base}/${name}`, `read the secret ${name} of ${where}`));
  return {
    async probe() {
      if (repository !== undefined) await checkRepository(read, where);
      // The key that secrets are encrypted with: who may not manage secrets may not read it.
      await read(`${base}/public-key`, `see secrets of ${environment ?? where}`);
      if (repository !== undefined) return [];
      const found = await Promise.all(names.map(find));
      return names
        .filter((_, i) => found[i] === null)
        .map((name) => `${name} is new in ${owner}: its private repositories will see it`);
    },
    async deliver(credential) {
      for (const [name, value] of namedParts(credential, names)) {
        const kept =
          repository === undefined ? await visibility(gh, `${base}/${name}`, await find(name)) : [];
        await gh(['secret', 'set', name, ...args, ...kept], {
          doing: `set the secret ${name} of ${where}`,
          input: value,
          secrets: [value],
        });
      }
    },
    async erase() {
      for (const name of names) {
        await orAbsent(
          gh(['secret', 'delete', name, ...args], { doing: `delete the secret ${name} of ${where}` }),
        );
      }
      return [];
    },
    async readBack() {
      const found = await Promise.all(names.map(find));
      const times = found.map((one) => (one === null ? Number.NaN : Date.parse(String(one['updated_at']))));
      return times.some(Number.isNaN) ? null : { changed_at: Math.min(...times) };
    },
  };
}

function programFor(host: string, context: PlaceContext): CallProgram {
  const login = words`${command(`gh auth login --hostname ${host}`)}`;
  return vendorProgram(
    {
      program: 'gh',
      install: 'https://cli.github.com',
      env: { GH_HOST: host, GH_PROMPT_DISABLED: '1', GH_NO_UPDATE_NOTIFIER: '1' },
      failures: [
        [/gh auth login|HTTP 401|authentication required/, 'not_logged_in', login],
        [
          /HTTP 404/,
          'not_found',
          words`see the name, and which account is used: ${command(`gh auth status --hostname ${host}`)}`,
        ],
        // GitHub responds to too many requests with 403 too.
        [/HTTP 429|rate limit/i, 'rate_limited'],
        [
          /HTTP 403/,
          'forbidden',
          words`${command(`gh auth refresh --hostname ${host} --scopes repo,admin:org`)}`,
        ],
        [/HTTP 5\d\d/, 'unavailable'],
      ],
    },
    context,
  );
}

/** Throws `not_found`, or `refused` for a repository that cannot get secrets. */
async function checkRepository(
  read: (path: string, doing: string) => Promise<Record<string, unknown>>,
  where: string,
): Promise<void> {
  const facts = await read(`repos/${where}`, `see ${where}`);
  if (facts['archived'] === true) {
    throw new KeysError('refused', `${where} is archived: it takes no secrets`, {
      hint: 'nothing was created',
    });
  }
  const { push } = (facts['permissions'] ?? {}) as { push?: boolean };
  if (push === false) {
    throw new KeysError('refused', `the account of gh may not write to ${where}`, {
      hint: 'gh auth status shows which account is used; nothing was created',
    });
  }
}

/** The arguments by which a secret of an organization keeps who sees it. */
async function visibility(
  gh: CallProgram,
  path: string,
  found: Record<string, unknown> | null,
): Promise<string[]> {
  const seen = found === null ? 'private' : String(found['visibility']);
  if (seen !== 'selected') return ['--visibility', seen];
  const list = await gh(['api', '--paginate', `${path}/repositories`, '--jq', '.repositories[].name'], {
    doing: 'read which repositories see the secret',
  });
  const repositories = list.split('\n').filter(Boolean);
  if (repositories.length > 0) return ['--visibility', seen, '--repos', repositories.join(',')];
  throw new KeysError('refused', `no repository may see the secret at ${path}`, {
    hint: 'select one on GitHub; gh cannot keep an empty selection',
  });
}
