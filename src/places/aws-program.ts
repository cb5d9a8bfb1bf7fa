import { compact } from '../domain/compact.js';
import type { ErrorCode } from '../domain/errors.js';
import { KeysError } from '../domain/errors.js';
import type { Wording } from '../domain/words.js';
import type { OpenPlace, Place, PlaceContext } from './place.js';
import { type CallProgram, readPrinted, textOf, vendorProgram } from './vendor-program.js';

const REGION = /^[a-z]{2,}(?:-[a-z]+)+-\d+$/;

/** What an address of AWS begins with: `REGION/NAME`, or `ACCOUNT/REGION/NAME`. Throws `usage`. */
export function parseAws(
  text: string,
  names: RegExp,
  example: string,
): { readonly region: string; readonly account?: string; readonly name: string } {
  const [, account, region = '', name = ''] = /^(?:(\d{12})\/)?([^/]*)\/(.*)$/s.exec(text) ?? [];
  if (!REGION.test(region) || !names.test(name)) {
    throw new KeysError('usage', `not a region and a name: ${JSON.stringify(text)}`, {
      hint: `such as ${example}`,
    });
  }
  return { region, name, ...compact({ account }) };
}

/** `REGION/` or `ACCOUNT/REGION/`. */
export function awsPrefix({ account, region }: Place['target']): string {
  return [account, region, ''].filter((part) => part !== undefined).join('/');
}

/**
 * The `aws` program in the place's region. `failures`: those of the service, before those of every service.
 */
export function awsProgram(
  { region = '' }: Place['target'],
  failures: ReadonlyArray<readonly [RegExp, ErrorCode, Wording]>,
  context: PlaceContext,
): CallProgram {
  return vendorProgram(
    {
      program: 'aws',
      install: 'https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html',
      env: { AWS_REGION: region, AWS_DEFAULT_REGION: region, AWS_DEFAULT_OUTPUT: 'json', AWS_PAGER: '' },
      failures: [
        ...failures,
        [
          /locate credentials|ExpiredToken|InvalidClientTokenId|UnrecognizedClient|InvalidSignature|SSO|token has expired|config profile/i,
          'not_logged_in',
          'aws sso login, or aws configure; aws sts get-caller-identity shows who is logged in',
        ],
        [/AccessDenied|not authorized/, 'forbidden', 'aws sts get-caller-identity shows who is logged in'],
        [/Throttling|TooManyRequests/, 'rate_limited'],
      ],
    },
    context,
  );
}

/**
 * Throws `refused` where the program is logged in to another account than the place names. Returns a warning
 * where the place names none, and got no secret yet: the first delivery decides.
 */
export async function checkAccount(
  aws: CallProgram,
  { kind, target, address, whose }: Pick<Place, 'kind' | 'target' | 'address' | 'whose'>,
): Promise<readonly string[]> {
  const account = await loggedIn(aws);
  if (target['account'] === account || whose?.['account'] === account) return [];
  if (target['account'] === undefined) {
    const rest = address.slice(kind.length + 1);
    return [
      `${address} names no account: it is in the one that is logged in now, ${kind}:${account}/${rest}`,
    ];
  }
  throw new KeysError('refused', `aws is logged in to ${account}, not to ${target['account']}`, {
    hint: CHOOSE,
  });
}

const CHOOSE = 'choose a profile with AWS_PROFILE; aws sts get-caller-identity shows who is logged in';

/** The JSON object that a call prints. Throws as `readPrinted` does. */
export async function awsObject(
  aws: CallProgram,
  args: readonly string[],
  doing: string,
): Promise<Readonly<Record<string, unknown>>> {
  return readPrinted(await aws(args, { doing }), { program: 'aws', doing }, (found) => found);
}

async function loggedIn(aws: CallProgram): Promise<string> {
  const doing = 'see which account is logged in';
  const printed = await aws(['sts', 'get-caller-identity'], { doing });
  return readPrinted(printed, { program: 'aws', doing }, ({ Account }) => textOf(Account));
}

/** The account that a place is in; nothing where its address says it. */
export function whoseAccount(aws: CallProgram, { target }: Place): Pick<OpenPlace, 'whose'> {
  if (target['account'] !== undefined) return {};
  return {
    whose: { login: 'aws', hint: CHOOSE, read: async () => ({ account: await loggedIn(aws) }) },
  };
}

/**
 * A time as `aws` prints it, in milliseconds: seconds since 1970 (version 1) or ISO 8601 (version 2). Null if
 * there is none.
 */
export function awsTime(value: unknown): number | null {
  if (typeof value === 'number') return Math.round(value * 1000);
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}
