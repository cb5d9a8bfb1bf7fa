import type { KeysError, NextStep } from '../domain/errors.js';
import { isEmbedded } from '../domain/managed-key.js';
import { shellWord, singleQuoted } from '../domain/shell-word.js';
import {
  COMMAND_LINE,
  clauses,
  command,
  type OptionPart,
  option,
  type Part,
  type SettingPart,
  setting,
  type Wording,
  Words,
  ways,
  withOptionsOnly,
  written,
} from '../domain/words.js';

type Details = Readonly<Record<string, unknown>>;

/**
 * Words with values between them. In the words, `‹` and `›` enclose a command; a value, such as the name of a
 * key, may hold these marks too.
 */
function say(texts: TemplateStringsArray, ...values: readonly unknown[]): Words {
  const parts: Part[] = [];
  let line: string | null = null;
  const add = (part: Part) => {
    if (line === null) parts.push(part);
    else line += String(part);
  };
  texts.forEach((text, i) => {
    for (const piece of text.split(/([‹›])/)) {
      if (piece === '‹') line = '';
      else if (piece === '›') {
        parts.push(command(line ?? ''));
        line = null;
      } else add(piece);
    }
    const value = values[i];
    add(isPart(value) ? value : String(value ?? ''));
  });
  return new Words(parts);
}

function isPart(value: unknown): value is OptionPart | SettingPart {
  return typeof value === 'object' && value !== null && ('option' in value || 'setting' in value);
}

const SHOWS_PENDING = say`‹keys pending› shows it`;

