import type { Clock } from '../domain/clock.js';
import type { ContractRow } from '../domain/contract-row.js';
import type { Credential } from '../domain/key.js';
import type { CreateKey, KeyService } from '../domain/key-service.js';
import type { LiveAnswer } from '../domain/live-answer.js';
import type { Provider, RollWay } from '../domain/provider.js';
import type { Credentials } from '../storage/keychain/credentials.js';
import type { Ledger } from '../storage/ledger/ledger.js';
import type { OperationTarget } from '../storage/ledger/operation.js';
import type { SavedSecrets } from '../storage/ledger/saved-secrets.js';
import type { Settings } from '../storage/settings.js';
import type { Input } from '../terminal/input.js';
import type { Output } from '../terminal/output.js';
import type { Prompts } from '../terminal/prompts.js';

/** The flags that every command takes, as Commander reads them. */
export interface GlobalFlags {
  readonly profile?: string;
  readonly provider?: string;
  readonly baseUrl?: string;
  readonly set?: string[];
  readonly json?: boolean;
  readonly input?: boolean;
  readonly browser?: boolean;
  readonly insecure?: boolean;
  readonly debug?: boolean;
  readonly verbose?: boolean;
}

/** Where a call goes, and as whom. */
export interface Connection {
  readonly service: KeyService;
  /**
   * `embedded`: the rules in this process over the data directory's database; `remote`: over HTTP; `guided`: a person in the
   * vendor's dashboard, with the ledger and the keychain.
   */
  readonly kind: 'embedded' | 'remote' | 'guided';
  readonly provider: Provider;
  /** Whether a provider was asked for, by flag, environment, profile or policy. */
  readonly providerNamed: boolean;
  /** Throws for a new key that this service's provider cannot have, before anything is sent; a service that judges for itself does so. */
  refuseInexpressible(request: CreateKey): void;
  /** Tries one of this service's keys where that changes nothing. */
  tryOut(credential: Credential): Promise<LiveAnswer>;
  /** For an operation that is taken up later. */
  readonly target: OperationTarget;
  /** How a roll is done here. */
  readonly roll: RollWay;
  /** Where the ledger says that keys of this connection are: `dashboard`, `embedded`, or the base URL. */
  readonly place: string;
  /** Name of the profile in use; null where none is. */
  readonly profile: string | null;
  /** Origin (and path, if any) of the service; null for the embedded one and for a dashboard. */
  readonly baseUrl: string | null;
  /** Where the credential came from, such as `keychain (keytar)` or `KEYS_API_KEY`; null for the embedded service. */
  readonly credentialSource: string | null;
  /**
   * Whether the service issues keys with our checksum, so that a mistyped key can be told without asking: true for the
   * embedded service; for a remote one only when its own management key has it.
   */
  readonly issuesOurFormat: boolean;
  /** The profile's default environment for new keys. */
  readonly defaultEnvironment?: string;
}

/** What a command's own flags say about a guided operation. The first call of `connect` decides. */
export interface ConnectChoices {
  /** Take every question that can be answered by yes as answered. */
  readonly yes?: boolean;
  /** Secrets into the 0600 file instead of the keychain. */
  readonly insecureStorage?: boolean | undefined;
}

/** A provider as this call means it. */
export interface TargetedProvider {
  readonly provider: Provider;
  readonly profile: string | null;
  /** The address as said, or the vendor's own; null for the embedded service, and where context is missing. */
  readonly baseUrl: string | null;
  readonly managedByHand: boolean;
  /** What the provider's context fields are set to. */
  readonly set: Readonly<Record<string, string>>;
  readonly environment?: string;
}

