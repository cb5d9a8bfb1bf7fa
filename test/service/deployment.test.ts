import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { validate as lintDockerfile } from 'dockerfile-utils';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { ROUTES } from '../../src/http/wire/routes.js';
import { createMetrics } from '../../src/service/http/metrics.js';
import { freePort } from '../support/free-port.js';
import { readGuide } from '../support/guides.js';
import { startTestService } from '../support/key-service-server.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { missing } from '../support/needs.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const page = readGuide('man/keys-service.7.md');
const deployment = readGuide('man/keys-deployment.7.md');
/** The flags of npm and Docker are not ours. */
const words = page + deployment.replace(/```dockerfile[\s\S]*?```/, '');
const require = createRequire(import.meta.url);

/** The block of the deployment page that holds this, and no other. */
function block(containing: string): string {
  const blocks = [...deployment.matchAll(/```[a-z]+\n([\s\S]*?)```/g)].map(([, text]) => text ?? '');
  const found = blocks.filter((text) => text.includes(containing));
  if (found.length !== 1) throw new Error(`${found.length} blocks hold ${containing}`);
  return found[0] ?? '';
}

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
}
type Model = new (manifest: object) => { validate(): void };

/**
 * Members that a model never reads: the models refuse wrong types, but ignore names that they do not know.
 */
function unreadMembers(model: Model, manifest: Manifest): string[] {
  const read = new Set<string>();
  const members = new Set<string>();
  const watch = (value: unknown, path: string): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    for (const name of Object.keys(value)) members.add(`${path}/${name}`);
    return new Proxy(value, {
      get(target, name) {
        if (typeof name === 'string') read.add(`${path}/${name}`);
        return watch(Reflect.get(target, name), `${path}/${String(name)}`);
      },
    });
  };
  const { validate } = model.prototype;
  validate.call(watch(manifest, ''));
  return [...members].filter((member) => !read.has(member));
}

/** As Kubernetes publishes its schemas. */
const MODELS: Readonly<Record<string, () => Record<string, Model>>> = {
  v1: () => require('kubernetes-models/v1'),
  'apps/v1': () => require('kubernetes-models/apps/v1'),
  'policy/v1': () => require('kubernetes-models/policy/v1'),
  'networking.k8s.io/v1': () => require('kubernetes-models/networking.k8s.io/v1'),
};

function modelOf({ apiVersion, kind }: Manifest): Model {
  const model = MODELS[apiVersion]?.()[kind];
  if (model === undefined) throw new Error(`no model of ${apiVersion} ${kind}`);
  return model;
}

