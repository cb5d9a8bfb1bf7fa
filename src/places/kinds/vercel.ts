import { KeysError } from '../../domain/errors.js';
import { isRecord } from '../../domain/is-record.js';
import { clauses, command, instead, option, words } from '../../domain/words.js';
import {
  namedParts,
  namesText,
  type OpenPlace,
  type Place,
  type PlaceContext,
  type PlaceKind,
  splitNames,
} from '../place.js';
import { type CallProgram, readPrinted, vendorProgram } from '../vendor-program.js';

/** An environment variable as Vercel's API has it. */
interface Variable {
  readonly id: string;
  readonly key: string;
  readonly type: string;
  readonly target?: string | readonly string[];
  readonly customEnvironmentIds?: readonly string[];
  readonly gitBranch?: string | null;
  readonly updatedAt?: number;
}

/**
 * An environment variable of a project on Vercel. The value alone is changed: type, environments and comment
 * stay. A new one is sensitive, except in `development`, which has none. Deployments see it from the next one
 * on.
 */
export const vercel: PlaceKind = {
  id: 'vercel',
  title: 'an environment variable of a project on Vercel',
  syntax: 'vercel:TEAM/PROJECT#NAME@ENVIRONMENT',
  examples: ['vercel:acme/web#RESEND_API_KEY@production'],
  sources: [
    'vercel/vercel: packages/cli/src/commands/api (--input - is the body; --scope sets the team; exit code 1 above 399; DELETE asks, unless --dangerously-skip-permissions)',
    'vercel/vercel: packages/cli/src/commands/env/update.ts works on the linked project only, so it is not used',
    'docs.vercel.com: REST API, Edit an environment variable (what the body leaves out stays)',
  ],
  remembered: true,
  local: false,
  holds: 'variables',
  parse(text) {
    const [, team, project, names = '', environment] =
      /^([\w-]+)\/([\w.-]+)(#[^@]*)?@([\w-]+)$/.exec(text) ?? [];
    if (team === undefined || project === undefined || environment === undefined || team.startsWith('-')) {
      throw new KeysError('usage', `not a team, a project and an environment: ${JSON.stringify(text)}`, {
        hint: 'such as vercel:acme/web#WEB_API_KEY@production',
      });
    }
    return { target: { team, project, environment }, names: splitNames(names).names };
  },
  address: ({ target: { team, project, environment }, names }) =>
    `${team}/${project}${namesText(names)}@${environment}`,
  open,
};

function open({ target, names }: Place, context: PlaceContext): OpenPlace {
  const { project = '', environment = '' } = target;
  const { all, send, call, whose } = projectApi(target, context);
  return {
    async probe() {
      const variables = await all();
      return names.flatMap((name) => {
        const found = findVariable(variables, name, environment);
        if (found === undefined) return [];
        if (found.type === 'system' || found.type === 'secret') {
          throw new KeysError('refused', `${name} of ${whose} is a ${found.type} variable`, {
            hint: 'its value cannot be set: name another variable',
          });
        }
        const shared = environmentsOf(found).filter((one) => one !== environment);
        return shared.length === 0
          ? []
          : [`${name} has one value for ${environment} and ${shared.join(', ')}`];
      });
    },
    async deliver(credential) {
      const variables = await all();
      const type = environment === 'development' ? 'encrypted' : 'sensitive';
      for (const [name, value] of namedParts(credential, names)) {
        const found = findVariable(variables, name, environment);
        const path = `/v9/projects/${project}/env/${found?.id}`;
        if (found !== undefined) await send('PATCH', path, value, {});
        else
          await send('POST', `/v10/projects/${project}/env`, value, {
            key: name,
            type,
            target: [environment],
          });
      }
    },
    async erase() {
      const variables = await all();
      const found = names.flatMap((name) => findVariable(variables, name, environment) ?? []);
      for (const one of found) refuseShared(one, environment);
      for (const { id, key } of found) {
        const method = ['--method', 'DELETE', '--dangerously-skip-permissions'];
        await call(`/v9/projects/${project}/env/${id}`, `delete the variable ${key} of ${whose}`, ...method);
      }
      return found.length === 0 ? [] : ['deployments have the secret until the next one'];
    },
    async readBack() {
      const variables = await all();
      const times = names.map((name) => findVariable(variables, name, environment)?.updatedAt ?? Number.NaN);
      return times.some(Number.isNaN) ? null : { changed_at: Math.min(...times) };
    },
  };
}

/** Requests to the API of Vercel about one project, through its program. */
function projectApi({ team = '', project = '' }: Place['target'], context: PlaceContext) {
  const run = programFor(team, context);
  const whose = `${team}/${project}`;
  const call = async (path: string, doing: string, ...further: string[]) =>
    await run(['api', path, '--scope', team, '--raw', ...further], { doing });
  const send = async (method: string, path: string, value: string, body: object) =>
    void (await run(['api', path, '--scope', team, '--raw', '--method', method, '--input', '-'], {
      doing: `set a variable of ${whose}`,
      input: JSON.stringify({ ...body, value }),
      secrets: [value],
    }));
  const all = async (): Promise<Variable[]> => {
    const doing = `read the variables of ${whose}`;
    const printed = await call(`/v10/projects/${project}/env`, doing);
    return readPrinted(printed, { program: 'vercel', doing }, ({ envs }) =>
      Array.isArray(envs) && (envs as unknown[]).every((one) => isRecord(one))
        ? (envs as unknown[] as Variable[])
        : undefined,
    );
  };
  return { whose, call, send, all };
}

/** The variable of an environment; one of a git branch is another variable. */
function findVariable(variables: readonly Variable[], name: string, environment: string) {
  return variables.find(
    (one) => one.key === name && !one.gitBranch && environmentsOf(one).includes(environment),
  );
}

/** Throws `refused` for a variable whose value other environments use, too: they would lose it. */
function refuseShared(variable: Variable, environment: string): void {
  const others = environmentsOf(variable).filter((id) => id !== environment);
  if (others.length === 0) return;
  throw new KeysError(
    'refused',
    `${variable.key} has one value for ${environment} and ${others.join(', ')}`,
    {
      hint: clauses(
        words`remove it for ${environment} on Vercel, then ${instead(words`leave out ${option('erase')}`, 'keep the secret there')}`,
        'nothing was changed',
      ),
    },
  );
}

function programFor(team: string, context: PlaceContext): CallProgram {
  return vendorProgram(
    {
      program: 'vercel',
      install: 'npm install --global vercel',
      env: { VERCEL_TELEMETRY_DISABLED: '1' },
      failures: [
        [
          /credentials found|vercel login|token.* not valid|contents are invalid|\(401\)/i,
          'not_logged_in',
          'vercel login, or set VERCEL_TOKEN',
        ],
        [/scope does not exist/, 'not_found', 'vercel teams ls lists teams'],
        [/\(404\)/, 'not_found', `vercel project ls --scope ${team} lists projects`],
        [/\(403\)/, 'forbidden', 'vercel whoami shows who is logged in'],
        [/\(429\)/, 'rate_limited'],
        [
          /Could not find|unknown command/i,
          'usage',
          words`this version has no \`vercel api\`: ${command('npm install --global vercel@latest')}`,
        ],
      ],
    },
    context,
  );
}

function environmentsOf({ target = [], customEnvironmentIds = [] }: Variable): string[] {
  return [...(typeof target === 'string' ? [target] : target), ...customEnvironmentIds];
}
