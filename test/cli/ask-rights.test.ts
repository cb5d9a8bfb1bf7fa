import { expect, it } from 'vitest';
import { askRights } from '../../src/cli/questions/ask-rights.js';
import { loadProvider } from '../../src/providers/registry.js';
import type { Prompts } from '../../src/terminal/prompts.js';

/** Answers by the beginning of each question. What is asked without an answer fails. */
function answering(answers: Readonly<Record<string, string | string[]>>) {
  const asked: Array<{ message: string; choices: string[] }> = [];
  const titles: Array<string | undefined> = [];
  const answer = ({
    message,
    choices = [],
  }: {
    message: string;
    choices?: ReadonlyArray<{ value: string; title?: string }>;
  }) => {
    titles.push(choices[0]?.title);
    asked.push({ message, choices: choices.map(({ value }) => value) });
    const found = Object.entries(answers).find(([start]) => message.startsWith(start));
    if (found === undefined) throw new Error(`not expected: ${message}`);
    return found[1];
  };
  const prompts = {
    available: true,
    text: async (question) => answer(question) as string,
    choose: async (question) => answer(question) as (typeof question.choices)[number]['value'],
    chooseSeveral: async (question) => answer(question) as string[],
  } as Pick<Prompts, 'available' | 'choose' | 'chooseSeveral' | 'text'> as Prompts;
  return { prompts, asked, titles };
}

async function connectionTo(id: string, set: Record<string, string> = {}) {
  const context = {
    settings: () => ({ providers: () => ({}) }),
    process: { library: '', platform: process.platform },
  };
  const provider = await loadProvider(id, context);
  return {
    kind: 'remote' as const,
    provider,
    target: { provider: id, baseUrl: null, set, profile: null, useEnvironmentKey: false },
  };
}

it("offers the provider's own list of scopes", async () => {
  const { prompts, asked, titles } = answering({ Scope: 'sending_access' });
  const resend = await connectionTo('resend', { domain_id: 'd1' });
  expect(await askRights({}, resend, prompts)).toEqual({ scope: ['sending_access'] });
  expect(asked).toEqual([{ message: 'Scope', choices: ['', 'full_access', 'sending_access'] }]);
  // Enter alone must not give every right without a word.
  expect(titles).toEqual(["the provider's default: full_access"]);
  const hub = answering({ Scopes: ['repo:read', 'repo:write'] });
  expect(await askRights({}, await connectionTo('docker-hub'), hub.prompts)).toMatchObject({
    scope: ['repo:read', 'repo:write'],
  });
  expect(hub.asked[0]?.choices).toEqual(['repo:admin', 'repo:write', 'repo:read', 'repo:public_read']);
});

it('asks for restrictions and options with a fixed list, and for nothing that was said', async () => {
  const needed = answering({
    Scopes: 'group1, group2',
    Restrict: ['allowIp'],
    IP: '192.0.2.1, 192.0.2.8/29',
  });
  expect(await askRights({}, await connectionTo('cloudflare'), needed.prompts)).toEqual({
    scope: ['group1', 'group2'],
    allowIp: ['192.0.2.1', '192.0.2.8/29'],
  });
  const listed = answering({ access_level: '' });
  const said = { scope: ['api'] };
  expect(await askRights(said, await connectionTo('gitlab', { project: '1' }), listed.prompts)).toEqual(said);
  expect(listed.asked[0]?.choices).toEqual(['', '10', '15', '20', '30', '40', '50']);
  const dashboard = { ...(await connectionTo('resend')), kind: 'guided' as const };
  expect(await askRights({}, dashboard, answering({}).prompts)).toEqual({});
});

it('says at the question what is no scope of a key service of ours, and what is one', async () => {
  const problems: unknown[] = [];
  const prompts = {
    available: true,
    async text({ check }) {
      for (const text of ['Invoices Read', 'a:b, invoices:read']) problems.push(await check?.(text));
      return 'a:b';
    },
    chooseSeveral: async () => [],
  } as Pick<Prompts, 'available' | 'chooseSeveral' | 'text'> as Prompts;
  expect(await askRights({}, await connectionTo('keys'), prompts)).toMatchObject({ scope: ['a:b'] });
  expect(problems).toEqual([expect.stringMatching(/"Invoices Read"; .*invoices:read/), true]);
});
