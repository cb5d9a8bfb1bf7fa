import type { KeyType } from './key.js';
import type { KeyService, UpdateKey } from './key-service.js';

/** What a vendor must be told beside the key itself, such as an account, a project or a region. */
export interface ContextField {
  /** As in `--set project=…`. */
  readonly name: string;
  readonly about: string;
  readonly required: boolean;
}

/** Beginnings of a provider's secrets; what they say of a key, where they do. */
export interface SecretPrefix {
  readonly prefix: string;
  readonly environment?: string;
  readonly type?: KeyType;
}

/** How a provider's credentials look. What is not published is not here. */
export interface CredentialFormat {
  /** `pair`: one half identifies, the other signs or is the password. */
  readonly kind: 'secret' | 'pair';
  readonly prefixes: readonly SecretPrefix[];
  /** The whole of a secret, where its vendor has published it. */
  readonly pattern?: RegExp;
}

/** Names of the environment variables that the provider's documentation uses. */
type VariableNames = { readonly secret: string } | { readonly api_key: string; readonly secret_key: string };

/** How long an old key works on after a roll: as asked, always the same number of seconds, or not at all. */
export type Grace =
  | { readonly kind: 'any'; readonly defaultSeconds: number }
  | { readonly kind: 'fixed'; readonly seconds: number }
  | { readonly kind: 'none' };

/** `composed`: the provider has no roll; the tool makes a successor, hands it over, and retires the old key. */
export type RollWay =
  | {
      readonly by: 'provider';
      readonly grace: Grace;
      /** The key keeps its id and has a new secret, so that ending the old one would end the new one. */
      readonly inPlace?: boolean;
    }
  | { readonly by: 'composed' };

/** Where a vendor's keys are managed by hand, and how, step by step. */
interface Dashboard {
  readonly url: string;
  readonly create: readonly string[];
  /** Absent: create a successor, update the integration, then delete the old key. */
  readonly roll?: {
    readonly steps: readonly string[];
    readonly grace: Exclude<Grace, { kind: 'any' }>;
    /** Said, and to be confirmed, before anything is done. */
    readonly warning?: string;
  };
  readonly revoke: readonly string[];
}

/** A request that tells whether a key is good and changes nothing. */
export interface LiveCheck {
  readonly method: 'GET' | 'POST';
  /** With `{name}` for what context fills in. */
  readonly path: string;
  /** A context field without which the request says nothing of a key, although it does not stand in the path. */
  readonly needs?: string;
  /** Whether a key is good, where the status alone does not say it: of the status and the body, where that is JSON. */
  readonly accepts?: (answer: { readonly status: number; readonly body: unknown }) => boolean;
}

/** What a scope is to a vendor. */
export interface ScopeOption {
  readonly about: string;
  /** All that there are; absent: the vendor has many, or the user's own. */
  readonly values?: readonly string[];
  /** How many a key may have. */
  readonly most?: number;
  readonly required?: boolean;
}

/** What a new key may be asked to have beside its name, each said in a few words; what is absent the vendor does not have. */
export interface KeyOptions {
  readonly expires_at?: string | { readonly about: string; readonly atMostSeconds: number };
  readonly scopes?: ScopeOption;
  readonly ips?: string;
  readonly referrers?: string;
  readonly endpoints?: string;
  readonly service?: string;
}

/** How a provider signs what it sends. */
export interface Webhook {
  /** In lower case. */
  readonly header: string;
  /** What signs: the pair's secret half, or a secret of the webhook's own. */
  readonly signedWith: 'secret_key' | 'signing_secret';
  /** Environment variable that holds what signs, where no saved key is named. */
  readonly variable: string;
  /** Body that the sender expects beside a 200. */
  readonly answer?: string;
}

export type OperationName = Exclude<keyof KeyService, 'whoami' | 'acknowledge' | 'events'>;

export const OPERATION_NAMES: readonly OperationName[] = [
  ...(['create', 'list', 'get', 'update', 'roll', 'revoke', 'verify'] as const),
];

/** How an operation is done; null: the provider has no way. */
export type OperationWay = 'endpoint' | 'dashboard' | 'ledger' | 'composed' | null;

/** What is known of a provider, as data: what `provider show` prints and commands ask for. */
export interface Provider {
  /** Such as `trust-swiftly`. */
  readonly id: string;
  readonly title: string;
  /** Address of its documentation. */
  readonly documentation: string;
  /** The vendor's own address, with `{name}` for what context fills in; null where there is none of its own. */
  readonly baseUrl: string | null;
  readonly context: readonly ContextField[];
  /** The first is the default of a new key. */
  readonly environments: readonly string[];
  readonly types: readonly KeyType[];
  readonly variables: VariableNames;
  readonly format: CredentialFormat;
  readonly accepts: KeyOptions;
  /** Members of a key that `update` can change. */
  readonly updates: ReadonlyArray<keyof UpdateKey>;
  readonly roll: RollWay;
  readonly dashboard: Dashboard | null;
  readonly check: LiveCheck | null;
  readonly webhook: Webhook | null;
  /** Whether a repeated create is recognised by its idempotency key. */
  readonly idempotent: boolean;
  /** Whether it keeps metadata with a key, and shows it. */
  readonly keepsMetadata: boolean;
  /** Whether a new key may end the one before of the same service and environment. */
  readonly supersedes: boolean;
  /** Whether requests are signed. */
  readonly signs: boolean;
  readonly operations: Readonly<Record<OperationName, OperationWay>>;
  /** What a user should know, a sentence a line. */
  readonly notes: readonly string[];
}

/** Whether an address is the vendor's own: a host of the same domain as the published one. */
function isOwnAddress(provider: Pick<Provider, 'baseUrl'>, baseUrl: string): boolean {
  if (provider.baseUrl === null) return false;
  const domain = /^https:\/\/[^/]*?([^./}]+\.[^./]+)$/.exec(provider.baseUrl)?.[1];
  const { host } = new URL(baseUrl);
  return domain !== undefined && (host === domain || host.endsWith(`.${domain}`));
}

/** Whether keys are made and ended in the vendor's dashboard: it has no key endpoints, and this is its own address. */
export function isManagedByHand(provider: Provider, baseUrl: string | null): boolean {
  if (provider.operations.create !== 'dashboard') return false;
  return baseUrl === null || isOwnAddress(provider, baseUrl);
}

/** The address as said, else the vendor's own with its context filled in; null where there is none. */
export function addressOf(
  provider: Pick<Provider, 'baseUrl'>,
  baseUrl: string | null,
  set: Readonly<Record<string, string>>,
): string | null {
  if (baseUrl !== null || provider.baseUrl === null) return baseUrl;
  let complete = true;
  const filled = provider.baseUrl.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = set[name] ?? '';
    // One label of a host: nothing that could lead the credential elsewhere.
    if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(value)) complete = false;
    return value;
  });
  return complete ? filled : null;
}

/** The provider's variable name for a credential's first part; the second of a pair is found from it. */
export function variableNameOf({ variables }: Pick<Provider, 'variables'>): string {
  return 'secret' in variables ? variables.secret : variables.api_key;
}
