import { expect, it } from 'vitest';
import type { Context } from '../../src/cli/context.js';
import { type CreateFlags, readRequest } from '../../src/cli/options/create-flags.js';
import { askMissing } from '../../src/cli/questions/ask-for-key.js';
import { compact } from '../../src/domain/compact.js';
import { POLICIES } from '../../src/service/policies/find-policy.js';
import type { Prompts } from '../../src/terminal/prompts.js';

/** A terminal on which every question gets its first choice, and a profile that follows the policy. */
function atPrompts(policy: string, more: object = { policy }) {
  const asked: string[] = [];
  const offered: string[] = [];
  const ask = ({
    message,
    choices,
  }: {
    message: string;
    choices?: ReadonlyArray<{ value: string; title: string }>;
  }) => {
    asked.push(message);
    offered.push(...(choices ?? []).map(({ title }) => title));
    return choices?.[0]?.value ?? 'web';
  };
  const prompts = {
    available: true,
    text: async (question) => ask(question),
    choose: async (question) => ask(question) as (typeof question.choices)[number]['value'],
  } as Pick<Prompts, 'available' | 'choose' | 'text'> as Prompts;
  const profile = { name: 'team', base_url: 'http://127.0.0.1:8787', ...more };
  const context = {
    prompts: async () => prompts,
    clock: { now: () => 0 },
    env: {},
    flags: { profile: 'team' },
    process: { library: '', platform: process.platform },
    settings: () => ({
      providers: () => ({}),
      profile: () => profile,
      profiles: () => [profile],
      get: () => undefined,
    }),
  } as Partial<Record<keyof Context, unknown>> as Context;
  return { context, asked, offered };
}

it('asks when a key of Jahuty expires, as the form on its page does', async () => {
  const { context, asked } = atPrompts('jahuty');
  const flags = await askMissing({}, context);
  expect(flags).toMatchObject({ name: 'web', type: 'secret' });
  expect(asked.some((message) => message.startsWith('Expires'))).toBe(true);
});

it('offers no key without an end where the vendor gives it one, and says which', async () => {
  for (const [provider, byDefault] of [
    ['gitlab', "the provider's default: after a year"],
    ['terraform', "the provider's default: after 24 months"],
    ['unkey', 'never'],
  ] as const) {
    const { context, offered } = atPrompts(provider, { provider });
    await askMissing({}, context, true);
    expect(offered).toContain(byDefault);
    expect(offered.includes('never')).toBe(byDefault === 'never');
  }
});

it('asks for no end of a key that has none at its vendor', async () => {
  const { context, asked } = atPrompts('swiftsell');
  await askMissing({}, context);
  expect(asked.some((message) => message.startsWith('Expires'))).toBe(false);
});

// The page of each system: a key is secret, of the first environment, and ends when it is rolled or deleted.
it.each(POLICIES)(
  '$id: every question stands on the default of its flag',
  async ({ id, types, environments }) => {
    const { context } = atPrompts(id);
    const asked: CreateFlags & { readonly name: string } = await askMissing({}, context);
    const { name, type = types[0], environment = environments[0], expires } = asked;
    expect({ name, type, environment, expires }).toEqual({
      ...{ name: 'web', type: 'secret', environment: environments[0], expires: undefined },
    });
    const [request, byFlags] = [{ expires }, {}].map((flags) => readRequest(compact({ name, ...flags }), 0));
    expect(request).toEqual(byFlags);
  },
);
