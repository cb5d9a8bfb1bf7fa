import { isoTime } from '../../domain/clock.js';
import { KeysError } from '../../domain/errors.js';
import { isRecord } from '../../domain/is-record.js';
import { custom, expiry, latest, provider, text, timeOrNever } from '../language/index.js';

const SCOPES =
  'such as dataset:logs:ingest:create, dataset:*:query:read, view:errors:query:read or org:datasets:read';

/** What may be done with each area, such as `{ ingest: ['create'] }`, as `<of>:<area>:<verb>`. */
function scopesOf(of: string, areas: unknown): string[] {
  return entriesOf(areas).flatMap(([area, verbs]) =>
    Array.isArray(verbs) ? verbs.map((verb) => `${of}:${area}:${verb}`) : [],
  );
}

/** The zero time of Go stands for "never". */
const usedAt = (path: string) => timeOrNever(path, { never: '0001-01-01T00:00:00Z' });

const entriesOf = (value: unknown) => (isRecord(value) ? Object.entries(value) : []);

/**
 * `org:datasets:read`, `dataset:logs:ingest:create` and `view:errors:query:read` as the vendor nests them.
 * Throws `invalid_request`.
 */
function capabilitiesOf(scopes: readonly string[]): object {
  let nested: object = {};
  for (const scope of scopes) {
    const parts = /^(?:org|(dataset|view):(.+)):([^:]+):([^:]+)$/.exec(scope);
    if (parts === null) {
      throw new KeysError('invalid_request', `no capability of Axiom: ${scope}`, { hint: SCOPES });
    }
    const [, kind, name = '', area = '', verb = ''] = parts;
    const path = kind === undefined ? ['orgCapabilities', area] : [`${kind}Capabilities`, name, area];
    nested = withVerb(nested, path, verb);
  }
  return nested;
}

/** The same capabilities, with one more verb in the list at this path. */
function withVerb(areas: unknown, [name = '', ...rest]: readonly string[], verb: string): object {
  const before = isRecord(areas) ? areas[name] : undefined;
  const verbs = Array.isArray(before) ? before : [];
  return {
    ...(isRecord(areas) ? areas : {}),
    [name]: rest.length > 0 ? withVerb(before, rest, verb) : [...verbs, verb],
  };
}

/**
 * Axiom: API tokens with capabilities by dataset and view. A roll creates another token and names the time at
 * which the old one ends; the successor keeps the rights, although the request could name others. Personal
 * tokens are made in the dashboard only. Longer than other vendors' files: capabilities are nested objects
 * here and scopes in `keys`. A token has no limits there: what queries may cost is set for the organization.
 * Source: axiomhq/docs@fbd61330 restapi/versions/v2.json; axiomhq/axiom-go@0321c4e5 axiom/tokens.go.
 */
export const axiom = provider({
  id: 'axiom',
  title: 'Axiom',
  documentation: 'https://axiom.co/docs/reference/tokens',
  baseUrl: 'https://api.axiom.co/v2',
  context: { 'organization?': 'id of the organization, where a personal access token manages the keys' },
  variable: 'AXIOM_TOKEN',
  prefixes: ['xaat-'],
  options: { description: text('description', { accepts: 'what the token is for' }) },
  credentialNeeds:
    'Keys are managed with an API token that has org:apiTokens capabilities, or with a personal access token.',
  notes: ['The successor of a token that expires ends when the old one would have.'],
  keys: {
    path: '/tokens',
    // A personal token belongs to several organizations: one of them must be named.
    headers: ({ organization }) => ({ 'x-axiom-org-id': organization }),
    secret: 'token',
    fields: {
      // Unknown where a record lacks both, as those of older servers do.
      last_used: latest(usedAt('apiLastUsed'), usedAt('ingestLastUsed')),
      expires_at: expiry('expiresAt', { accepts: 'any time' }),
      scopes: custom<readonly string[]>(
        ({ orgCapabilities, datasetCapabilities, viewCapabilities }) => [
          ...scopesOf('org', orgCapabilities),
          ...entriesOf(datasetCapabilities).flatMap(([name, areas]) => scopesOf(`dataset:${name}`, areas)),
          ...entriesOf(viewCapabilities).flatMap(([name, areas]) => scopesOf(`view:${name}`, areas)),
        ],
        { accepts: SCOPES, required: true, send: capabilitiesOf },
      ),
    },
    roll: {
      at: 'POST {keys}/{id}/regenerate',
      body: ({ ends, old }) => ({
        existingTokenExpiresAt: isoTime(ends),
        newTokenExpiresAt: old.expires_at ?? null,
      }),
    },
  },
});
