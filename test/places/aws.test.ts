import { describe, expect, it } from 'vitest';
import type { PlaceKey } from '../../src/places/place.js';
import { openPlace, parsePlace, withNames } from '../../src/places/registry.js';
import { fakePlaceContext } from '../support/fake-place-context.js';
import { missing } from '../support/needs.js';
import { recordedProgram } from '../support/recorded-program.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { loopbackApi } from '../support/vendor-api.js';
import { ACCOUNT, awsApi } from './fixtures/aws-api.js';

const KEY: PlaceKey = { name: 'billing', id: 'key_1', provider: 'resend', variables: ['RESEND_API_KEY'] };
const here = { directory: '/', env: {} };
const opened = async (text: string, env: Record<string, string>) =>
  await openPlace(await withNames(await parsePlace(text, here), KEY.variables), fakePlaceContext({ env }));

it.each([
  ['aws-secrets:eu-west-1/prod/billing#resend', { region: 'eu-west-1', name: 'prod/billing' }],
  [
    'aws-secrets:123456789012/us-gov-east-1/billing#A B',
    { account: ACCOUNT, region: 'us-gov-east-1', name: 'billing' },
  ],
  ['aws-ssm:eu-west-1/prod/billing', { region: 'eu-west-1', name: '/prod/billing' }],
  ['aws-ssm:eu-west-1/billing', { name: 'billing' }],
  ['aws-ssm:123456789012/eu-west-1//billing', { account: ACCOUNT, name: '/billing' }],
])('reads %s', async (text, target) => {
  expect(await parsePlace(text, here)).toMatchObject({ address: text, target });
});

it('takes a path that begins with a slash for the same parameter', async () => {
  expect((await parsePlace('aws-ssm:eu-west-1//prod/billing', here)).address).toBe(
    'aws-ssm:eu-west-1/prod/billing',
  );
});

it.each([
  'aws-secrets:prod/billing#A',
  'aws-secrets:eu-west-1/#A',
  'aws-secrets:eu-west-1/a b#A',
  'aws-ssm:eu-west-1/prod/billing#A',
  'aws-ssm:eu-west-1/prod//billing',
])('refuses %s', async (text) => {
  await expect(parsePlace(text, here)).rejects.toMatchObject({ code: 'usage' });
});

describe.skipIf(missing('aws'))('with aws', () => {
  /** The real aws, with an option before all others: the address of the loopback server. */
  async function started() {
    const api = awsApi();
    const { url } = await loopbackApi(api.respond);
    const aws = recordedProgram('aws', `exec "$REAL" --endpoint-url ${url} "$@"`);
    const credentials = { AWS_ACCESS_KEY_ID: 'fake', AWS_SECRET_ACCESS_KEY: 'fake' };
    const env = { PATH: aws.path, HOME: temporaryFolder(), ...credentials };
    return { ...api, aws, env };
  }
  const secret = () => `fake-secret-${crypto.randomUUID()}`;

  it('changes one field of a secret, twice as once, and tells when', async () => {
    const { secrets, changes, aws, env } = await started();
    secrets.set('prod/billing', { SecretString: '{"user":"app","port":5432,"nested":{"a":[1]}}' });
    const place = await opened('aws-secrets:eu-west-1/prod/billing', env);
    expect(await place.probe()).toEqual([
      expect.stringContaining(`aws-secrets:${ACCOUNT}/eu-west-1/prod/billing#RESEND_API_KEY`),
    ]);
    expect([changes, await place.current?.()]).toEqual([[], {}]);
    const value = secret();
    for (const _ of [1, 2]) await place.deliver({ secret: value }, KEY);
    expect(JSON.parse(secrets.get('prod/billing')?.SecretString ?? '')).toEqual({
      ...{ user: 'app', port: 5432, nested: { a: [1] } },
      RESEND_API_KEY: value,
    });
    expect(changes).toEqual(['prod/billing']);
    expect(await place.readBack?.()).toEqual({ changed_at: 1_767_225_601_000 });
    expect(aws.recorded()).not.toContain(value);
  });

  it('changes a parameter, keeps its settings, and tells when', async () => {
    const { parameters, changes, aws, env } = await started();
    const settings = {
      Type: 'SecureString',
      KeyId: 'alias/billing',
      Description: 'file:///etc/passwd',
      Tier: 'Advanced',
      AllowedPattern: '^fake',
      DataType: 'text',
    };
    parameters.set('/prod/billing', { ...settings, Value: 'old' });
    const place = await opened(`aws-ssm:${ACCOUNT}/eu-west-1/prod/billing`, env);
    expect(await place.probe()).toEqual([]);
    expect([changes, await place.current?.()]).toEqual([[], { RESEND_API_KEY: 'old' }]);
    const value = secret();
    await place.deliver({ secret: value }, KEY);
    expect(parameters.get('/prod/billing')).toEqual({ ...settings, Value: value });
    expect(await place.readBack?.()).toEqual({ changed_at: 1_767_225_601_000 });
    expect(aws.recorded()).not.toContain(value);
  });

  it('removes one field of a secret, and a whole parameter', async () => {
    const { secrets, parameters, changes, env } = await started();
    secrets.set('prod/billing', { SecretString: '{"user":"app","RESEND_API_KEY":"old"}' });
    parameters.set('/prod/billing', { Type: 'SecureString', Value: 'old' });
    const field = await opened('aws-secrets:eu-west-1/prod/billing', env);
    expect(await field.erase?.()).toEqual([expect.stringContaining('AWSPREVIOUS')]);
    const parameter = await opened('aws-ssm:eu-west-1/prod/billing', env);
    expect(await parameter.erase?.()).toEqual([]);
    expect([secrets.get('prod/billing')?.SecretString, [...parameters], changes]).toEqual([
      '{"user":"app"}',
      [],
      ['prod/billing', '/prod/billing'],
    ]);
  });

  it('creates a parameter as a SecureString', async () => {
    const { parameters, env } = await started();
    const place = await opened('aws-ssm:eu-west-1/billing', env);
    expect(await place.probe()).toContainEqual(expect.stringContaining('is new'));
    await place.deliver({ api_key: 'fake-id', secret_key: 'fake-secret' }, KEY);
    expect(parameters.get('billing')).toMatchObject({ Type: 'SecureString' });
    expect(JSON.parse(parameters.get('billing')?.Value ?? '')).toEqual({
      api_key: 'fake-id',
      secret_key: 'fake-secret',
    });
  });

  it('reports that there is no login, or no such secret', async () => {
    const { env } = await started();
    const { PATH, HOME } = env;
    await expect((await opened('aws-secrets:eu-west-1/none', env)).probe()).rejects.toMatchObject({
      code: 'not_found',
      hint: expect.stringContaining('create-secret'),
    });
    const alone = { PATH, HOME, AWS_EC2_METADATA_DISABLED: 'true' };
    await expect((await opened('aws-secrets:eu-west-1/none', alone)).probe()).rejects.toMatchObject({
      code: 'not_logged_in',
      hint: expect.stringContaining('aws configure'),
    });
  });
});

