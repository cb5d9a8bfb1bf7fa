import { describe, expect, it } from 'vitest';
import { KeysError } from '../../src/domain/errors.js';
import { openPlace, parsePlace, withNames } from '../../src/places/registry.js';
import { fakePlaceContext } from '../support/fake-place-context.js';
import { recordedProgram } from '../support/recorded-program.js';

const KEY = { name: 'mail', id: 'key_1', provider: 'resend', variables: ['RESEND_API_KEY'] };
const ACCOUNT = '0123456789abcdef0123456789abcdef';
const SECRET = 'fake-secret-0123456789abcdef';

/** Every kind of place that is reached by a program, and where to get that program. */
const PLACES = [
  ['github:acme/billing#A', 'gh', 'https://cli.github.com'],
  ['github:acme#A', 'gh', 'https://cli.github.com'],
  ['gitlab:acme/billing#A', 'glab', 'https://gitlab.com/gitlab-org/cli'],
  ['k8s:prod/edge/purger#A', 'kubectl', 'https://kubernetes.io/docs/tasks/tools/'],
  ['aws-secrets:eu-west-1/prod/billing#A', 'aws', 'docs.aws.amazon.com/cli'],
  ['aws-ssm:eu-west-1/prod/billing', 'aws', 'docs.aws.amazon.com/cli'],
  ['vercel:acme/web#A@production', 'vercel', 'npm install --global vercel'],
  [`cloudflare-worker:${ACCOUNT}/edge#A`, 'wrangler', 'npm install --global wrangler'],
] as const;

async function opened(text: string, env: Readonly<Record<string, string>>) {
  const place = await withNames(await parsePlace(text, { directory: '/', env: {} }), KEY.variables);
  return await openPlace(place, fakePlaceContext({ env }));
}

/** What each program prints of a target that is there and has no such secret yet. */
const FACTS = {
  ...{ Account: '210987654321', SecretString: '{}', Parameters: [], envs: [] },
  ...{ visibility: 'private', permissions: { push: true } },
};

describe.each(PLACES)('%s', (text, program, install) => {
  it('says where its program is to be had, before anything is created', async () => {
    const place = await opened(text, { PATH: '/nonexistent' });
    await expect(place.probe()).rejects.toMatchObject({
      code: 'usage',
      message: `${program} is not installed`,
      hint: expect.stringContaining(install),
    });
  });

  it('passes the secret on stdin alone, and shows it in no message where the program prints it', async () => {
    const echo = `input=$(cat); [ -n "$input" ] || { echo '${JSON.stringify(FACTS)}'; exit 0; }`;
    const recorded = recordedProgram(program, `${echo}; echo "$input"; echo "error: $input" >&2; exit 1`);
    const place = await opened(text, { PATH: recorded.path });
    const failure = await place.deliver({ secret: SECRET }, KEY).catch((error: Error) => error);
    expect(failure).toMatchObject({ message: expect.stringMatching(/\[redacted\]/) });
    const shown = JSON.stringify([failure, String(failure)]) + recorded.recorded();
    for (const form of [SECRET, Buffer.from(SECRET).toString('base64'), SECRET.slice(8)])
      expect(shown).not.toContain(form);
  });
});

/** What a program prints that is another one, or another version. */
const ODD = [
  ['no JSON', `${SECRET}: a new version is there`],
  ['half of it', `{"Parameter":{"Value":"${SECRET}`],
  ...[
    'null',
    '7',
    '[]',
    '{}',
    `"${SECRET}"`,
    '{"Parameter":7,"Parameters":7,"envs":7,"clusters":7,"data":7}',
  ].map((text) => [text, text] as const),
  ['entries of another kind', '{"Parameter":{},"Parameters":[7],"envs":[7,null],"clusters":[7],"data":[7]}'],
  ['members of another kind', '{"Account":7,"Parameter":{"Value":7},"SecretString":7,"data":{"A":7}}'],
] as const;

it.each(PLACES)('%s takes nothing that %s prints in another form for a secret', async (text, program) => {
  for (const [what, printed] of ODD) {
    const { path } = recordedProgram(program, `cat > /dev/null; cat <<'END'\n${printed}\nEND`);
    const place = await opened(text, { PATH: path });
    const calls: Readonly<Record<string, () => unknown>> = {
      probe: () => place.probe(),
      current: () => place.current?.(),
      whose: () => place.whose?.read(),
      readBack: () => place.readBack?.(),
      deliver: () => place.deliver({ secret: 'fake-other' }, KEY),
      erase: () => place.erase?.(),
    };
    for (const [name, call] of Object.entries(calls)) {
      const ended = await Promise.resolve()
        .then(call)
        .catch((error: unknown) => error);
      if (!(ended instanceof Error)) continue;
      expect(ended, `${what}: ${name}: ${ended.stack}`).toBeInstanceOf(KeysError);
      expect(JSON.stringify([ended.message, ended]), `${what}: ${name}`).not.toContain(SECRET.slice(0, 8));
    }
  }
});

it.each([
  ['github:acme/billing#A', 'gh', 'gh: Resource not accessible (HTTP 403)', 'forbidden', 'gh auth refresh'],
  ['github:acme/billing#A', 'gh', 'gh: API rate limit exceeded (HTTP 403)', 'rate_limited', undefined],
  ['github:acme/billing#A', 'gh', 'gh: Server Error (HTTP 502)', 'unavailable', undefined],
  ['gitlab:acme/billing#A', 'glab', 'glab: 403 Forbidden (HTTP 403)', 'forbidden', 'a maintainer'],
  ['gitlab:acme/billing#A', 'glab', 'glab: Retry later (HTTP 429)', 'rate_limited', undefined],
  [
    'aws-ssm:eu-west-1/a',
    'aws',
    'An error occurred (AccessDeniedException) when calling the DescribeParameters operation: no',
    'forbidden',
    'aws sts get-caller-identity',
  ],
  [
    'aws-secrets:eu-west-1/a#A',
    'aws',
    'An error occurred (ExpiredTokenException) when calling the DescribeSecret operation: old',
    'not_logged_in',
    'aws sso login',
  ],
  ['vercel:acme/web#A@production', 'vercel', 'Error: Not authorized (403)', 'forbidden', 'vercel whoami'],
  [
    'vercel:acme/web#A@production',
    'vercel',
    'Error: The specified scope does not exist',
    'not_found',
    'teams ls',
  ],
  [
    'k8s:prod/edge/purger#A',
    'kubectl',
    'Unable to connect to the server: dial tcp: lookup c.example: no such host',
    'unreachable',
    undefined,
  ],
])('%s says what helps where %s prints %j', async (text, program, printed, code, hint) => {
  const { path } = recordedProgram(program, `echo '${printed}' >&2; exit 1`);
  const place = await opened(text, { PATH: path });
  await expect(place.probe()).rejects.toMatchObject({
    code,
    message: expect.stringContaining(`${program} cannot `),
    ...(hint === undefined ? {} : { hint: expect.stringContaining(hint) }),
  });
});