/** What a command may ask for. Every member is lazy: nothing is opened, loaded or read before it is called. */
export interface Deps {
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Node's name for the platform, such as `linux`. */
  readonly platform: string;
  /** This program's own. */
  readonly version: string;
  readonly input: Input;
  flags(): GlobalFlags;
  output(): Output;
  prompts(): Promise<Prompts>;
  settings(): Settings;
  credentials(): Promise<Credentials>;
  /** Opens the service that flags, environment and profile name. The caller need not close it: the program does at its end. */
  connect(choices?: ConnectChoices): Promise<Connection>;
  /** Opens the service that an earlier operation spoke to, or one of `everyTarget`. */
  reconnect(target: OperationTarget): Promise<Connection>;
  /** Every service that is known here: the profiles', the embedded one where it was used, dashboards that the ledger has keys of. */
  everyTarget(): Promise<readonly OperationTarget[]>;
  /** Where calls go, before any credential is read and anything is opened. */
  target(): Promise<TargetedProvider>;
  /** A client for a service that no profile names yet (login), with this credential; checks nothing. */
  client(
    provider: string,
    baseUrl: string,
    credential: string,
    set: Readonly<Record<string, string>>,
  ): Promise<KeyService>;
  /** What is known of a provider. Throws `not_found`. */
  provider(id: string): Promise<Provider>;
  providers(): Promise<readonly Provider[]>;
  /** The provider that a module of the user's own defines. Throws `usage`. */
  providerFile(path: string): Promise<Provider>;
  /** A provider file to begin with. */
  newProviderFile(id: string): Promise<string>;
  /** Tries the contract on the service that flags, environment and profile name; see `checkContract`. */
  contract(request: CreateKey): Promise<AsyncGenerator<ContractRow>>;
  /** Writes a file that is not there yet. Throws `conflict` or `usage`. */
  writeNewFile(path: string, text: string): Promise<void>;
  /** Sends one request as the provider's documentation says, with one of its keys. */
  use(provider: string): Promise<UseKey>;
  /** Tries a key on the provider's request without side effects. `baseUrl` null: no address is known. */
  check(
    target: Pick<TargetedProvider, 'provider' | 'baseUrl' | 'set'>,
    credential: Credential,
  ): Promise<LiveAnswer>;
  /** A file that the user names, whole. Throws `usage` for what cannot be read, or is larger than `maxBytes`. */
  readFile(path: string, maxBytes: number): Promise<Uint8Array>;
  ledger(): Promise<Ledger>;
  /** The ledger where there is one: none is made. */
  existingLedger(): Promise<Ledger | null>;
  /** Secrets of keys in the keychain, or in the 0600 file. */
  savedSecrets(options?: Pick<ConnectChoices, 'insecureStorage'>): Promise<SavedSecrets>;
  /** Runs the key service over HTTP until interrupted. */
  serve(options: ServeOptions): Promise<void>;
  /** Opens the key service's database, its tables made or upgraded. The program closes it at its end. */
  keyDatabase(place: DatabasePlace): Promise<KeyDatabase>;
  /** The completion script for a shell. */
  completionScript(shell: string): Promise<string>;
  /** Names of the keys where calls go, for a shell's completion: from this machine alone, no network is asked. */
  keyNames(): Promise<readonly string[]>;
  /** Id and title of every provider; no file of the user's own is run. */
  providerTitles(): Promise<ReadonlyArray<Pick<Provider, 'id' | 'title'>>>;
  readonly process: ProcessFacts;
  /** Runs a program with the terminal as it is, and these variables beside the inherited ones; its exit code becomes ours. */
  run(command: readonly string[], variables: Readonly<Record<string, string>>): Promise<void>;
  /** Waits. */
  sleep(ms: number): Promise<void>;
  /** A fresh 256-bit idempotency key, base64url. */
  newIdempotencyKey(): string;
}

/** What is to be known of this process and its like. */
export interface ProcessFacts {
  readonly pid: number;
  readonly directory: string;
  readonly isAlive: (pid: number) => boolean;
  /** Calls the listener at each signal that would end the process, instead of ending it; until the returned function is called. */
  readonly onSignal: (listener: (signal: NodeJS.Signals) => void) => () => void;
  /** Whether what is written to stdout goes nowhere: it was closed, or is the null device. */
  readonly stdoutGoesNowhere: () => boolean;
}

/** A request that is sent in a provider's own scheme. Errors: see `Transport`; every answer is handed on as it came. */
interface UseKey {
  /** The same origin and path rules as for any call: nothing absolute leaves the base URL. */
  request(credential: Credential, request: UseRequest): Promise<UseAnswer>;
}

export interface UseRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** In full. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

interface UseAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

interface DatabasePlace {
  /** The data directory; absent: the user's. */
  readonly dataDir?: string;
  /** Address of a PostgreSQL database in the place of the data directory's SQLite file. */
  readonly database?: string;
}

interface ServeOptions extends DatabasePlace {
  readonly host: string;
  readonly port: number;
  readonly policy?: string;
  readonly webhookUrl?: string;
  /** CIDR ranges. */
  readonly trustProxies?: readonly string[];
  readonly metricsPort?: number;
}

/** The key service's database, for moving what is in it. */
interface KeyDatabase {
  /** Of its tables. */
  readonly version: number;
  /** Hands every key to `write` as lines of JSON, a batch at a time. */
  export(write: (lines: string) => Promise<void>): Promise<void>;
  /** Adds what `export` wrote, all or nothing. */
  import(lines: AsyncIterable<string>): Promise<{ readonly added: number; readonly same: number }>;
}
