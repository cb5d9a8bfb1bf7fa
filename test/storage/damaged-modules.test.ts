import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type KeysInProcess, keysInProcess } from '../support/keys-in-process.js';
import { vendorServer, writeVendorProvider } from '../support/vendor-server.js';

/** A module of the user's own that was added, and calls that load it. */
interface AddedModule {
  readonly keys: KeysInProcess;
  readonly path: string;
  /** The member of `config.json` that names it, and its id there. */
  readonly added: readonly [member: 'providers' | 'placeKinds', id: string];
  readonly call: readonly string[];
  /** Members that a definition must have. */
  readonly required: readonly string[];
}

async function home(): Promise<KeysInProcess> {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  return keys;
}

const SHELF = `import { place } from 'keys';
export default place({
  id: 'shelf', title: 'a shelf', target: '{team}', examples: ['shelf:acme#API_KEY'],
  program: 'shelf', install: 'https://shelf.example', failures: [[/no such app/, 'not_found', 'shelf apps']],
  parts: { team: /[a-z]+/ }, names: /[A-Z_]+/, sources: ['https://shelf.example/docs'],
  env: () => ({ SHELF: '1' }), input: (secret) => secret,
  probe: ({ team }) => ['see', team],
  deliver: ({ name }) => ['put', name],
  readBack: { args: ({ name }) => ['when', name], time: (printed) => printed.trim() },
  account: { args: () => ['who'], name: (printed) => printed.trim() },
  erase: ({ name }) => ['drop', name],
});
`;

const MODULES: Readonly<Record<string, () => Promise<AddedModule>>> = {
  async 'provider of one’s own'() {
    const [keys, vendor] = [await home(), await vendorServer()];
    const path = writeVendorProvider(keys.home, { keepsMetadata: false });
    await keys.run(['provider', 'add', path]);
    const call = ['list', '--provider', 'vendor', '--base-url', vendor.url, '--json'];
    const required = ['id', 'title', 'documentation', 'variables', 'auth'];
    return { keys, path, added: ['providers', 'vendor'], call, required };
  },

  async 'kind of place of one’s own'() {
    const keys = await home();
    const path = join(keys.home, 'shelf.mjs');
    writeFileSync(path, SHELF, { mode: 0o600 });
    await keys.run(['places', 'kinds', 'add', path]);
    const call = ['create', 'web', '--to', 'shelf:acme#WEB', '--dry-run', '--json'];
    const required = ['id', 'title', 'target', 'program', 'install', 'probe', 'deliver'];
    return { keys, path, added: ['placeKinds', 'shelf'], call, required };
  },
};

/** What no member of a definition may be, as it is written in a module. */
const NEVER = ['5', 'Symbol()', '[null]'];
/** What some members may be. */
const SOMETIMES = ['null', "'x'", '[]', '{}', 'true', '() => 5', '() => { throw 5; }'];

/** Modules that are no whole definition. */
const texts = (text: string): ReadonlyArray<readonly [what: string, text: string]> => [
  ['nothing', ''],
  ['half of it', text.slice(0, text.length / 2)],
  ['no default', text.replace('export default', 'export const other =')],
  ['null', 'export default null;'],
  ['a number', 'export default 7;'],
  ['a list', 'export default [];'],
  ['an empty object', 'export default {};'],
  ['zeros', '\0'.repeat(text.length)],
  ['two of it', text + text],
  ['bytes', '\u00ff\ufffd'.repeat(20)],
  ['one that throws', `${text}\nthrow null;`],
];

/** The members of a definition, with those that the library has filled in. A call before has Node find it. */
async function membersIn(path: string): Promise<string[]> {
  const { default: definition } = (await import(/* @vite-ignore */ pathToFileURL(path).href)) as {
    readonly default: object;
  };
  return Object.keys(definition);
}

/** Puts a module in the place of the added one, under a name of its own: Node loads a file only once. */
function replacer({ keys, added: [member, id] }: AddedModule) {
  const settings = join(keys.home, '.config/keys/config.json');
  let count = 0;
  return (text: string): string => {
    const damaged = join(keys.home, `damaged-${count++}.mjs`);
    writeFileSync(damaged, text, { mode: 0o600 });
    const all = JSON.parse(readFileSync(settings, 'utf8'));
    expect(all[member][id]).toMatch(/\.mjs$/);
    writeFileSync(settings, JSON.stringify({ ...all, [member]: { [id]: damaged } }), { mode: 0o600 });
    return basename(damaged);
  };
}

describe.each(Object.entries(MODULES))('a %s that is damaged', (_, open) => {
  it('is named with its member, and is nothing that Node says of this program', {
    timeout: 600_000,
  }, async () => {
    const added = await open();
    const { keys, path, call, required } = added;
    const place = replacer(added);
    const whole = readFileSync(path, 'utf8');
    const env = { KEYS_API_KEY: 'adm_fake_for_tests_only' };
    const control = await keys.run(call, { env });
    expect([control.code, control.stderr]).toEqual([expect.any(Number), expect.not.stringContaining('load')]);
    const wrong: string[] = [];
    const look = async (what: string, text: string, names: RegExp | null) => {
      const file = place(text);
      const { code, stdout, stderr } = await keys.run(call, { env });
      const said = `${what}: ${code} ${stderr.slice(0, 300)}`;
      if (/bug in keys|unexpected:|at \w+ \(/.test(stderr)) wrong.push(`a bug: ${said}`);
      if (names === null) return;
      if (code === 0 || !stderr.includes(file) || !names.test(stderr)) wrong.push(`not named: ${said}`);
      if (!/hint/.test(stderr + stdout)) wrong.push(`no hint: ${said}`);
    };
    for (const [what, text] of texts(whole)) await look(what, text, /./);
    const base = join(keys.home, 'base.mjs');
    writeFileSync(base, whole, { mode: 0o600 });
    const start = `import base from './base.mjs';\n`;
    const members = await membersIn(base);
    expect(members.length).toBeGreaterThan(14);
    for (const name of members) {
      const names = new RegExp(`\\b${name}\\b`);
      for (const value of NEVER)
        await look(`${name}: ${value}`, `${start}export default { ...base, ${name}: ${value} };`, names);
      for (const value of SOMETIMES)
        await look(`${name}: ${value}`, `${start}export default { ...base, ${name}: ${value} };`, null);
      const gone = `${start}const { ${name}: _, ...rest } = base;\nexport default rest;`;
      await look(`${name} is gone`, gone, required.includes(name) ? names : null);
    }
    expect(wrong).toEqual([]);
  });
});
