import type { Key, KeyType, OptionValue } from './key.js';
import type { InvalidReason, KeyService, UpdateKey } from './key-service.js';

/** What a vendor needs to know beside the key itself, such as an account, a project or a region. */
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
  /**
   * The whole of a secret that begins so, where the vendor has published it: then no other vendor's key is
   * taken for it.
   */
  readonly pattern?: RegExp;
}

/** How a provider's credentials look. What is not published is not here. */
export interface CredentialFormat {
  /** `pair`: one half identifies, the other signs or is the password. */
  readonly kind: 'secret' | 'pair';
  readonly prefixes: readonly SecretPrefix[];
}

/** Names of the environment variables that the provider's documentation uses. */
type VariableNames = { readonly secret: string } | { readonly api_key: string; readonly secret_key: string };

/** How long an old key works on after a roll: as asked, always the same number of seconds, or not at all. */
export type Grace =
  | { readonly kind: 'any'; readonly defaultSeconds: number }
  | { readonly kind: 'fixed'; readonly seconds: number }
  | { readonly kind: 'none' };

/**
 * `composed`: the provider has no roll; the tool creates a successor, delivers it, and revokes the old key.
 */
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
  /**
   * The environment whose keys are at `url`; the address of another one is not known. Absent: those of all
   * environments.
   */
  readonly environment?: string;
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

/** The result of trying a key. `not_judged`: the response does not say, for example a rate limit. */
export type CheckVerdict = 'valid' | 'not_judged' | InvalidReason;

/** A request that tells whether a key is good and changes nothing. */
export interface LiveCheck {
  readonly method: 'GET' | 'POST';
  /**
   * The address that keys are used at, if it differs from the address where they are managed. Ignored when
   * the user sets an address.
   */
  readonly baseUrl?: string;
  /** Used only for keys of this type. */
  readonly type?: KeyType;
  /** Used only if this context field is set. */
  readonly when?: string;
  /** `{name}` is replaced by a context field. */
  readonly path: string;
  /** A context field that the check needs although it is not in the path. */
  readonly needs?: string;
  /**
   * Whether a key is good, where the status alone does not say it: of the status and the body, where that is
   * JSON.
   */
  readonly accepts?: (response: { readonly status: number; readonly body: unknown }) => boolean;
  /** The verdict, where a status or a body says more than "refused"; undefined: the status alone decides. */
  readonly verdict?: (response: {
    readonly status: number;
    readonly body: unknown;
  }) => CheckVerdict | undefined;
}

/** What a scope is to a vendor. */
export interface ScopeOption {
  readonly about: string;
  /** All that there are; absent: the vendor has many, or the user's own. */
  readonly values?: readonly string[];
  /** How many a key may have. */
  readonly most?: number;
  /** What the vendor gives a key that names none. Absent: not known, or nothing. */
  readonly default?: readonly string[];
  readonly required?: boolean;
  /** An option that says what the key may do in more detail: scopes are not required beside it. */
  readonly unless?: string;
}

/** A limit on when a key may end. */
export interface ExpiryOption {
  readonly about: string;
  /** The longest lifetime, in seconds. */
  readonly atMostSeconds?: number;
  /** A key must have an end. */
  readonly required?: boolean;
  /** When a key ends whose request names no end, such as `after a year`. Absent: never. */
  readonly unsaid?: string;
  /** A setting (`--set`) with which no key can have an end. */
  readonly unless?: string;
}

/** A create field of the vendor's own, beside those that every provider shares. */
export interface OptionField {
  /** As in `--set indexes=…`, and as a member of `Key.options`. */
  readonly name: string;
  readonly about: string;
  /** How text from the command line is read: `texts` is split at commas, `json` is parsed. */
  readonly kind: 'text' | 'texts' | 'number' | 'flag' | 'json';
  readonly required: boolean;
  /** What the vendor gives a key that names nothing else. Undefined: not known, or nothing. */
  readonly default?: OptionValue;
  /** All values that there are; absent: any. */
  readonly values?: readonly string[];
  /** Whether the record of a key tells it, so that a successor gets the same. */
  readonly shownBy: 'list' | 'get' | null;
  /** Whether `update` can change it. */
  readonly changeable: boolean;
}

/** `unique`: no two active keys of an account; `none`: keys have no name, so the id stands for it. */
type NameRule = 'free' | 'unique' | 'none';

/** How a provider treats the names of keys. */
export interface NameRules {
  readonly rule: NameRule;
  /** The name as the vendor stores it, where it changes what was sent (lower case, a trailing dot). */
  readonly stored?: (name: string) => string;
  /** The name of a successor, where names are unique. `turn`: 1 for the first attempt, then 2 and so on. */
  readonly successor?: (name: string, turn: number) => string;
  /** Longest name, in characters. */
  readonly atMost?: number;
}

