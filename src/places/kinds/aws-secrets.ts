import { KeysError } from '../../domain/errors.js';
import { command, words } from '../../domain/words.js';
import {
  awsObject,
  awsPrefix,
  awsProgram,
  awsTime,
  checkAccount,
  parseAws,
  whoseAccount,
} from '../aws-program.js';
import {
  asOneValue,
  type OpenPlace,
  type Place,
  type PlaceContext,
  type PlaceKind,
  splitNames,
} from '../place.js';
import { orAbsent } from '../vendor-program.js';

const NAMES = /^[A-Za-z0-9/_+=.@-]{1,512}$/;

/**
 * A field of a secret of AWS Secrets Manager whose value is a JSON object. The other fields stay; the version
 * before becomes `AWSPREVIOUS`. AWS has no condition on a write, so two programs must not change one secret
 * at the same moment.
 */
export const awsSecrets: PlaceKind = {
  id: 'aws-secrets',
  title: 'a field of a secret of AWS Secrets Manager',
  syntax: 'aws-secrets:[ACCOUNT/]REGION/NAME#FIELD',
  examples: ['aws-secrets:123456789012/eu-west-1/prod/billing#RESEND_API_KEY'],
  sources: [
    'docs.aws.amazon.com: Secrets Manager API Reference (DescribeSecret, GetSecretValue, PutSecretValue)',
    'aws/aws-cli: awscli/paramfile.py (a parameter that is file:///dev/stdin is read from there, once)',
  ],
  remembered: true,
  local: false,
  holds: 'value',
  parse(text) {
    const { rest, names } = splitNames(text);
    return { target: parseAws(rest, NAMES, 'aws-secrets:eu-west-1/prod/billing#API_KEY'), names };
  },
  address: ({ target, names }) =>
    `${awsPrefix(target)}${target['name']}${names.length === 0 ? '' : `#${names[0]}`}`,
  checkName(name) {
    if (/^[^\p{Cc}#,]{1,256}$/u.test(name)) return;
    throw new KeysError('usage', `not the name of a field: ${JSON.stringify(name)}`, {
      hint: 'such as #API_KEY',
    });
  },
  open,
};

function open(place: Place, context: PlaceContext): OpenPlace {
  const { region = '', name = '' } = place.target;
  const [field = ''] = place.names;
  const create = words`${command(
    `aws secretsmanager create-secret --region ${region} --name ${name} --secret-string '{}'`,
  )}`;
  const aws = awsProgram(place.target, [[/ResourceNotFoundException/, 'not_found', create]], context);
  const doing = `read the secret ${name}`;
  const describe = () => awsObject(aws, ['secretsmanager', 'describe-secret', '--secret-id', name], doing);
  const fields = async (): Promise<Record<string, unknown>> => {
    const args = ['secretsmanager', 'get-secret-value', '--secret-id', name];
    // A secret that was created without a value has none to find.
    const found = await orAbsent(awsObject(aws, args, doing));
    return found === null ? {} : fieldsOf(found, name);
  };
  const put = async (value: Record<string, unknown>, secrets: readonly string[]) => {
    const args = ['secretsmanager', 'put-secret-value', '--secret-id', name];
    await aws([...args, '--secret-string', 'file:///dev/stdin'], {
      doing: `change the secret ${name}`,
      input: JSON.stringify(value),
      secrets,
      opensStdin: true,
    });
  };
  return {
    ...whoseAccount(aws, place),
    async probe() {
      refuseManaged(await describe(), region, name);
      await fields();
      return await checkAccount(aws, place);
    },
    async current() {
      const value = (await fields())[field];
      return value === undefined
        ? {}
        : { [field]: typeof value === 'string' ? value : JSON.stringify(value) };
    },
    async deliver(credential) {
      if (place.target['account'] !== undefined) await checkAccount(aws, place);
      const value = asOneValue(credential);
      const before = await fields();
      // A version less: AWS keeps a hundred.
      if (before[field] !== value) await put({ ...before, [field]: value }, [value]);
    },
    async erase() {
      if (place.target['account'] !== undefined) await checkAccount(aws, place);
      const { [field]: removed, ...rest } = await fields();
      if (removed === undefined) return [];
      await put(rest, [String(removed)]);
      return [`AWS keeps the version with the secret as AWSPREVIOUS until ${name} changes again`];
    },
    async readBack() {
      const changed_at = awsTime((await describe())['LastChangedDate']);
      return changed_at === null ? null : { changed_at };
    },
  };
}

/** Throws `refused` for a secret whose value others write. */
function refuseManaged(facts: Record<string, unknown>, region: string, name: string): void {
  const { DeletedDate, OwningService, PrimaryRegion } = facts;
  if (DeletedDate) {
    throw new KeysError('refused', `the secret ${name} will be deleted`, {
      hint: words`${command(`aws secretsmanager restore-secret --region ${region} --secret-id ${name}`)}`,
    });
  }
  if (OwningService) throw new KeysError('refused', `${OwningService} manages the secret ${name}`);
  if (PrimaryRegion && PrimaryRegion !== region) {
    throw new KeysError('refused', `the secret ${name} in ${region} is a copy`, {
      hint: `deliver to the region that it is copied from: ${PrimaryRegion}`,
    });
  }
}

/**
 * The fields of the secret. Throws `refused` for a value that is no JSON object, or whose numbers a rewrite
 * would change.
 */
function fieldsOf(
  { SecretString: text }: Readonly<Record<string, unknown>>,
  name: string,
): Record<string, unknown> {
  const shown = typeof text === 'string' ? text : '';
  const refuse = (what: string) =>
    new KeysError('refused', `the secret ${name} ${what}`, {
      hint: 'a JSON object such as {"API_KEY": "…"} has fields; name another secret',
    });
  let value: unknown;
  try {
    value = JSON.parse(shown);
  } catch {
    throw refuse('is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refuse('is not a JSON object');
  const numbers = shown.replace(/"(?:\\.|[^"\\])*"/g, '').match(/-?\d+(?![\d.eE])/g) ?? [];
  if (numbers.some((one) => !Number.isSafeInteger(Number(one)))) {
    throw refuse('has a number that a rewrite would round');
  }
  return value as Record<string, unknown>;
}
