import { KeysError } from '../../domain/errors.js';
import { command, words } from '../../domain/words.js';
import {
  namedParts,
  namesText,
  type OpenPlace,
  type Place,
  type PlaceContext,
  type PlaceKind,
  splitNames,
} from '../place.js';
import { type CallProgram, orAbsent, readPrinted, vendorProgram } from '../vendor-program.js';

const HOST = 'gitlab.com';

/**
 * A CI/CD variable of a project on GitLab. The value alone is changed: masked, protected, raw, type and scope
 * stay. A new one is masked and raw.
 */
export const gitlab: PlaceKind = {
  id: 'gitlab',
  title: 'a CI/CD variable of a project on GitLab',
  syntax: 'gitlab:[https://HOST/]GROUP/PROJECT#VARIABLE[@SCOPE]',
  examples: ['gitlab:acme/billing#RESEND_API_KEY', 'gitlab:acme/billing#RESEND_API_KEY@production'],
  sources: [
    'gitlab-org/cli: commands/variable/update/update.go sends masked=false and protected=false unless told, so it is not used',
    'gitlab-org/cli: commands/api/api.go (--input - is the body; messages end with "(HTTP 404)")',
    'docs.gitlab.com: Project-level CI/CD variables API (PUT changes what the body names; filter[environment_scope])',
  ],
  remembered: true,
  local: false,
  holds: 'variables',
  parse(text, { env }) {
    const [, path = '', names = '', scope = '*'] = /^([^#@]*)(#[^@]*)?(?:@(.+))?$/s.exec(text) ?? [];
    const [, given, project = ''] = /^(?:https:\/\/([^/]+)\/)?(.*)$/s.exec(path) ?? [];
    if (!/^\w[\w.-]*(?:\/\w[\w.-]*)+$/.test(project)) {
      throw new KeysError('usage', `not a project: ${JSON.stringify(path)}`, {
        hint: 'such as gitlab:acme/billing#WEB_API_KEY, or gitlab:https://gitlab.example.com/acme/billing#WEB_API_KEY',
      });
    }
    const host = given ?? env['GITLAB_HOST']?.replace(/^https:\/\/|\/+$/g, '');
    return { target: { host: host || HOST, project, scope }, names: splitNames(names).names };
  },
  address: ({ target: { host, project, scope }, names }) =>
    `${host === HOST ? '' : `https://${host}/`}${project}${namesText(names)}${scope === '*' ? '' : `@${scope}`}`,
  open,
};

function open({ target, names }: Place, context: PlaceContext): OpenPlace {
  const { host = HOST, project = '', scope = '*' } = target;
  const glab = programFor(host, context);
  const base = `projects/${encodeURIComponent(project)}`;
  const at = (name: string) =>
    `${base}/variables/${name}?filter%5Benvironment_scope%5D=${encodeURIComponent(scope)}`;
  const read = async (path: string, doing: string): Promise<Record<string, unknown>> =>
    readPrinted(
      await glab(['api', '--hostname', host, path], { doing }),
      { program: 'glab', doing },
      (found) => found,
    );
  const find = async (name: string) =>
    await orAbsent(read(at(name), `read the variable ${name} of ${project}`));
  const send = async (method: string, path: string, value: string, body: object) => {
    const json = ['--header', 'Content-Type: application/json', '--input', '-'];
    await glab(['api', '--hostname', host, '--method', method, path, ...json], {
      doing: `set a variable of ${project}`,
      input: JSON.stringify({ ...body, value }),
      secrets: [value],
    });
  };
  return {
    async probe() {
      await read(base, `see ${project}`);
      const found = await Promise.all(names.map(find));
      return names.filter((_, i) => found[i] === null).map((name) => `${name} is new: it will be masked`);
    },
    async current() {
      const found = await Promise.all(
        names.map(async (name) => [name, (await find(name))?.['value']] as const),
      );
      // The API never returns the value of a hidden variable.
      return Object.fromEntries(
        found.flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
      );
    },
    async deliver(credential) {
      for (const [name, value] of namedParts(credential, names)) {
        if ((await find(name)) !== null) await send('PUT', at(name), value, {});
        else {
          const settings = { key: name, masked: true, raw: true, environment_scope: scope };
          await send('POST', `${base}/variables`, value, settings);
        }
      }
    },
    async erase() {
      const doing = `delete a variable of ${project}`;
      for (const name of names) {
        await orAbsent(glab(['api', '--hostname', host, '--method', 'DELETE', at(name)], { doing }));
      }
      return [];
    },
  };
}

function programFor(host: string, context: PlaceContext): CallProgram {
  const login = words`${command(`glab auth login --hostname ${host}`)}`;
  return vendorProgram(
    {
      program: 'glab',
      install: 'https://gitlab.com/gitlab-org/cli',
      env: { GITLAB_HOST: host, NO_PROMPT: '1', GLAB_CHECK_UPDATE: 'false', GLAB_SEND_TELEMETRY: 'false' },
      failures: [
        [/HTTP 401|glab auth login|invalid_token/, 'not_logged_in', login],
        [
          /HTTP 404/,
          'not_found',
          words`see the name, and which account is used: ${command(`glab auth status --hostname ${host}`)}`,
        ],
        [/HTTP 403/, 'forbidden', 'it takes a maintainer of the project, and a token with the scope api'],
        [/HTTP 429/, 'rate_limited'],
        [/HTTP 5\d\d/, 'unavailable'],
      ],
    },
    context,
  );
}