/** Seconds until the vendor's own systems agree: 0 is at once. */
export interface Settling {
  /** Until a new key works. */
  readonly created: number;
  /** Until a revoked key stops. */
  readonly revoked: number;
  /** Until a list shows what changed. */
  readonly listed: number;
}

/** How the provider's list is read. */
interface ListRules {
  /**
   * Whether `name` without `*` is filtered by the vendor: then a page with no such key is the whole census of
   * that name.
   */
  readonly exactName: boolean;
}

/**
 * What a new key may be asked to have beside its name, each said in a few words; what is absent the vendor
 * does not have.
 */
export interface KeyOptions {
  readonly expires_at?: string | ExpiryOption;
  readonly scopes?: ScopeOption;
  readonly ips?: string;
  readonly referrers?: string;
  readonly endpoints?: string;
  readonly limits?: string;
  readonly owner?: string;
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
  readonly response?: string;
}

export type OperationName = Exclude<
  keyof KeyService,
  'whoami' | 'acknowledge' | 'events' | 'usage' | 'recover' | 'unpause'
>;

export const OPERATION_NAMES: readonly OperationName[] = [
  ...(['create', 'list', 'get', 'update', 'roll', 'pause', 'revoke', 'verify'] as const),
];

/** How an operation is done; null: the provider has no way. */
export type OperationWay = 'endpoint' | 'dashboard' | 'ledger' | 'composed' | null;

/** A member of a record; an option is shown as `options.<name>`. */
export type ShownField = Exclude<keyof Key, 'options'> | `options.${string}`;

/** What is known of a provider, as data: what `provider show` prints and commands ask for. */
export interface Provider {
  /** Such as `trust-swiftly`. */
  readonly id: string;
  readonly title: string;
  /** Address of its documentation. */
  readonly documentation: string;
  /** The file of the user's own that defines it; null: it comes with the program. */
  readonly source: string | null;
  /**
   * The vendor's own address, with `{name}` for what context fills in; null where there is none of its own.
   */
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
  /**
   * Whether a repeat of the request leaves one key. Create: the same key is returned. Roll: the same
   * successor is returned, or the key that keeps its id has the secret of the last response.
   */
  readonly repeatable: { readonly create: boolean; readonly roll: boolean };
  /** What the client chooses for a new key: then a repeat of a lost request finds the key by it. */
  readonly chooses: { readonly id: boolean; readonly secret: boolean };
  /** Whether a lost secret can be read again (`KeyService.recover`). */
  readonly recovers: boolean;
  readonly options: readonly OptionField[];
  readonly names: NameRules;
  readonly settling: Settling;
  readonly lists: ListRules;
  /**
   * Fields of a record that the list shows, and that `get` shows: a field in neither is unknown, whatever a
   * key has.
   */
  readonly shows: {
    readonly list: ReadonlyArray<ShownField>;
    readonly get: ReadonlyArray<ShownField>;
  };
  /**
   * Whether the end of an existing key can be set at the vendor (`update` of `expires_at`), so that a grace
   * needs no later run.
   */
  readonly endsLater: boolean;
  /** Further requests that try a key, the first that fits before `check`. */
  readonly checks: readonly LiveCheck[];
  /** Whether it keeps metadata with a key, and shows it. */
  readonly keepsMetadata: boolean;
  /**
   * Whether the metadata may hold a mark of this program. False where every verification shows the metadata
   * to an API.
   */
  readonly marks: boolean;
  /** Whether creating a key may revoke the previous key of the same service and environment. */
  readonly supersedes: boolean;
  /** Whether requests are signed. */
  readonly signs: boolean;
  readonly operations: Readonly<Record<OperationName, OperationWay>>;
  /** What the credential that manages keys must be, in one or two sentences; null: its file does not say. */
  readonly credentialNeeds: string | null;
  /** What else a user should know, a sentence a line. */
  readonly notes: readonly string[];
}

/** Whether an address is the vendor's own: a host of the same domain as the published one. */
function isOwnAddress(provider: Pick<Provider, 'baseUrl'>, baseUrl: string): boolean {
  if (provider.baseUrl === null) return false;
  const domain = /^https:\/\/[^/]*?([^./}]+\.[^./]+)$/.exec(provider.baseUrl)?.[1];
  const { host } = new URL(baseUrl);
  return domain !== undefined && (host === domain || host.endsWith(`.${domain}`));
}

/**
 * Whether keys are created and revoked in the vendor's dashboard: it has no key endpoints, and this is its
 * own address.
 */
export function isManagedByHand(
  provider: Pick<Provider, 'baseUrl' | 'operations'>,
  baseUrl: string | null,
): boolean {
  if (provider.operations.create !== 'dashboard') return false;
  return baseUrl === null || isOwnAddress(provider, baseUrl);
}

/** The address as said, else the vendor's own with its context filled in; null where there is none. */
export function resolveBaseUrl(
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
