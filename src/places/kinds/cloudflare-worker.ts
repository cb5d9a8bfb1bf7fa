import { KeysError } from '../../domain/errors.js';
import {
  namedParts,
  namesText,
  type OpenPlace,
  type Place,
  type PlaceContext,
  type PlaceKind,
  splitNames,
} from '../place.js';
import { vendorProgram } from '../vendor-program.js';

/**
 * A secret of a Cloudflare Worker. `wrangler` would create a Worker that is not there, without asking, so the Worker is looked
 * up before every delivery. Other secrets and bindings stay.
 */
export const cloudflareWorker: PlaceKind = {
  id: 'cloudflare-worker',
  title: 'a secret of a Cloudflare Worker',
  syntax: 'cloudflare-worker:ACCOUNT/SCRIPT#NAME',
  examples: ['cloudflare-worker:0123456789abcdef0123456789abcdef/edge#RESEND_API_KEY'],
  sources: [
    'cloudflare/workers-sdk: packages/wrangler/src/secret (put reads stdin if it is no terminal; a Worker that is not there is created)',
    'developers.cloudflare.com: wrangler system environment variables (CLOUDFLARE_ACCOUNT_ID, CLOUDFLARE_API_TOKEN)',
  ],
  remembered: true,
  local: false,
  holds: 'variables',
  parse(text) {
    const { rest, names } = splitNames(text);
    const [, account, script] = /^([0-9a-f]{32})\/([A-Za-z0-9_][\w-]*)$/.exec(rest) ?? [];
    if (account !== undefined && script !== undefined) return { target: { account, script }, names };
    throw new KeysError('usage', `not an account and a Worker: ${JSON.stringify(rest)}`, {
      hint: 'such as cloudflare-worker:<32 hex digits>/edge#API_KEY; wrangler whoami shows the account',
    });
  },
  address: ({ target: { account, script }, names }) => `${account}/${script}${namesText(names)}`,
  open,
};

function open({ target, names }: Place, context: PlaceContext): OpenPlace {
  const { account = '', script = '' } = target;
  const wrangler = vendorProgram(
    {
      program: 'wrangler',
      install: 'npm install --global wrangler',
      env: { CLOUDFLARE_ACCOUNT_ID: account, WRANGLER_SEND_METRICS: 'false', WRANGLER_HIDE_BANNER: 'true' },
      failures: [
        [/requires at least Node/, 'usage', 'wrangler needs a newer Node'],
        [/Worker ".*" not found|code: 10007/, 'not_found', 'deploy the Worker first: wrangler deploy'],
        [
          /CLOUDFLARE_API_TOKEN|wrangler login|not logged in|Authentication error|code: (?:10000|10001|6003|9109)/i,
          'not_logged_in',
          'wrangler login, or set CLOUDFLARE_API_TOKEN; wrangler whoami shows who is logged in',
        ],
        [/code: 10215/, 'refused', 'its newest version is not deployed: wrangler deploy'],
      ],
    },
    context,
  );
  const check = async () =>
    void (await wrangler(['secret', 'list', '--name', script], { doing: `see the Worker ${script}` }));
  return {
    async probe() {
      await check();
      return [];
    },
    async deliver(credential) {
      await check();
      for (const [name, value] of namedParts(credential, names)) {
        await wrangler(['secret', 'put', name, '--name', script], {
          doing: `set the secret ${name} of ${script}`,
          input: value,
          secrets: [value],
        });
      }
    },
  };
}
