import { randomInt, randomUUID } from 'node:crypto';
import { checksum, randomBase62 } from '../../src/domain/secret-format.js';

// Made when a test runs, from parts: nothing that looks like a key is in the sources.

function drawn(alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
}
const hex = (length: number) => drawn('0123456789abcdef', length);
/** Base62 with a capital, a small letter and a digit in it. */
const mixed = (length: number) => `${randomBase62(length - 3)}K7q`;
const withChecksum = (prefix: string) => {
  const body = randomBase62(30);
  return prefix + body + checksum(body);
};

const FORMS: Readonly<Record<string, () => string>> = {
  sendgrid: () => `SG.${randomBase62(22)}.${mixed(43)}`,
  openai: () => `sk-proj-${mixed(74)}T3Blbk${'FJ'}${mixed(74)}`,
  'openai admin': () => `sk-admin-${mixed(58)}T3Blbk${'FJ'}${mixed(58)}`,
  'openai user': () => `sk-${mixed(20)}T3Blbk${'FJ'}${mixed(20)}`,
  openrouter: () => `sk-or-v1-${hex(64)}`,
  neon: () => `napi_${drawn('0123456789abcdefghijklmnopqrstuvwxyz', 64)}`,
  resend: () => `re_${randomBase62(8)}_${mixed(24)}`,
  unkey: () => `unkey_${drawn('123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz', 21)}K7q`,
  axiom: () => `xaat-${randomUUID()}`,
  langfuse: () => `sk-lf-${randomUUID()}`,
  cloudflare: () => `cfut_${mixed(40)}${hex(8)}`,
  planetscale: () => `pscale_tkn_${mixed(43)}`,
  digitalocean: () => `dop_v1_${hex(64)}`,
  supabase: () => `sbp_${hex(40)}`,
  'supabase project': () => `sb_secret_${mixed(22)}_${mixed(8)}`,
  stripe: () => `sk_live_51${mixed(97)}`,
  'stripe restricted': () => `rk_test_51${mixed(97)}`,
  anthropic: () => `sk-ant-api03-${mixed(93)}AA`,
  aws: () => `AKIA${drawn('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 16)}`,
  gitlab: () => `glpat-${mixed(20)}`,
  'gitlab routable': () => `glpat-${mixed(51)}.${'0'}1.${drawn('0123456789abcdefghijklmnopqrstuvwxyz', 9)}`,
  'docker-hub': () => `dckr_pat_${mixed(27)}`,
  grafana: () => `glsa_${mixed(32)}_${hex(8)}`,
  'grafana-cloud': () => `glc_eyJ${randomBase62(80)}`,
  pinecone: () => `pcsk_${mixed(5)}_${mixed(63)}`,
  github: () => withChecksum('ghp_'),
  'github fine-grained': () => `github_pat_${mixed(22)}_${mixed(59)}`,
  npm: () => withChecksum('npm_'),
};

/** What a search takes for a placeholder, such as `xxxx`: one of ten thousand secrets has it by chance. */
const PLACEHOLDER = /(.)\1{7}|x{4}/i;

function unlikePlaceholder(create: () => string): () => string {
  return () => {
    for (;;) {
      const secret = create();
      if (!PLACEHOLDER.test(secret)) return secret;
    }
  };
}

/** A fresh secret in each provider's format, by a name that is the provider's and a variant. */
export const FAKE_SECRETS: Readonly<Record<string, () => string>> = Object.fromEntries(
  Object.entries(FORMS).map(([name, create]) => [name, unlikePlaceholder(create)]),
);