describe('with a program in the place of aws, which prints what AWS responds', () => {
  const account = { 'get-caller-identity': { Account: '210987654321' } };
  const place = async (text: string, responses: Record<string, object>) => {
    const cases = Object.entries({ ...account, ...responses }).map(
      ([operation, response]) => `${operation}) echo '${JSON.stringify(response)}' ;;`,
    );
    const aws = recordedProgram('aws', `case $2 in ${cases.join(' ')} *) exit 9 ;; esac`);
    return await opened(text, { PATH: aws.path });
  };

  it.each([
    [{ DeletedDate: 1_767_225_600 }, /will be deleted/],
    [{ OwningService: 'rds' }, /rds manages/],
    [{ PrimaryRegion: 'us-east-1' }, /is a copy/],
  ])('refuses a secret with %j', async (facts, message) => {
    const secret = await place('aws-secrets:eu-west-1/x', { 'describe-secret': facts });
    await expect(secret.probe()).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringMatching(message),
    });
  });

  it.each([
    ['plain text', /not JSON/],
    ['["list"]', /not a JSON object/],
    ['{"id":12345678901234567890}', /round/],
    [undefined, /not JSON/],
  ])('refuses a secret whose value is %j: its other fields would not stay', async (SecretString, message) => {
    const secret = await place('aws-secrets:eu-west-1/x', { 'get-secret-value': { SecretString } });
    await expect(secret.deliver({ secret: 'fake-secret' }, KEY)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringMatching(message),
    });
  });

  it('refuses a parameter that is stored in clear', async () => {
    const clear = { 'describe-parameters': { Parameters: [{ Type: 'String' }] } };
    const parameter = await place('aws-ssm:eu-west-1/x', clear);
    await expect(parameter.probe()).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('in clear'),
    });
  });

  it.each(['aws-secrets', 'aws-ssm'])(
    'takes %s for the one in the account of its first delivery, and for no other',
    async (kind) => {
      const responses = {
        'describe-secret': {},
        'describe-parameters': { Parameters: [] },
        'get-secret-value': {},
      };
      const first = await place(`${kind}:eu-west-1/x`, responses);
      expect(await first.whose?.read()).toEqual({ account: '210987654321' });
      const read = await parsePlace(`${kind}:eu-west-1/x`, here);
      const named = { ...(await withNames(read, KEY.variables)), whose: { account: ACCOUNT } };
      const aws = recordedProgram(
        'aws',
        `case $2 in get-caller-identity) echo '{"Account":"210987654321"}' ;; esac`,
      );
      const later = await openPlace(named, fakePlaceContext({ env: { PATH: aws.path } }));
      const tries = [
        () => later.probe(),
        () => later.current?.(),
        () => later.deliver({ secret: 'fake-secret' }, KEY),
        () => later.erase?.(),
        () => later.readBack?.(),
      ];
      for (const one of tries) {
        await expect(one()).rejects.toMatchObject({
          code: 'refused',
          message: expect.stringContaining(`is of account ${ACCOUNT}, and this is 210987654321`),
          hint: expect.stringContaining('AWS_PROFILE'),
        });
      }
      // Nothing but the question who is logged in was sent.
      expect(aws.recorded()).not.toMatch(/put-|delete-|describe-|get-secret/);
    },
  );

  it.each(['aws-secrets', 'aws-ssm'])('refuses to deliver to %s of another account', async (kind) => {
    const other = await place(`${kind}:${ACCOUNT}/eu-west-1/x`, {});
    await expect(other.deliver({ secret: 'fake-secret' }, KEY)).rejects.toMatchObject({
      code: 'refused',
      message: 'aws is logged in to 210987654321, not to 123456789012',
    });
  });
});
