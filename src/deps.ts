import type { Credentials } from './credentials/credentials.js';
import type { Clock } from './domain/clock.js';
import type { KeyService } from './domain/key-service.js';
import type { Settings } from './profiles/settings.js';
import type { Input } from './terminal/input.js';
import type { Output } from './terminal/output.js';
import type { Prompts } from './terminal/prompts.js';

/** The flags that every command takes, as Commander reads them. */
export interface GlobalFlags {
  readonly profile?: string;
  readonly baseUrl?: string;
  readonly json?: boolean;
  readonly input?: boolean;
  readonly insecure?: boolean;
  readonly debug?: boolean;
}

/** Where a call goes, and as whom. */
export interface Connection {
  readonly service: KeyService;
  /** `embedded`: the rules in this process over the data directory's database; `remote`: over HTTP. */
  readonly kind: 'embedded' | 'remote';
  /** Name of the profile in use; null where none is. */
  readonly profile: string | null;
  /** Origin (and path, if any) of the service; null for the embedded one. */
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

/** What a command may ask for. Every member is lazy: nothing is opened, loaded or read before it is called. */
export interface Deps {
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Node's name for the platform, such as `linux`. */
  readonly platform: string;
  readonly input: Input;
  flags(): GlobalFlags;
  output(): Output;
  prompts(): Promise<Prompts>;
  settings(): Settings;
  credentials(): Promise<Credentials>;
  /** Opens the service that flags, environment and profile name. The caller need not close it: the program does at its end. */
  connect(): Promise<Connection>;
  /** A client for a service that no profile names yet (login), with this credential; checks nothing. */
  client(baseUrl: string, credential: string): Promise<KeyService>;
  /** Runs the key service over HTTP until interrupted. */
  serve(options: ServeOptions): Promise<void>;
  /** Opens the key service's database, its tables made or upgraded. The program closes it at its end. */
  keyDatabase(place: DatabasePlace): Promise<KeyDatabase>;
  /** The completion script for a shell. */
  completionScript(shell: string): Promise<string>;
  /** A fresh 256-bit idempotency key, base64url. */
  newIdempotencyKey(): string;
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
