import { KeysError } from '../../domain/errors.js';
import { isRecord } from '../../domain/is-record.js';
import { awsPrefix, awsProgram, awsTime, checkAccount, parseAws, whoseAccount } from '../aws-program.js';
import { asOneValue, type OpenPlace, type Place, type PlaceContext, type PlaceKind } from '../place.js';
import { type CallProgram, orAbsent, readPrinted, textOf } from '../vendor-program.js';

const NAMES = /^\/?[\w.-]+(?:\/[\w.-]+)*$/;
/** What a put that overwrites must repeat, because AWS would set it anew. */
const KEPT = ['Type', 'KeyId', 'Description', 'AllowedPattern', 'Tier', 'DataType'];

/**
 * A SecureString of AWS Systems Manager's Parameter Store. Its KMS key, description, pattern, tier and data
 * type stay. A parameter that is not there is created with the account's default KMS key.
 */
export const awsSsm: PlaceKind = {
  id: 'aws-ssm',
  title: 'a parameter of AWS Systems Manager',
  syntax: 'aws-ssm:[ACCOUNT/]REGION/PATH',
  examples: ['aws-ssm:123456789012/eu-west-1/prod/billing/resend'],
  sources: [
    'docs.aws.amazon.com: Systems Manager API Reference (PutParameter, GetParameter, DescribeParameters)',
    'aws/aws-cli: awscli/paramfile.py (a parameter that is file:///dev/stdin is read from there, once)',
  ],
  remembered: true,
  local: false,
  holds: 'value',
  parse(text) {
    if (text.includes('#')) {
      throw new KeysError('usage', `a parameter has no fields: ${JSON.stringify(text)}`, {
        hint: 'such as aws-ssm:eu-west-1/prod/billing/resend',
      });
    }
    const { name, ...where } = parseAws(text, NAMES, 'aws-ssm:eu-west-1/prod/billing/resend');
    // A name with a slash in it begins with one.
    return {
      target: { ...where, name: name.slice(1).includes('/') ? `/${name.replace(/^\//, '')}` : name },
      names: [],
    };
  },
  address: ({ target }) => {
    const { name = '' } = target;
    return `${awsPrefix(target)}${name.lastIndexOf('/') > 0 ? name.slice(1) : name}`;
  },
  open,
};

function open(place: Place, context: PlaceContext): OpenPlace {
  const { name = '' } = place.target;
  const [variable = name] = place.names;
  const aws = awsProgram(
    place.target,
    [[/ParameterNotFound/, 'not_found', `aws ssm put-parameter creates ${name}`]],
    context,
  );
  const describe = async () => await describeParameter(name, aws);
  return {
    ...whoseAccount(aws, place),
    async probe() {
      const found = await describe();
      const created = `${name} is new: it will be a SecureString with the default KMS key`;
      return [...(await checkAccount(aws, place)), ...(found === null ? [created] : [])];
    },
    async current() {
      const args = ['ssm', 'get-parameter', '--name', name, '--with-decryption'];
      const doing = `read the parameter ${name}`;
      const printed = await orAbsent(aws(args, { doing }));
      if (printed === null) return {};
      const valueIn = (parameter: unknown) => (isRecord(parameter) ? textOf(parameter['Value']) : undefined);
      const printedBy = { program: 'aws', doing };
      return { [variable]: readPrinted(printed, printedBy, ({ Parameter }) => valueIn(Parameter)) };
    },
    async deliver(credential) {
      if (place.target['account'] !== undefined) await checkAccount(aws, place);
      const value = asOneValue(credential);
      const found = await describe();
      const settings = found === null ? { Type: 'SecureString' } : { ...keptOf(found), Overwrite: true };
      await aws(
        [
          ...['ssm', 'put-parameter', '--value', 'file:///dev/stdin'],
          ...['--cli-input-json', JSON.stringify({ Name: name, ...settings })],
        ],
        { doing: `change the parameter ${name}`, input: value, secrets: [value], opensStdin: true },
      );
    },
    async erase() {
      if (place.target['account'] !== undefined) await checkAccount(aws, place);
      if ((await describe()) === null) return [];
      await orAbsent(
        aws(['ssm', 'delete-parameter', '--name', name], { doing: `delete the parameter ${name}` }),
      );
      return [];
    },
    async readBack() {
      const changed_at = awsTime((await describe())?.['LastModifiedDate']);
      return changed_at === null ? null : { changed_at };
    },
  };
}

/**
 * What AWS says of a parameter; null if there is none. Throws `refused` for one whose value is stored in
 * clear.
 */
async function describeParameter(
  name: string,
  aws: CallProgram,
): Promise<Readonly<Record<string, unknown>> | null> {
  const filter = JSON.stringify([{ Key: 'Name', Option: 'Equals', Values: [name] }]);
  const doing = `read the parameter ${name}`;
  const printed = await aws(['ssm', 'describe-parameters', '--parameter-filters', filter], { doing });
  const found = readPrinted(printed, { program: 'aws', doing }, ({ Parameters: all }) => {
    if (!Array.isArray(all)) return undefined;
    const [first = null]: unknown[] = all;
    return first === null || isRecord(first) ? first : undefined;
  });
  if (found === null || found['Type'] === 'SecureString') return found;
  throw new KeysError(
    'refused',
    `the parameter ${name} is a ${found['Type']}: its value is stored in clear`,
    {
      hint: 'name another one, or delete it first: then it is created as a SecureString',
    },
  );
}

function keptOf(found: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(KEPT.flatMap((name) => (name in found ? [[name, found[name]]] : [])));
}
