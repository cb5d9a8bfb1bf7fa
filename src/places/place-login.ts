import type { PlaceKindId } from './registry.js';

interface PlaceLogin {
  /** The program that delivers there, as the shell finds it. Absent: none is needed. */
  readonly program?: string;
  /** Variables with which a job logs in there. */
  readonly secrets?: readonly string[];
  /** Variables, without a secret, that say where the places are. */
  readonly addresses?: readonly string[];
  /** Variables that name files or logins of this machine. */
  readonly here?: readonly string[];
}

const AWS = {
  program: 'aws',
  secrets: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'],
  here: ['AWS_PROFILE', 'AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE'],
};

/** What each kind of place needs of the machine that delivers to it. Read without loading a kind. */
const LOGINS: Readonly<Record<PlaceKindId, PlaceLogin>> = {
  file: {},
  keychain: {},
  clipboard: {},
  exec: {},
  profile: {},
  'github-env': {},
  'github-output': {},
  github: { program: 'gh', secrets: ['GH_TOKEN'], addresses: ['GH_HOST'] },
  gitlab: { program: 'glab', secrets: ['GITLAB_TOKEN'], addresses: ['GITLAB_HOST'] },
  k8s: { program: 'kubectl', here: ['KUBECONFIG'] },
  vault: {
    secrets: ['VAULT_TOKEN'],
    addresses: ['VAULT_ADDR', 'BAO_ADDR', 'VAULT_NAMESPACE', 'BAO_NAMESPACE'],
  },
  'aws-secrets': AWS,
  'aws-ssm': AWS,
  vercel: { program: 'vercel', secrets: ['VERCEL_TOKEN'] },
  'cloudflare-worker': { program: 'wrangler', secrets: ['CLOUDFLARE_API_TOKEN'] },
};

/** Every program that a kind of place needs. */
export const PLACE_PROGRAMS: readonly string[] = [
  ...new Set(Object.values(LOGINS).flatMap(({ program }) => program ?? [])),
];

/**
 * The variables with which a job logs in to places of these kinds. A kind of the user's own has none that is
 * known.
 */
export function placeSecrets(kinds: readonly string[]): string[] {
  return variablesOf(kinds, 'secrets');
}

/**
 * The variables that say where places of these kinds are, if the places do not say it themselves. `here`:
 * also those that count on this machine only.
 */
export function placeAddresses(kinds: readonly string[], { here }: { readonly here: boolean }): string[] {
  return [...variablesOf(kinds, 'addresses'), ...(here ? variablesOf(kinds, 'here') : [])];
}

/** The programs that deliver to places of these kinds. */
export function placePrograms(kinds: readonly string[]): string[] {
  const known: Readonly<Record<string, PlaceLogin>> = LOGINS;
  return [
    ...new Set(kinds.flatMap((kind) => (Object.hasOwn(known, kind) ? (known[kind]?.program ?? []) : []))),
  ];
}

function variablesOf(kinds: readonly string[], which: 'secrets' | 'addresses' | 'here'): string[] {
  const known: Readonly<Record<string, PlaceLogin>> = LOGINS;
  return [
    ...new Set(kinds.flatMap((kind) => (Object.hasOwn(known, kind) ? (known[kind]?.[which] ?? []) : []))),
  ];
}
