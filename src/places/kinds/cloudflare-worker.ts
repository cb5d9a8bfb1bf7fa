import { command, words } from '../../domain/words.js';
import { programKind } from '../program-kind.js';

/**
 * A secret of a Cloudflare Worker. `wrangler` would create a Worker that is not there, without asking, so the
 * Worker is looked up before every delivery. Other secrets and bindings stay.
 */
export const cloudflareWorker = programKind({
  id: 'cloudflare-worker',
  title: 'a secret of a Cloudflare Worker',
  target: '{account}/{script}',
  parts: { account: /[0-9a-f]{32}/, script: /[A-Za-z0-9_][\w-]*/ },
  examples: ['cloudflare-worker:0123456789abcdef0123456789abcdef/edge#RESEND_API_KEY'],
  sources: [
    'cloudflare/workers-sdk: packages/wrangler/src/secret (put reads stdin if it is no terminal; a Worker that is not there is created; delete does not ask without a terminal)',
    'developers.cloudflare.com: wrangler system environment variables (CLOUDFLARE_ACCOUNT_ID, CLOUDFLARE_API_TOKEN)',
  ],
  program: 'wrangler',
  install: 'npm install --global wrangler',
  env: ({ account = '' }) => ({
    CLOUDFLARE_ACCOUNT_ID: account,
    WRANGLER_SEND_METRICS: 'false',
    WRANGLER_HIDE_BANNER: 'true',
  }),
  failures: [
    [/requires at least Node/, 'usage', 'wrangler needs a newer Node'],
    [
      /Worker ".*" not found|code: 10007/,
      'not_found',
      words`deploy the Worker first: ${command('wrangler deploy')}`,
    ],
    [
      /CLOUDFLARE_API_TOKEN|wrangler login|not logged in|Authentication error|code: (?:10000|10001|6003|9109)/i,
      'not_logged_in',
      'wrangler login, or set CLOUDFLARE_API_TOKEN; wrangler whoami shows who is logged in',
    ],
    [/code: 10215/, 'refused', words`its newest version is not deployed: ${command('wrangler deploy')}`],
  ],
  probe: ({ script = '' }) => ['secret', 'list', '--name', script],
  deliver: ({ script = '', name }) => ['secret', 'put', name, '--name', script],
  erase: ({ script = '', name }) => ['secret', 'delete', name, '--name', script],
});
