import type { Clock } from '../domain/clock.js';
import type { Credential, Key } from '../domain/key.js';
import type { CreateKey, KeyService, UpdateKey } from '../domain/key-service.js';
import type { LiveCheckResult } from '../domain/live-check-result.js';
import type { Provider, RollWay } from '../domain/provider.js';
import type { Redactor } from '../domain/redactor.js';
import type { Transport } from '../http/transport.js';
import type { Credentials } from '../storage/keychain/credentials.js';
import type { Ledger } from '../storage/ledger/ledger.js';
import type { OperationTarget } from '../storage/ledger/operation.js';
import type { Directories } from '../storage/platform-directories.js';
import type { Settings } from '../storage/settings.js';
import type { Input } from '../terminal/node-streams.js';
import type { Output } from '../terminal/output.js';
import type { Prompts } from '../terminal/prompts.js';

/** The provider whose endpoints a key service has, whatever policy it follows. */
export const KEY_SERVICE = 'keys';

/** The flags that say where requests go. */
export interface TargetFlags {
  readonly profile?: string;
  readonly provider?: string;
  readonly baseUrl?: string;
  /** `name=value` pairs: the provider's context fields. */
  readonly set?: readonly string[];
}

/** What this room needs of a call of the program. `cli/context.ts` has all of it. */
export interface ConnectContext {
  readonly clock: Clock;
  /** Waits. */
  readonly sleep: (ms: number) => Promise<void>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly flags: TargetFlags & { readonly browser?: boolean; readonly input?: boolean };
  readonly input: Input;
  readonly output: Output;
  /** Takes the secrets that are in play out of messages. Add each secret that is read or received. */
  readonly redactor: Redactor;
  prompts(): Promise<Prompts>;
  settings(): Settings;
  directories(): Directories;
  /** The keychain, or the 0600 file if that was chosen. */
  credentials(): Promise<Credentials>;
  /** Sends HTTP requests. */
  transport(): Promise<Transport>;
  /** The local record of keys; created if there is none. */
  ledger(): Promise<Ledger>;
  readonly process: {
    readonly version: string;
    readonly platform: string;
    readonly library: string;
    readonly isAttended: boolean;
    readonly onEnd: (close: () => Promise<void>) => void;
  };
}

/** Where requests go, and as whom. */
export interface Connection {
  readonly service: KeyService;
  /**
   * `embedded`: the rules in this process over the data directory's database; `remote`: over HTTP; `guided`:
   * a person in the vendor's dashboard, with the ledger and the keychain.
   */
  readonly kind: 'embedded' | 'remote' | 'guided';
  readonly provider: Provider;
  /** Whether a provider was named by flag, environment, profile or policy. */
  readonly providerNamed: boolean;
  /**
   * Throws for a new key that the provider cannot express, before anything is sent. A service that checks
   * requests itself is not checked here.
   */
  refuseInexpressible(request: CreateKey): void;
  /** Throws `unsupported` for a change that the provider cannot make, before anything is sent. */
  refuseUnchangeable(changes: UpdateKey): void;
  /**
   * Tries a new key of this service with a request that changes nothing. Waits for a vendor that needs some
   * seconds to know it.
   */
  tryOut(credential: Credential): Promise<LiveCheckResult>;
  /**
   * The record of the key whose secret this is, as the vendor tells the holder of the secret, or shows it in
   * its list. Null where it does neither.
   */
  keyOfSecret(credential: Credential): Promise<Key | null>;
  /** Ids that the key of this secret may have, as the secret itself says, such as that of a pair. */
  idsInSecret(credential: Credential): Promise<readonly string[]>;
  /** How an operation finds this service again in a later call. */
  readonly target: OperationTarget;
  /** Settings that the call says to be none (`--set name=`). */
  readonly none?: readonly string[];
  /** How a roll is done here. */
  readonly roll: RollWay;
  /** Where the ledger says that keys of this connection are: `dashboard`, `embedded`, or the base URL. */
  readonly address: string;
  /** Name of the profile in use; null if there is none. */
  readonly profile: string | null;
  /** Origin (and path, if any) of the service; null for the embedded one and for a dashboard. */
  readonly baseUrl: string | null;
  /**
   * Where the credential came from, such as `keychain (keytar)` or `KEYS_API_KEY`; null for the embedded
   * service.
   */
  readonly credentialSource: string | null;
  /** When the credential was stored, ISO 8601; null where that is not known, or none is stored. */
  readonly credentialStoredAt: string | null;
  /**
   * Whether the service creates keys with our checksum, so that a mistyped key can be recognised offline:
   * true for the embedded service; for a remote one only when its own management key has it.
   */
  credentialHasOurFormat(): Promise<boolean>;
  /**
   * SHA-256 (hex) of the credential in use, by which another account's is recognised; null where none is
   * needed.
   */
  fingerprint(): Promise<string | null>;
  /** Whether our own key service responds, under whatever policy. */
  readonly isKeyService: boolean;
  /**
   * Id of the policy that our own key service follows here, such as `tylt`; null where it does not say, and
   * elsewhere.
   */
  policy(): Promise<string | null>;
  /**
   * Id of the key that this program is logged in with, as the service said at login; null if it is not known.
   */
  readonly ownKeyId: string | null;
  /**
   * Ids that the key in use may have: what the service said at login, and what the credential itself says,
   * which is the id of a pair, or of a key whose id is its secret. Only for comparison: parts of the
   * credential are among them. Sends nothing; empty where only `whoami` could say it.
   */
  ownKeyIds(): Promise<readonly string[]>;
  /**
   * Whether the key with this id is the credential in use. Sends nothing; false where only `whoami` could say
   * it.
   */
  isOwnCredential(id: string): Promise<boolean>;
  /** The profile's default environment for new keys. */
  readonly defaultEnvironment?: string;
  /** The environment that the profile says: a list has its keys alone, unless another one is asked for. */
  readonly profileEnvironment?: string;
  /**
   * The environment that the vendor's address serves, as a profile says. Its dashboard has the keys of the
   * others too: they are not for this profile.
   */
  readonly addressEnvironment?: string;
}

/** What a command's own flags say about a guided operation. */
export interface ConnectChoices {
  /** Answer every question with yes. */
  readonly yes?: boolean;
  /** Secrets into the 0600 file instead of the keychain. */
  readonly insecureStorage?: boolean | undefined;
  /** False: a guided operation saves no secret; its places alone get it. */
  readonly escrow?: boolean | undefined;
}
