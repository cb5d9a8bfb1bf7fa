import { delimiter, dirname, join } from 'node:path';
import { everyTarget } from '../connect/every-target.js';
import { KeysError } from '../domain/errors.js';
import { proxyVariables } from '../http/proxies.js';
import { PLACE_PROGRAMS } from '../places/place-login.js';
import { hasDatabase } from '../service/embedded.js';
import { fileExists } from '../storage/files/file-status.js';
import { tryWrite } from '../storage/files.js';
import { createEncryptionKeySource } from '../storage/keychain/encryption-key.js';
import { existingLedger } from '../storage/ledger/existing-ledger.js';
import type { OperationTarget } from '../storage/ledger/operation.js';
import { isOnPath } from '../storage/on-path.js';
import type { Context } from './context.js';
import { hintOf } from './hints.js';
import { versionsOf } from './versions.js';

/** What one look at the installation found. */
export interface Check {
  readonly check: string;
  /**
   * `warning`: something that works less well, or that some users need; `failed`: something that does not
   * work.
   */
  readonly state: 'ok' | 'warning' | 'failed';
  readonly about: string;
  /** The command or the step that fixes it; null where nothing is wrong. */
  readonly repair: string | null;
}

/** Makes one check: returns what it found, or throws the error that it ended with. */
type Look = (context: Context) => Promise<Omit<Check, 'check'>>;

const OLDEST_NODE = [20, 19] as const;
/** An item of its own in the keychain: no profile has a colon in its name. */
const PROBE = 'service:doctor';

const ok = (about: string) => ({ state: 'ok', about, repair: null }) as const;
const warning = (about: string, repair: string) => ({ state: 'warning', about, repair }) as const;
const failed = (about: string, repair: string) => ({ state: 'failed', about, repair }) as const;

const LOOKS: Readonly<Record<string, Look>> = {
  node: async (context) => {
    const { node = '' } = context.process.versions;
    const [major = 0, minor = 0] = node.split('.').map(Number);
    const isNew = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
    return isNew ? ok(node) : failed(`${node} is too old`, `install Node ${OLDEST_NODE.join('.')} or later`);
  },

  sqlite: async (context) => {
    const { sqlite = '' } = versionsOf(context.process);
    return sqlite.startsWith('cannot')
      ? failed(sqlite, 'install keys again, or use Node 22 or later')
      : ok(sqlite);
  },

  keychain: async (context) => {
    const credentials = await context.credentials();
    const insecureStorage = context.settings().get('storage') === 'file';
    const written = { secret: crypto.randomUUID(), origin: 'doctor' };
    try {
      const place = await credentials.store(PROBE, written, { insecureStorage });
      const found = await credentials.read(PROBE);
      if (found?.secret === written.secret) return ok(`${place}: written, read and removed`);
      return failed(`${place} returned something else than what was written`, 'start the keychain again');
    } catch (error) {
      if (!(error instanceof KeysError)) throw error;
      return warning(error.message, hintOf(error) ?? 'start a keychain');
    } finally {
      await credentials.remove(PROBE).catch(() => undefined);
    }
  },

  'data directory': async (context) => {
    const { data } = context.directories();
    let folder = data;
    while (!fileExists(folder) && folder !== dirname(folder)) folder = dirname(folder);
    try {
      tryWrite(join(folder, '.keys-doctor'), 1);
    } catch (error) {
      if (!(error instanceof KeysError)) throw error;
      const repair = 'change its permissions, or set KEYS_DATA_DIR to another folder';
      return failed(`cannot write to ${folder}`, error.code === 'disk_full' ? 'free some space' : repair);
    }
    return ok(data);
  },

  ledger: async (context) => {
    const ledger = await existingLedger(context);
    if (ledger === null) return ok('none yet: the first key creates it');
    const [operations, keys] = [await ledger.operations(), await ledger.keys({})];
    if (operations.length === 0) return ok(`${keys.length} ${keys.length === 1 ? 'key' : 'keys'}`);
    return warning(`${operations.length} unfinished`, 'keys pending shows them; keys resume finishes them');
  },

  'encryption key': async (context) => {
    if (!hasDatabase(context.directories().data)) return ok('not needed yet');
    const key = await createEncryptionKeySource(context).find();
    return ok(key === null ? 'not needed yet' : 'found');
  },

  proxy: async ({ env }) => {
    const { set, wrong } = proxyVariables(env);
    if (wrong.length > 0)
      return failed(`${wrong.join(', ')}: not the address of a proxy`, 'such as http://proxy.example:3128');
    return ok(set.length === 0 ? 'none' : `from ${set.join(', ')}`);
  },

  completion: async ({ env }) => {
    const shell = (env['SHELL'] ?? '').split('/').at(-1) ?? '';
    const places = COMPLETION_FILES[shell];
    if (places === undefined)
      return ok(shell === '' ? 'no shell is named by SHELL' : `not known for ${shell}`);
    const found = foldersOfData(env)
      .flatMap((folder) => places.map((place) => join(folder, place)))
      .find(fileExists);
    return found === undefined
      ? warning(`none is installed for ${shell}`, `keys completion --help says how for ${shell}`)
      : ok(found);
  },

  'man pages': async ({ env }) => {
    const found = foldersOfData(env)
      .flatMap((folder) => [join(folder, 'man/man1/keys.1'), join(folder, 'man/man1/keys.1.gz')])
      .find(fileExists);
    return found === undefined
      ? warning(
          'not where man looks',
          'npm install --global puts them beside the program; add its share/man to MANPATH',
        )
      : ok(found);
  },

  'programs of places': async ({ env }) => {
    const missing = PLACE_PROGRAMS.filter((program) => !isOnPath(program, env));
    const there = PLACE_PROGRAMS.filter((program) => !missing.includes(program));
    return ok(`found: ${there.join(', ') || 'none'}; not found: ${missing.join(', ') || 'none'}`);
  },
};