describe('keys-service(7)', () => {
  it.skipIf(missing('systemd-analyze'))('has a unit that systemd accepts', async () => {
    const unit = /\[Unit\][\s\S]*?multi-user\.target\n/.exec(page)?.[0] ?? '';
    const folder = join(temporaryFolder(), 'units');
    mkdirSync(folder);
    const file = join(folder, 'keys.service');
    writeFileSync(file, unit.replace('/usr/bin/keys', process.execPath));
    const { exitCode, stderr } = await execa('systemd-analyze', ['verify', '--man=no', file], {
      reject: false,
      env: { SYSTEMD_UNIT_PATH: `${folder}:` },
    });
    expect([exitCode, stderr.split('\n').filter((line) => line.includes('keys.service'))]).toEqual([0, []]);
  });

  it('and keys-deployment(7) name flags, endpoints and metrics that exist', async () => {
    const keys = await keysInProcess();
    onTestFinished(() => keys.remove());
    const help: string[] = [];
    for (const line of ['serve', 'serve import-digests', 'serve rekey', 'create', 'update', 'revoke', 'roll'])
      help.push((await keys.run([...line.split(' '), '--help'])).stdout);
    const options = help.join('\n');
    for (const [, flag] of words.matchAll(/[ `](--(?!dbname|file)[a-z]+(?:-[a-z]+)*)/g))
      expect(options).toContain(flag);
    const paths = Object.values(ROUTES).map(({ path }) => path as string);
    for (const [path] of words.matchAll(/(?<=GET |DELETE )\/v1\/[a-z{}/-]+/g)) expect(paths).toContain(path);
    const metrics = createMetrics().text();
    for (const [name] of words.matchAll(/keys_[a-z_]+_total/g)) expect(metrics).toContain(name);
    const names = [...options.matchAll(/^ {2}(?:-\w, )?--([a-z-]+)/gm)].map(
      ([, name = '']) => `KEYS_SERVE_${name.replaceAll('-', '_').toUpperCase()}`,
    );
    for (const [variable] of (page + deployment).matchAll(/KEYS_SERVE_[A-Z_]*[A-Z]/g))
      expect(names).toContain(variable);
  });
});

describe('keys-deployment(7)', () => {
  it('has a Dockerfile without a finding, that does not run as root', () => {
    const file = block('FROM node');
    expect(lintDockerfile(file).map(({ message }) => message)).toEqual([]);
    expect(/^USER (.*)$/m.exec(file)?.[1]).toBe('node');
    expect(lintDockerfile(`${file}USERR root\n`)).toHaveLength(1);
  });

  it('has a health check that tells a service that runs from one that does not', async () => {
    const [program, ...args] = JSON.parse(/HEALTHCHECK[^[]*(\[.*\])/.exec(block('FROM node'))?.[1] ?? '[]');
    const { url } = await startTestService();
    const check = async (origin: string) => {
      const at = args.map((arg: string) => arg.replace('http://127.0.0.1:8787', origin));
      return (await execa(program === 'node' ? process.execPath : '', at, { reject: false })).exitCode;
    };
    expect([await check(url), await check(`http://127.0.0.1:${await freePort()}`)]).toEqual([0, 1]);
  });

  it('has manifests that follow the schemas of Kubernetes', () => {
    const manifests = parseAllDocuments(block('kind: Deployment')).map((each) => each.toJS() as Manifest);
    expect(manifests.map(({ kind }) => kind)).toEqual([
      'Deployment',
      'Service',
      'PodDisruptionBudget',
      'NetworkPolicy',
    ]);
    for (const manifest of manifests)
      expect([manifest.kind, unreadMembers(modelOf(manifest), manifest)]).toEqual([manifest.kind, []]);
    const [first] = manifests as unknown as [{ spec: { replicas: unknown; replica?: number } } & Manifest];
    first.spec.replica = 2;
    expect(unreadMembers(modelOf(first), first)).toEqual(['/spec/replica']);
    first.spec.replicas = 'two';
    expect(() => unreadMembers(modelOf(first), first)).toThrow('replicas');
  });

  it('has a configuration of Traefik that follows its schema', () => {
    const { Middleware } = require('@kubernetes-models/traefik/traefik.io/v1alpha1') as { Middleware: Model };
    const { http } = parse(block('forwardAuth:')) as { http: { middlewares: Record<string, object> } };
    for (const [name, spec] of Object.entries(http.middlewares)) {
      const manifest = { apiVersion: 'traefik.io/v1alpha1', kind: 'Middleware', metadata: { name }, spec };
      expect([name, unreadMembers(Middleware, manifest)]).toEqual([name, []]);
    }
  });

  it.skipIf(missing('promtool'))('has alarms that Prometheus accepts, each with what to do', async () => {
    const rules = block('- alert: KeysDown');
    const file = join(temporaryFolder(), 'keys.rules.yaml');
    writeFileSync(file, rules);
    const { exitCode, stdout, stderr } = await execa('promtool', ['check', 'rules', file], { reject: false });
    expect([exitCode, stderr]).toEqual([0, '']);
    const names = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
    expect(stdout).toContain(`${names.length} rules found`);
    expect([...deployment.matchAll(/^\| `(Keys\w+)` \|/gm)].map(([, name]) => name)).toEqual(names);
  });

  it.skipIf(missing('promtool'))('has alarms that fire on what the service measures', async () => {
    const { url, managementKey } = await startTestService();
    const headers = { authorization: `Bearer ${managementKey}` };
    for (const path of ['/v1/authorize', '/metrics']) await fetch(url + path, { headers });
    const text = await (await fetch(`${url}/metrics`, { headers })).text();
    const checked = await execa('promtool', ['check', 'metrics'], { input: text, reject: false });
    // Advice about the names of Node's own metrics is no error.
    const advice = checked.stderr.split('\n').filter(Boolean);
    expect(advice.filter((line) => !/^(nodejs|process)_/.test(line))).toEqual([]);
    expect(checked.exitCode).toBe(advice.length === 0 ? 0 : 3);
    const known = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
    for (const [, name = ''] of block('- alert: KeysDown').matchAll(/\b((?:keys|nodejs|process)_\w+)/g))
      expect([...known]).toContain(name.replace(/_bucket$/, ''));
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'rules.yaml'), block('- alert: KeysDown'));
    writeFileSync(join(folder, 'test.yaml'), PROMETHEUS_TEST);
    const { exitCode, stdout } = await execa('promtool', ['test', 'rules', join(folder, 'test.yaml')], {
      reject: false,
    });
    expect(exitCode, stdout).toBe(0);
  });
});

/** Five minutes with failures, and a server that is gone: these two alarms, and no other. */
const PROMETHEUS_TEST = `
rule_files: [rules.yaml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - { series: 'up{job="keys"}', values: '0x20' }
      - { series: 'keys_http_requests_total{route="/v1/authorize",status="503"}', values: '0+60x20' }
      - { series: 'keys_http_requests_total{route="/v1/authorize",status="204"}', values: '0+600x20' }
      - { series: 'keys_clock_skew_seconds', values: '0.1x20' }
      - { series: 'nodejs_eventloop_lag_p99_seconds', values: '0.02x20' }
    alert_rule_test:
      - { eval_time: 10m, alertname: KeysDown, exp_alerts: [{ exp_labels: { job: keys } }] }
      - { eval_time: 10m, alertname: KeysFailing, exp_alerts: [{}] }
      - { eval_time: 10m, alertname: KeysClock, exp_alerts: [] }
      - { eval_time: 10m, alertname: KeysBusy, exp_alerts: [] }
`;
