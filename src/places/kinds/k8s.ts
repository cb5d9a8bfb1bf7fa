import { KeysError } from '../../domain/errors.js';
import { isRecord } from '../../domain/is-record.js';
import { command, words } from '../../domain/words.js';
import {
  asOneValue,
  type OpenPlace,
  type Place,
  type PlaceContext,
  type PlaceKind,
  splitNames,
} from '../place.js';
import { type CallProgram, readPrinted, textOf, vendorProgram } from '../vendor-program.js';

/** RFC 1123: names of namespaces and secrets. */
const NAME = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/;
const KEY = /^[-._a-zA-Z0-9]{1,253}$/;
/** What a dry run writes: `probe` in Base64. */
const PROBE = 'cHJvYmU=';

/**
 * A key of a Secret of Kubernetes. `kubectl` merges it into the Secret, so other keys, labels and the type
 * stay. Pods that have it in their environment see it after a restart: that is a command to run after the
 * delivery.
 */
export const k8s: PlaceKind = {
  id: 'k8s',
  title: 'a key of a Secret of Kubernetes',
  syntax: 'k8s:CONTEXT/NAMESPACE/SECRET#KEY',
  examples: ['k8s:prod/edge/purger#CLOUDFLARE_API_TOKEN'],
  sources: [
    'kubernetes/kubectl: pkg/cmd/patch/patch.go (--patch-file since 1.20; --dry-run=server writes nothing)',
    'kubernetes/kubectl: pkg/cmd/config/view.go (--minify keeps the context of --context, and no secret is shown)',
    'kubernetes.io: Secrets (data is Base64; keys are letters, digits, -, _ and .; immutable)',
    'kubernetes.io: JSON merge patch leaves what it does not name',
  ],
  remembered: true,
  local: false,
  holds: 'value',
  parse(rest) {
    const { rest: path, names } = splitNames(rest);
    // A context may have slashes, as those of EKS do; a namespace and a secret have none.
    const [, context = '', namespace = '', secret = ''] = /^(.+)\/([^/]+)\/([^/]+)$/s.exec(path) ?? [];
    if (!NAME.test(namespace) || !NAME.test(secret) || context.startsWith('-')) {
      throw new KeysError('usage', `not a context, a namespace and a secret: ${JSON.stringify(path)}`, {
        hint: 'such as k8s:prod/edge/purger#API_TOKEN; kubectl config get-contexts lists contexts',
      });
    }
    return { target: { context, namespace, secret }, names };
  },
  address: ({ target: { context, namespace, secret }, names }) =>
    `${context}/${namespace}/${secret}${names.length === 0 ? '' : `#${names[0]}`}`,
  checkName(name) {
    if (KEY.test(name)) return;
    throw new KeysError('usage', `not a key of a Secret: ${JSON.stringify(name)}`, {
      hint: 'letters, digits, -, _ and .',
    });
  },
  open,
};

function open({ target, names: [key = ''] }: Place, context: PlaceContext): OpenPlace {
  const { namespace = '', secret = '' } = target;
  const kubectl = programFor(target, context);
  const patch = async (value: string | null, doing: string, ...further: string[]) =>
    await kubectl(
      [
        'patch',
        'secret',
        secret,
        '--type',
        'merge',
        '--patch-file',
        '/dev/stdin',
        '--output',
        'name',
        ...further,
      ],
      {
        doing,
        input: JSON.stringify({ data: { [key]: value } }),
        secrets: value === null ? [] : [value],
        opensStdin: true,
      },
    );
  return {
    // The same name may be another cluster in another kubeconfig.
    whose: {
      login: `k8s ${target['context']}`,
      hint: 'choose the kubeconfig with KUBECONFIG; kubectl config get-contexts lists its contexts',
      read: async () => ({ cluster: await clusterOf(kubectl, target) }),
    },
    async probe() {
      await patch(PROBE, `change the secret ${secret} in ${namespace}`, '--dry-run=server');
      return [];
    },
    async current() {
      const doing = `read the secret ${secret} in ${namespace}`;
      const printed = await kubectl(['get', 'secret', secret, '--output', 'json'], { doing });
      // A secret without data has none of it.
      const data = readPrinted(printed, { program: 'kubectl', doing }, ({ data: found }) => found ?? {});
      const value = isRecord(data) ? textOf(data[key]) : undefined;
      return value === undefined ? {} : { [key]: Buffer.from(value, 'base64').toString('utf8') };
    },
    async erase() {
      // A merge patch removes what is null.
      await patch(null, `change the secret ${secret} in ${namespace}`);
      return [];
    },
    async deliver(credential) {
      const value = Buffer.from(asOneValue(credential), 'utf8').toString('base64');
      await patch(value, `change the secret ${secret} in ${namespace}`);
    },
  };
}

/** The address of the cluster of a context, as the kubeconfig has it. */
async function clusterOf(kubectl: CallProgram, { context }: Place['target']): Promise<string> {
  const doing = `read the kubeconfig of the context ${context}`;
  const printed = await kubectl(['config', 'view', '--minify', '--output', 'json'], { doing });
  return readPrinted(printed, { program: 'kubectl', doing }, ({ clusters }) => {
    const [first]: unknown[] = Array.isArray(clusters) ? clusters : [];
    const cluster = isRecord(first) ? first['cluster'] : undefined;
    return textOf(isRecord(cluster) ? cluster['server'] : undefined) ?? '';
  });
}

function programFor(
  { context = '', namespace = '', secret = '' }: Place['target'],
  call: PlaceContext,
): CallProgram {
  const run = vendorProgram(
    {
      program: 'kubectl',
      install: 'https://kubernetes.io/docs/tasks/tools/',
      env: {},
      failures: [
        [
          /context "?.*"? does not exist|no context exists/,
          'usage',
          'kubectl config get-contexts lists contexts',
        ],
        [/field is immutable/, 'refused', 'an immutable Secret cannot be changed: create another one'],
        [
          /\(NotFound\)/,
          'not_found',
          words`${command(`kubectl --context ${context} --namespace ${namespace} create secret generic ${secret}`)}`,
        ],
        [
          /must be logged in|\(Unauthorized\)|getting credentials/,
          'not_logged_in',
          `log in to the cluster of the context ${context}`,
        ],
        [
          /\(Forbidden\)/,
          'forbidden',
          words`${command(`kubectl --context ${context} --namespace ${namespace} auth can-i patch secrets/${secret}`)}`,
        ],
      ],
    },
    call,
  );
  return async (args, options) =>
    await run(['--context', context, '--namespace', namespace, '--request-timeout', '30s', ...args], options);
}
