import { expect, it } from 'vitest';
import { keysInProcess } from '../support/keys-in-process.js';
import type { Step } from './steps.js';

const step = (...steps: ReadonlyArray<Step['do']>) => steps;

/** Why a command needs no step of its own. */
const READS = 'changes no key, place or ledger';
const AS_CODE = 'the walks of keys.yaml';
const ACCOUNT = 'changes how an account is reached, and no key in it';
const SERVER = 'test/service: a server of its own, or its database before it starts';

/** Each command of the program, with the steps that run it, or the reason why there is none. */
const WALKED: Readonly<Record<string, ReadonlyArray<Step['do']> | string>> = {
  create: step('create', 'two'),
  list: step('list'),
  show: step('show'),
  update: step('update', 'two'),
  roll: step('roll', 'due', 'two dues', 'several', 'abort', 'two'),
  pause: step('pause', 'two'),
  unpause: step('unpause'),
  revoke: step('revoke', 'several', 'two'),
  verify: step('verify'),
  'places list': step('places remove'),
  'places add': step('places add', 'two'),
  'places remove': step('places remove'),
  'places test': READS,
  'places kinds': 'adds kinds of places: test/places',
  deliver: step('deliver', 'two'),
  resume: step('resume', 'wrong clock', 'two'),
  pending: step('pending'),
  'pending drop': step('drop'),
  run: step('run', 'ephemeral'),
  env: step('env'),
  import: step('import', 'import from', 'import to'),
  plan: AS_CODE,
  apply: AS_CODE,
  adopt: AS_CODE,
  schedule: READS,
  audit: READS,
  guard: READS,
  events: READS,
  usage: READS,
  doctor: READS,
  login: ACCOUNT,
  logout: ACCOUNT,
  status: READS,
  'profile list': READS,
  'profile use': ACCOUNT,
  'profile add': ACCOUNT,
  'profile remove': ACCOUNT,
  'config list': READS,
  'config get': READS,
  'config set': step('keychain'),
  'config unset': READS,
  'config path': READS,
  'ledger show': READS,
  'ledger move': step('move ledger'),
  'ledger readdress': step('readdress'),
  api: 'sends what it is given: the stranger',
  'provider list': READS,
  'provider show': READS,
  'provider new': READS,
  'provider test': 'creates and revokes keys of its own: test/providers',
  'provider add': ACCOUNT,
  'provider remove': ACCOUNT,
  'serve export': step('copy service'),
  'serve import': step('copy service'),
  'serve backup': step('copy service'),
  'serve restore': step('copy service'),
  'serve migrate': SERVER,
  'serve recover': SERVER,
  'serve rekey': SERVER,
  'serve import-digests': SERVER,
  console: 'its pages do what the commands do: test/cli/console-changes.test.ts',
  'webhook sign': READS,
  'webhook verify': READS,
  completion: READS,
};

it('walks through every command that changes keys, places or the ledger, or says why not', async () => {
  const keys = await keysInProcess();
  const named = async (args: readonly string[]) => {
    const { stdout } = await keys.run([...args, '--help']);
    const [list = ''] = stdout
      .split(args.length === 0 ? '\nExit codes:' : '\nCommands:\n')
      .slice(args.length);
    const own = args.length === 0 ? list : list.split('\n\n')[0];
    return [...(own ?? '').matchAll(/^ {2}([a-z][a-z-]*)/gm)]
      .map(([, name = '']) => name)
      .filter((name) => name !== 'help');
  };
  try {
    const found: string[] = [];
    for (const name of await named([])) {
      const parts = await named([name]);
      const isAlone = parts.length === 0 || name === 'pending';
      found.push(...(isAlone ? [name] : []), ...parts.map((part) => `${name} ${part}`));
    }
    expect(found.toSorted()).toEqual(Object.keys(WALKED).toSorted());
  } finally {
    await keys.remove();
  }
});
