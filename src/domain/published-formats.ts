import { checksum } from './secret-format.js';

/** How one provider's secrets look: documented, and so particular that nothing else looks like them. */
export interface SecretFormat {
  readonly provider: string;
  readonly title: string;
  readonly prefixes: readonly string[];
  /** All that follows the prefix. */
  readonly body: RegExp;
  /** Proves what follows the prefix. Without one, the key must stand alone and its body look random. */
  readonly proof?: (body: string) => boolean;
  /** What must stand in the 80 characters in front, where prefix and body alone could be something else's. */
  readonly near?: RegExp;
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/;

/**
 * 30 base62 characters and their CRC32, without the prefix: GitHub's tokens and npm's alike
 * (github.blog/engineering/behind-githubs-new-authentication-token-formats,
 * github.blog/changelog/2021-09-23-npm-has-a-new-access-token-format).
 */
const ends30WithChecksum = (body: string) => checksum(body.slice(0, 30)) === body.slice(30);

/**
 * Left out, because their secrets have no form of their own: Twilio (`SK…` is an id), Confluent, Datadog,
 * Algolia, Meilisearch, Typesense, Mailgun, Spaces keys, Cloudflare's tokens from before the prefixes; Clerk
 * and WorkOS (`sk_live_…`, which many services use). Left out, because they are made to be seen: publishable
 * keys, Langfuse's `pk-lf-…`, LaunchDarkly's `mob-…`. Those in the ledger are found all the same, by digest.
 */
export const FORMATS: readonly SecretFormat[] = [
  {
    // docs.sendgrid.com: `SG.` and two parts in base64url, 69 characters in all.
    provider: 'sendgrid',
    title: 'SendGrid API key',
    prefixes: ['SG.'],
    body: /[\w-]{22}\.[\w-]{43}/,
  },
  {
    // `T3BlbkFJ` is base64 for OpenAI, in the middle of every key of theirs.
    provider: 'openai',
    title: 'OpenAI API key',
    prefixes: ['sk-proj-', 'sk-svcacct-', 'sk-admin-'],
    body: /[\w-]{20,160}T3BlbkFJ[\w-]{20,160}/,
  },
  {
    provider: 'openai',
    title: 'OpenAI user API key',
    prefixes: ['sk-'],
    body: /[0-9A-Za-z]{20}T3BlbkFJ[0-9A-Za-z]{20}/,
  },
  {
    // openrouter.ai/docs, authentication
    provider: 'openrouter',
    title: 'OpenRouter API key',
    prefixes: ['sk-or-v1-'],
    body: /[0-9a-f]{64}/,
  },
  {
    // neon.com/docs/manage/api-keys
    provider: 'neon',
    title: 'Neon API key',
    prefixes: ['napi_'],
    body: /[0-9a-z]{64}/,
  },
  {
    // resend.com/docs/api-reference/api-keys/create-api-key: the example of a response
    provider: 'resend',
    title: 'Resend API key',
    prefixes: ['re_'],
    body: /(?=\w{0,32}\d)(?=\w{0,32}[A-Z])(?=\w{0,32}[a-z])[0-9A-Za-z]{8}_[0-9A-Za-z]{24}/,
  },
  {
    // unkey.com/docs/security/root-keys: base58
    provider: 'unkey',
    title: 'Unkey root key',
    prefixes: ['unkey_'],
    body: /(?=\w{0,32}\d)(?=\w{0,32}[A-Z])(?=\w{0,32}[a-z])[1-9A-HJ-NP-Za-km-z]{20,32}/,
  },
  {
    // launchdarkly.com/docs/home/account/api and …/environment/keys. Any UUID can stand behind `api-`, hence
    // `near`.
    provider: 'launchdarkly',
    title: 'LaunchDarkly access token or SDK key',
    prefixes: ['api-', 'sdk-'],
    body: UUID,
    near: /launch_?-?darkly|\bLD_/i,
  },
  {
    // axiom.co/docs/reference/tokens
    provider: 'axiom',
    title: 'Axiom token',
    prefixes: ['xaat-', 'xapt-'],
    body: UUID,
  },
  {
    // langfuse.com/docs, in its source a random UUID behind the prefix
    provider: 'langfuse',
    title: 'Langfuse secret key',
    prefixes: ['sk-lf-'],
    body: UUID,
  },
  {
    // developers.cloudflare.com/fundamentals/api/get-started/token-formats: 40 characters and a checksum,
    // whose form is not told
    provider: 'cloudflare',
    title: 'Cloudflare API token or key',
    prefixes: ['cfut_', 'cfat_', 'cfk_'],
    body: /[\w-]{41,64}/,
  },
  {
    // docs.planetscale.com/api/reference/service-tokens
    provider: 'planetscale',
    title: 'PlanetScale service token',
    prefixes: ['pscale_tkn_'],
    body: /[\w-]{32,64}/,
  },
  {
    // docs.digitalocean.com/reference/api/create-personal-access-token: personal, OAuth and refresh tokens
    provider: 'digitalocean',
    title: 'DigitalOcean token',
    prefixes: ['dop_v1_', 'doo_v1_', 'dor_v1_'],
    body: /[0-9a-f]{64}/,
  },
  {
    // supabase.com/docs/reference/api/introduction
    provider: 'supabase',
    title: 'Supabase access token',
    prefixes: ['sbp_'],
    body: /[0-9a-f]{40}/,
  },
  {
    // supabase.com/docs/guides/api/api-keys
    provider: 'supabase',
    title: 'Supabase secret key',
    prefixes: ['sb_secret_'],
    body: /[\w-]{22}_[\w-]{8}/,
  },
  {
    // docs.stripe.com/keys. Others have this prefix too; 107 characters that go on with 51, the account's,
    // are Stripe's alone.
    provider: 'stripe',
    title: 'Stripe secret or restricted key',
    prefixes: ['sk_live_', 'rk_live_', 'sk_test_', 'rk_test_'],
    body: /51[0-9A-Za-z]{97}/,
  },
  {
    // platform.claude.com/docs/en/api/admin-api/apikeys: keys of an API and of an administrator
    provider: 'anthropic',
    title: 'Anthropic API key',
    prefixes: ['sk-ant-api', 'sk-ant-admin'],
    body: /\d{2}-[\w-]{32,160}/,
  },
  {
    // docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html: the id, beside which the secret
    // stands, which has no form of its own
    provider: 'aws',
    title: 'AWS access key id',
    prefixes: ['AKIA'],
    body: /[A-Z2-7]{16}/,
  },
  {
    // docs.gitlab.com/security/tokens: 20 characters, since version 18 longer, with two parts behind
    provider: 'gitlab',
    title: 'GitLab access token',
    prefixes: ['glpat-'],
    body: /[\w-]{20,300}(?:\.[0-9a-z]{2}\.[0-9a-z]{9})?/,
  },
  {
    // docs.docker.com/security/access-tokens
    provider: 'docker-hub',
    title: 'Docker Hub access token',
    prefixes: ['dckr_pat_'],
    body: /[\w-]{24,64}/,
  },
  {
    // grafana.com/docs/grafana/latest/administration/service-accounts: and a checksum in hex
    provider: 'grafana',
    title: 'Grafana service account token',
    prefixes: ['glsa_'],
    body: /[0-9A-Za-z]{32}_[0-9A-Fa-f]{8}/,
  },
  {
    // grafana.com/docs/grafana-cloud/security-and-account-management: JSON in base64
    provider: 'grafana-cloud',
    title: 'Grafana Cloud token',
    prefixes: ['glc_'],
    body: /eyJ[0-9A-Za-z+/]{32,400}={0,2}/,
  },
  {
    // docs.pinecone.io/reference/api/authentication
    provider: 'pinecone',
    title: 'Pinecone API key',
    prefixes: ['pcsk_', 'pckey_'],
    body: /\w{32,120}/,
  },
  {
    provider: 'github',
    title: 'GitHub token',
    prefixes: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'],
    body: /[0-9A-Za-z]{36}/,
    proof: ends30WithChecksum,
  },
  {
    // docs.github.com/authentication/keeping-your-account-and-data-secure/about-authentication-to-github
    provider: 'github',
    title: 'GitHub fine-grained token',
    prefixes: ['github_pat_'],
    body: /[0-9A-Za-z]{22}_[0-9A-Za-z]{59}/,
  },
  {
    provider: 'npm',
    title: 'npm access token',
    prefixes: ['npm_'],
    body: /[0-9A-Za-z]{36}/,
    proof: ends30WithChecksum,
  },
];
