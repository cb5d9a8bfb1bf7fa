import type { RequestAuth } from '../define-provider.js';
import { never, pages, provider, status, time } from '../language/index.js';
import { sigV4 } from '../sig-v4.js';

const IAM = { Version: '2010-05-08' };
const LISTED = 'ListAccessKeysResponse.ListAccessKeysResult';
const CREATED = 'CreateAccessKeyResponse.CreateAccessKeyResult.AccessKey';

/** IAM manages access keys; STS returns the user of a key. Each needs a signature of its own. */
const signed: RequestAuth = (credential, request) =>
  sigV4({ service: request.url.includes('Action=GetCallerIdentity') ? 'sts' : 'iam', region: 'us-east-1' })(
    credential,
    request,
  );

/**
 * AWS: access keys of an IAM user, pairs of id and secret. Requests are signed (SigV4), responses are XML. A
 * user can have two keys. Source: boto/botocore@cd92077 botocore/data/iam/2010-05-08 (service-2.json,
 * examples-1.json).
 */
export const aws = provider({
  id: 'aws',
  title: 'AWS IAM',
  documentation: 'https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html',
  baseUrl: 'https://iam.amazonaws.com',
  context: { user: 'name of the IAM user whose access keys these are' },
  variable: { api_key: 'AWS_ACCESS_KEY_ID', secret_key: 'AWS_SECRET_ACCESS_KEY' },
  prefixes: [{ prefix: 'AKIA', pattern: /^AKIA[A-Z2-7]{16}$/ }],
  auth: signed,
  managedBy: 'pair',
  responses: 'xml',
  // Every key may send this request, with any permissions.
  check: { at: 'GET /?Action=GetCallerIdentity&Version=2011-06-15', baseUrl: 'https://sts.amazonaws.com' },
  names: 'none',
  settles: { created: 30, revoked: 30 },
  credentialNeeds:
    'The credential that manages keys is id:secret of a user with iam:CreateAccessKey, iam:ListAccessKeys, iam:UpdateAccessKey and iam:DeleteAccessKey.',
  notes: [
    'Access keys have no name: a list shows their id.',
    'A user can have two access keys: a roll needs room for the new one.',
    'When a key was last used is not in the list.',
  ],
  keys: {
    path: '/',
    encoding: 'form',
    idIn: 'AccessKeyId',
    one: CREATED,
    list: {
      at: 'GET /',
      in: `${LISTED}.AccessKeyMetadata.member`,
      query: ({ user }) => ({ Action: 'ListAccessKeys', ...IAM, UserName: user }),
      pages: pages.after({ cursor: 'Marker', size: 'MaxItems', most: 1000, next: `${LISTED}.Marker` }),
    },
    get: false,
    secret: { api_key: `${CREATED}.AccessKeyId`, secret_key: `${CREATED}.SecretAccessKey` },
    fields: {
      id: 'AccessKeyId',
      status: status('Status', { Active: 'active', Inactive: 'paused' }),
      created_at: time('CreateDate'),
      expires_at: never,
      owner: 'UserName',
    },
    create: {
      at: 'POST /',
      body: (_, { set: { user } }) => ({ Action: 'CreateAccessKey', ...IAM, UserName: user }),
    },
    pause: {
      at: 'POST /',
      paused: ({ user }) => ({ Action: 'UpdateAccessKey', ...IAM, UserName: user, Status: 'Inactive' }),
      active: ({ user }) => ({ Action: 'UpdateAccessKey', ...IAM, UserName: user, Status: 'Active' }),
    },
    revoke: {
      at: 'POST /',
      body: ({ user }) => ({ Action: 'DeleteAccessKey', ...IAM, UserName: user }),
    },
  },
});