const STEPS: Readonly<Record<NextStep, (details: Details) => Words>> = {
  add_place: ({ name }) =>
    say`‹keys roll ${word(name)}› delivers a new secret to all its places; ‹keys places add ${word(name)}› adds one before that`,
  add_profile: ({ provider, option: name }) =>
    ways(
      say`give it with ${setting(String(name))}`,
      say`keep it in a profile: ‹keys profile add <name> --provider ${provider} --set ${name}=…›`,
    ),
  allow_insecure: () => say`${option('insecure')} sends it all the same, where the network is your own`,
  create_instead: ({ instead }) =>
    say`‹keys create --environment ${word(instead)}› creates keys that it manages`,
  create_ledger_key: () =>
    say`every machine of the team sets KEYS_LEDGER_KEY to the same 32 bytes; ‹openssl rand -base64 32› makes them`,
  create_management_key: ({ scope }) =>
    say`the first start of keys serve wrote a management key to management.key; with it, ‹keys create <name> ${
      scope === 'keys:verify' ? '--scope keys:verify' : '--scope keys:read --scope keys:write'
    }› creates another one, and ‹keys login› stores it`,
  deliver_again: ({ name }) => say`‹keys deliver ${word(name)} --to …› delivers it`,
  find_run_key: ({ name, ends_at }) =>
    name === undefined
      ? say`if it was, it works until ${ends_at}: ‹keys list --sort created_at› shows it, ‹keys revoke <id>› stops it now`
      : say`if it was, it works until ${ends_at}: ‹keys list --name ${word(name)}› finds it, ‹keys revoke <id>› stops it now`,
  follow_ledger: ({ to }) =>
    String(to).startsWith('postgres')
      ? clauses(
          withOptionsOnly(say`set KEYS_LEDGER_URL, or ‹keys config set ledger›, to ${to}`),
          say`‹keys ledger move sqlite› brings it back`,
        )
      : clauses(
          'unset KEYS_LEDGER_URL and the setting ledger',
          say`‹keys ledger move postgres› brings it back`,
        ),
  forget_key: ({ name }) =>
    say`‹keys revoke ${word(name)}› forgets it here; then ‹keys create› creates another one`,
  forget_version: ({ name, key_id }) =>
    say`‹keys revoke ${word(key_id)}› forgets it here, and its predecessor is in use again; then ‹keys roll ${word(name)}› delivers a new secret to its places`,
  give_address: ({ provider, environment }) =>
    ways(
      say`give the ${environment} address with ${option('base-url', 'https://…')}`,
      say`keep it in a profile: ‹keys profile add <name> --provider ${provider} --environment ${environment} --base-url https://…›`,
    ),
  give_expiry: ({ days }) => say`such as ${option('expires', `${days}d`)}`,
  give_option: ({ option: name }) => say`give it with ${setting(String(name))}`,
  give_provider: ({ provider }) => say`${option('provider', String(provider))} takes it`,
  give_scopes: ({ option: name }) =>
    name === undefined
      ? say`give them with ${option('scope')}`
      : ways(say`give them with ${option('scope')}`, say`${setting(String(name))}`),
  identify_key: ({ name }) =>
    clauses(
      say`‹keys import --name ${word(name)} --id ID› says which it is (‹keys list› shows the ids; the secret: from the keychain, ${option('from', 'PLACE')} or stdin)`,
      say`‹keys revoke ${word(name)} --force› forgets it here`,
    ),
  create_again: ({ name }) => say`‹keys create ${word(name)}› creates another one`,
  revoke_version: ({ name, key_id }) =>
    say`‹keys revoke ${word(key_id)}› revokes it there, too; then ‹keys create ${word(name)}› creates another one`,
  import_key: () => say`‹keys import› takes it in again`,
  keep_policy: () => ways(say`leave out ${option('policy')}`, say`take another ${option('data-dir')}`),
  keep_ledger: () => say`if the ledger is kept between runs: ‹keys config set ledger kept›`,
  import_pasted: (details) => say`once you have the whole key: ‹${importCommands(details)}›`,
  learn_policy: ({ base_url }) =>
    say`‹keys login --base-url ${base_url}› learns which policy the service follows`,
  learn_policy_again: () => say`‹keys status› learns it; then run this command again`,
  list_keys: () => say`‹keys list --all› shows every key`,
  list_or_import_keys: () =>
    say`‹keys list --all› shows every key; ‹keys import› takes in one that exists already`,
  look_again: ({ name }) =>
    say`‹keys show ${word(name)}› looks again; ‹keys roll ${word(name)}› says what helps`,
  list_pending: () => say`‹keys pending› shows what is unfinished`,
  list_providers: ({ named }) =>
    say`‹keys provider list› shows the providers; ‹keys provider new ${word(named)}› begins one of your own`,
  log_in: (details) => say`log in first: ‹keys login ${loginFlags(details).join(' ')}›`,
  log_in_again: () => say`‹keys logout› removes it; then log in again`,
  log_in_insecurely: () =>
    say`‹keys login --insecure-storage› keeps the credential in a file that only you may read`,
  move_ledger: () => say`‹keys ledger move postgres› brings it there`,
  make_database: () =>
    say`look at its name; ‹keys serve› and ‹keys serve migrate› make one, and ‹keys serve restore› and ‹keys serve import› fill a new one`,
  new_provider: () => say`‹keys provider new› writes one`,
  print_saved: ({ key_id }) => say`‹keys env ${word(key_id)}› prints it for a shell`,
  recover_management_key: () => say`‹keys serve recover› creates a new management key`,
  replace_key: ({ name }) => say`‹keys roll ${word(name)}› replaces it`,
  replace_secret: ({ name }) => say`‹keys roll ${word(name)}› creates a new secret`,
  correct_and_resume: ({ file }) =>
    clauses(say`correct ${file} first: then ‹keys resume› finishes it`, SHOWS_PENDING),
  resume: () => clauses(say`‹keys resume› finishes it`, SHOWS_PENDING),
  resume_delivery: ({ pending, name }) =>
    Array.isArray(pending) && pending.includes('stdout')
      ? say`run ‹keys resume --show›, which prints the secret`
      : clauses(
          say`run ‹keys resume› once that is fixed`,
          say`‹keys deliver ${word(name)} --to PLACE› delivers it to another place, ‹keys places remove ${word(name)} PLACE› leaves one out`,
          say`‹keys resume --show› prints it`,
        ),
  resume_or_abort: ({ operation, name }) =>
    clauses(
      say`‹keys resume ${operation}› finishes it as it was begun`,
      say`‹keys roll ${word(name)} --abort› undoes it while no place has the new secret`,
    ),
  resume_or_drop: ({ operation }) =>
    clauses(say`‹keys resume ${operation}› finishes it`, say`‹keys pending drop ${operation}› forgets it`),
  roll_key: () => say`to replace it: ‹keys roll›`,
  save_delivered: ({ name }) => say`‹keys deliver ${word(name)} --to keychain› saves it too`,
  save_key: () =>
    say`‹keys import› takes in an existing key; ‹keys create --to keychain› saves a new one; without a keychain, ‹keys config set storage file› first`,
  show_key: () => say`‹keys show› shows its state`,
  show_provider: ({ provider }) => say`‹keys provider show ${provider}› shows what its keys can have`,
  show_schema: () => say`‹keys plan --schema› prints what the file may hold`,
  show_status: () => say`‹keys status› says which is used`,
  skip_place: ({ on }) =>
    clauses(
      'nothing was changed',
      ways(
        'run the command there',
        say`let that machine deliver later with ‹keys resume›: ${option('skip', word(on))}`,
      ),
    ),
  store_in_file: () =>
    clauses(
      say`in a container or over SSH, where there is no keychain, ‹keys config set storage file› keeps secrets in a file that only you may read`,
      say`${option('insecure-storage')} does so once`,
    ),
  test_provider: ({ provider }) => say`‹keys provider test ${provider}› checks it`,
  use_key: () => say`‹keys api› sends one`,
  use_known_address: ({ known_address, base_url }) => {
    const move = `keys ledger readdress ${word(known_address)} ${word(base_url)}`;
    return isEmbedded(String(known_address))
      ? clauses(
          say`leave out ${option('base-url')} and KEYS_BASE_URL to use the embedded service`,
          say`if the service has moved: ‹${move}›`,
        )
      : clauses(
          say`${option('base-url', String(known_address))} is the address to use`,
          say`if the service has moved: ‹${move}›`,
        );
  },
  verify_key: () => say`‹keys verify› tries the key itself where that changes nothing`,
};

