import type { KeyType, OptionValue } from '../../domain/key.js';
import type { CheckVerdict, NameRules, SecretPrefix, Settling } from '../../domain/provider.js';
import type { ProviderDefinition } from '../define-provider.js';
import type { Field } from './fields.js';
import type { KeyResource } from './key-resource.js';

/** A check: method and path, or that with what it needs and how its response is judged. */
export type Check = DetailedCheck['at'] | DetailedCheck;

export interface DetailedCheck {
  readonly at: `${'GET' | 'POST'} ${string}`;
  readonly baseUrl?: string;
  readonly type?: KeyType;
  /** Used only where this context field is set. */
  readonly when?: string;
  /** A context field without which the request says nothing of a key. */
  readonly needs?: string;
  readonly verdict?: (response: {
    readonly status: number;
    readonly body: unknown;
  }) => CheckVerdict | undefined;
}

type Facts = Partial<
  Pick<
    ProviderDefinition,
    | 'baseUrl'
    | 'auth'
    | 'environments'
    | 'types'
    | 'headers'
    | 'responses'
    | 'failure'
    | 'managementAuth'
    | 'managedBy'
    | 'managementPrefixes'
    | 'login'
    | 'idIsSecret'
    | 'idInSecret'
    | 'idempotent'
    | 'supersedes'
    | 'marks'
    | 'credentialNeeds'
    | 'notes'
    | 'webhook'
  >
> &
  Pick<ProviderDefinition, 'id' | 'title' | 'documentation'>;

type OptionKind =
  | Field<string>
  | Field<readonly string[]>
  | Field<number>
  | Field<boolean>
  | Field<OptionValue>;

/** A provider as a file describes it. What is left out is what most vendors do. */
export interface DescribedProvider extends Facts {
  /** What the vendor needs to know beside the key, by name; a name that ends with `?` may be left out. */
  readonly context?: Readonly<Record<string, string>>;
  /** The environment variable that the vendor's documentation uses; of a pair, both. */
  readonly variable: string | { readonly api_key: string; readonly secret_key: string };
  /** Beginnings of secrets. */
  readonly prefixes?: ReadonlyArray<string | SecretPrefix>;
  /** Requests that try a key and change nothing: the first that fits is sent. */
  readonly check?: Check | readonly Check[];
  /** Default: free. */
  readonly names?: NameRules | 'unique' | 'none';
  /** Seconds until the vendor's systems agree. */
  readonly settles?: Partial<Settling>;
  /** What the client chooses in `create.body`. */
  readonly chooses?: ReadonlyArray<'id' | 'secret'>;
  /** The vendor's own create fields, by the name that `--set` and records have. */
  readonly options?: Readonly<Record<string, OptionKind>>;
  readonly keys: DescribedKeys;
}

/**
 * The resource, with what most vendors have left out: a create that is `POST {keys}`, a `name` in the record
 * that can be changed.
 */
type DescribedKeys = Omit<KeyResource, 'create'> & Partial<Pick<KeyResource, 'create'>>;