const COMPLETION_FILES: Readonly<Record<string, readonly string[]>> = {
  bash: ['bash-completion/completions/keys', 'bash-completion/completions/keys.bash'],
  zsh: ['zsh/site-functions/_keys', 'zsh/vendor-completions/_keys'],
  fish: ['fish/vendor_completions.d/keys.fish', 'fish/completions/keys.fish'],
};

/**
 * Looks at the installation, one check after the other: Node, SQLite, the keychain (written and read), the
 * data directory (whether it can be written), the ledger, the encryption key, proxies, completion, man pages,
 * programs of places, and each service that this machine knows. Never throws for what it finds.
 */
export async function* examine(context: Context): AsyncGenerator<Check> {
  for (const [check, look] of Object.entries(LOOKS)) yield { check, ...(await safely(look, context)) };
  for (const target of await everyTarget(context)) {
    const check = target.profile === null ? `service ${target.provider}` : `profile ${target.profile}`;
    yield { check, ...(await safely(lookAt(target), context)) };
  }
}

/**
 * Whether the service responds and accepts its credential. Its clock is compared by the transport, which
 * warns.
 */
function lookAt(target: OperationTarget): Look {
  return async (context) => {
    const { connectTo } = await import('../connect/open-connection.js');
    const { service, kind, baseUrl } = await connectTo(context, target);
    if (kind === 'guided') return ok('managed in its dashboard');
    const self = await service.whoami();
    // A list is the least that every credential for keys can do.
    if (self === null) await service.list({ limit: 1 });
    if (kind === 'embedded') return ok('on this machine');
    return ok(self === null ? `${baseUrl} accepts the credential` : `${baseUrl} accepts ${self.name}`);
  };
}

async function safely(look: Look, context: Context): Promise<Omit<Check, 'check'>> {
  try {
    return await look(context);
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    return failed(error.message, hintOf(error) ?? 'keys --debug status shows the requests');
  }
}

function foldersOfData(env: Context['env']): string[] {
  const home = env['HOME'] ?? '';
  const own = env['XDG_DATA_HOME'] || join(home, '.local/share');
  const others = (env['XDG_DATA_DIRS'] || '/usr/local/share:/usr/share').split(':');
  const besidePrograms = (env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, '../share'));
  return [own, join(home, '.config'), ...others, ...besidePrograms].filter((folder) =>
    folder.startsWith('/'),
  );
}