/** A detail of an error as one word of a command line. */
function word(detail: unknown): string {
  return shellWord(String(detail));
}

/** What a login needs to know; a provider at its own address needs no `--base-url`. */
function loginFlags({ provider, base_url, profile = '<name>', set = {} }: Details): string[] {
  const named = provider === undefined ? [] : [`--provider ${provider}`];
  const url = base_url ?? (provider === undefined ? '<url>' : null);
  return [
    ...named,
    ...(url === null ? [] : [`--base-url ${url}`]),
    ...Object.entries(set as object).map(([name, value]) => `--set ${word(`${name}=${String(value)}`)}`),
    ...(profile === null ? [] : [`--profile ${profile}`]),
  ];
}

/**
 * One line for a shell that finishes a create or roll whose paste was refused. `revoke`: the old key, which
 * was to stop now.
 */
function importCommands({ revoke, ...details }: Details): string {
  const { provider, profile } = details;
  const account = `--provider ${provider}${profile === undefined ? '' : ` --profile ${word(profile)}`}`;
  const end = revoke === undefined ? '' : ` && keys revoke ${word(revoke)} ${account}`;
  return `keys import ${importFlags(details).join(' ')}${end}`;
}

/** What an import is given, so that it takes in the key that a create or roll had asked for. */
function importFlags({
  provider,
  name,
  dashboardName,
  successor,
  insecureStorage,
  ...more
}: Details): string[] {
  const options = ['environment', 'service', 'type', 'expires', 'to', 'set', 'profile'];
  return [
    `--provider ${provider} --name ${singleQuoted(String(name))}`,
    ...(successor ? ['--successor'] : []),
    ...(dashboardName === undefined ? [] : [`--dashboard-name ${word(dashboardName)}`]),
    ...options.flatMap((option) =>
      // The caller may have given the same value twice.
      [...new Set([more[option] ?? []].flat())].map((value) => `--${option} ${word(value)}`),
    ),
    ...(insecureStorage ? ['--insecure-storage'] : []),
  ];
}

type Mark = (command: string) => string;

const asIs: Mark = (line) => line;

type Hinted = Pick<KeysError, 'hint' | 'next' | 'details'>;

/**
 * The hint that the program shows with an error: the error's own, then the command that helps. Undefined if
 * there is none. `target`: the flags that said whose keys are meant (see `targetWords`), which the command
 * needs too. `mark`: what is made of each command.
 */
export function hintOf(error: Hinted, target = '', mark: Mark = asIs): string | undefined {
  // The service's own hint is for those who send requests themselves.
  if (error.details?.['reason'] === 'last_management_key')
    return 'create another management key first, or give --force';
  const { hint, next, details = {} } = error;
  if (next === undefined) return hint;
  const step = (written(STEPS[next](details), COMMAND_LINE) ?? [])
    .map((piece) => (typeof piece === 'string' ? piece : mark(withTarget(piece.command, target))))
    .join('');
  return hint === undefined ? step : `${hint}; ${step}`;
}

/** The same in its parts, for a page. */
export function wordingOfHint({ wording: { hint }, next, details = {} }: KeysError): Wording | undefined {
  if (next === undefined) return hint;
  const step = STEPS[next](details);
  return hint === undefined ? step : clauses(hint, step);
}

/** Commands about keys of one account. */
const OF_ACCOUNT =
  /^keys (api|create|deliver|env|import|list|places|revoke|roll|show|status|update|verify)\b/;

/** A command for whoever has a management key: the account of this call has a key that cannot do it. */
const OF_OTHERS = /--scope keys:/;

function withTarget(command: string, target: string): string {
  if (OF_OTHERS.test(command)) return command;
  const says = /--(profile|provider|base-url)\b/.test(command);
  return OF_ACCOUNT.test(command) && !says ? `${command}${target}` : command;
}
