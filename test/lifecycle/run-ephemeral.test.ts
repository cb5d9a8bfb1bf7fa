import { beforeEach, expect, it } from 'vitest';
import type { Fault } from '../walks/gate.js';
import { VENDOR_KINDS } from '../walks/vendor-kinds.js';
import { openWorld, type World } from '../walks/world.js';

const KINDS = ['plain', 'nameless', 'graceful'];

let world: World;
beforeEach(async () => {
  world = await openWorld(VENDOR_KINDS.filter(({ id }) => KINDS.includes(id)));
  return () => world.close();
});

const runAt = async (at: string, kind: Fault['kind'], lasting = false) =>
  await world.run(['run', '--ephemeral', '--profile', at, '--scope', 'a:read', '--json', '--', 'true'], {
    at: world.account(at),
    fault: { request: 1, kind, lasting },
  });

const errorOf = ({ stderr }: { readonly stderr: string }) =>
  JSON.parse(stderr.trim().split('\n').at(-1) ?? '').error;

const live = async (at: string) => (await world.account(at).keys()).filter((key) => key.live);

it.each([
  ['plain', "keys list --name 'run true' --profile plain finds it"],
  ['nameless', 'keys list --sort created_at --profile nameless shows it'],
])(
  'says at %s that the key for a run may work where the response is lost, and what finds it',
  async (at, command) => {
    const ran = await runAt(at, 'cut after');
    expect(ran.code).toBe(5);
    const [left, ...others] = await live(at);
    expect(others).toEqual([]);
    const { message, hint } = errorOf(ran);
    expect(message).toContain('whether the key for this run was created is not known');
    expect(hint).toContain(command);
    expect(hint).toContain(new Date(left?.expiresAt ?? 0).toISOString().replace(/\.\d+Z$/, 'Z'));
    expect(hint).toContain(`keys revoke <id> --profile ${at} stops it now`);
  },
);

it('says nothing of a key where a service that repeats its response has responded in the end', async () => {
  const ran = await runAt('graceful', 'cut after');
  expect([ran.code, ran.stderr]).toEqual([0, expect.not.stringContaining('for this run')]);
  expect(await live('graceful')).toEqual([]);
});

it('says nothing of a key where the service cannot have created one', async () => {
  await world.account('plain').gate.close();
  const ran = await runAt('plain', 'busy');
  expect(ran.code).toBe(5);
  expect(ran.stderr).not.toContain('for this run');
});
