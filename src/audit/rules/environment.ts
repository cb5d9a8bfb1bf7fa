import type { SecretPrefix } from '../../domain/provider.js';

export type Stage = 'live' | 'test';

const STAGES: Readonly<Record<string, Stage>> = {
  live: 'live',
  production: 'live',
  prod: 'live',
  test: 'test',
  testing: 'test',
  demo: 'test',
  sandbox: 'test',
  development: 'test',
  dev: 'test',
  staging: 'test',
};

/** What a service's own name for an environment stands for; undefined: neither. */
export function stageOf(environment: string | null | undefined): Stage | undefined {
  const name = environment?.toLowerCase() ?? '';
  return Object.hasOwn(STAGES, name) ? STAGES[name] : undefined;
}

/** The stage that a secret's beginning tells, where its provider's prefixes do. */
export function stageOfPrefix(
  prefix: string | undefined,
  prefixes: readonly SecretPrefix[],
): Stage | undefined {
  if (prefix === undefined || prefix === '') return undefined;
  const known = prefixes.find((candidate) => candidate.prefix === prefix);
  const [, word] = /_(live|test)_/.exec(prefix) ?? [];
  return stageOf(known?.environment ?? word);
}

/** Words that mean one thing alone: `live` is also a chat, `dev` a portal. */
const LIVE_WORDS = /(?:^|[^a-z])(?:prod|production)(?:[^a-z]|$)/i;
const TEST_WORDS = /(?:^|[^a-z])(?:test|testing|tests|staging|sandbox)(?:[^a-z]|$)/i;

/** The stage that a name says, where it says one. */
export function stageSaidBy(text: string): Stage | undefined {
  const [live, test] = [LIVE_WORDS.test(text), TEST_WORDS.test(text)];
  return live === test ? undefined : live ? 'live' : 'test';
}

/** The stage that an env file is for: `.env.production`, `.env.test.local`. */
export function stageOfEnvFile(file: string): Stage | undefined {
  const name = file.split('/').at(-1) ?? '';
  const words = name.toLowerCase().split(/[^a-z]+/);
  const said = new Set(words.map((word) => stageOf(word)).filter((stage) => stage !== undefined));
  return said.size === 1 ? [...said][0] : undefined;
}
