import { KeysError } from '../../domain/errors.js';
import { command, words } from '../../domain/words.js';
import {
  asOneValue,
  type OpenPlace,
  type Place,
  type PlaceContext,
  type PlaceKind,
  splitNames,
} from '../place.js';
import { encoded, record, type SendToVault, UNABLE, vaultClient } from '../vault-client.js';

/** Tries while other programs write the same secret. */
const TRIES = 5;

interface Held {
  /** 0: nothing was ever written there. */
  readonly version: number;
  /** Null if the latest version is deleted, or there is none. */
  readonly fields: Readonly<Record<string, unknown>> | null;
  readonly changedAt: number | null;
}

/**
 * A field of a secret in the KV v2 engine of Vault or OpenBao. The other fields stay: PATCH changes one, on
 * the condition that nobody has written since the secret was read.
 */
export const vault: PlaceKind = {
  id: 'vault',
  title: 'a field of a secret in Vault or OpenBao (KV v2)',
  syntax: 'vault:[https://HOST/]MOUNT/PATH#FIELD[@NAMESPACE]',
  examples: ['vault:https://vault.example.com:8200/secret/billing#resend'],
  sources: [
    'hashicorp/vault: website/content/api-docs/secret/kv/kv-v2.mdx (data, options.cas, merge patch since 1.9)',
    'hashicorp/vault: api-docs/system/internal-ui-mounts.mdx and capabilities-self.mdx; command/kv_helpers.go uses the first',
    'openbao/openbao: the same endpoints; BAO_ADDR, BAO_TOKEN and BAO_NAMESPACE',
  ],
  remembered: true,
  local: false,
  holds: 'value',
  parse(text, { env }) {
    const [, path = '', field = '', ns] = /^([^#]*)(?:(#[^@]*)(?:@(.*))?)?$/s.exec(text) ?? [];
    const [, given, rest = ''] = /^(https?:\/\/[^/]+)?\/?(.*)$/s.exec(path) ?? [];
    const address = (given ?? env['VAULT_ADDR'] ?? env['BAO_ADDR'] ?? '').replace(/\/+$/, '');
    if (!URL.canParse(address)) {
      throw new KeysError('usage', 'no Vault is named', {
        hint: 'set VAULT_ADDR, or name it: vault:https://vault.example.com:8200/secret/billing#api-key',
      });
    }
    const parts = rest.split('/');
    if (parts.length < 2 || parts.some((part) => part === '' || part === '.' || part === '..')) {
      throw new KeysError('usage', `not a mount and a path: ${JSON.stringify(rest)}`, {
        hint: 'such as vault:secret/billing#api-key',
      });
    }
    const namespace =
      ns ?? (given === undefined ? (env['VAULT_NAMESPACE'] ?? env['BAO_NAMESPACE']) : undefined);
    return {
      target: { address, path: rest, ...(namespace ? { namespace } : {}) },
      names: field === '#' ? [] : splitNames(field).names,
    };
  },
  address: ({ target: { address, path, namespace }, names }) =>
    `${address}/${path}${names.length === 0 && namespace === undefined ? '' : `#${names[0] ?? ''}`}${namespace === undefined ? '' : `@${namespace}`}`,
  checkName(name) {
    if (/^[^\p{Cc}#@,]{1,256}$/u.test(name)) return;
    throw new KeysError('usage', `not the name of a field: ${JSON.stringify(name)}`, {
      hint: 'such as #api-key',
    });
  },
  open,
};

function open({ target, names: [field = ''] }: Place, context: PlaceContext): OpenPlace {
  const { path = '' } = target;
  const send = vaultClient(target, context);
  const locate = () => pathOfData(send, path);
  const read = (at: string) => readSecret(send, at);
  /** Writes one field, or removes it with null. Returns whether that changed anything. */
  const change = async (value: string | null): Promise<boolean> => {
    const at = await locate();
    for (let tries = 1; ; tries++) {
      const { version, fields } = await read(at);
      // Without a write there is one version less.
      if ((fields?.[field] ?? null) === value) return false;
      if (await write(send, at, { fields, version, field, value })) return true;
      if (tries === TRIES) throw new KeysError('delivery_failed', `other programs keep writing ${path}`);
    }
  };
  return {
    async probe() {
      const at = await locate();
      const found = record(
        await send('POST', 'sys/capabilities-self', { body: { paths: [at] }, readOnly: true }),
      );
      const may = found[at] ?? record(found['data'])[at];
      const able = Array.isArray(may) ? may : [];
      const { fields } = await read(at);
      const needed = fields === null ? ['create', 'update'] : ['patch', 'update'];
      if ([...needed, 'root'].some((one) => able.includes(one))) return [];
      throw new KeysError('forbidden', `the token may not write ${at}: ${able.join(', ') || 'deny'}`, {
        hint: `its policy needs: path "${at}" { capabilities = ["read", "create", "patch"] }`,
      });
    },
    async current() {
      const value = (await read(await locate())).fields?.[field];
      return value === undefined
        ? {}
        : { [field]: typeof value === 'string' ? value : JSON.stringify(value) };
    },
    deliver: async (credential) => void (await change(asOneValue(credential))),
    async erase() {
      // Vault keeps ten versions by default, and each has every field: only its owner can say which may go.
      return (await change(null))
        ? [`older versions of ${path} still have it: vault kv destroy removes them`]
        : [];
    },
    async readBack() {
      const { fields, changedAt } = await read(await locate());
      return fields?.[field] === undefined || changedAt === null ? null : { changed_at: changedAt };
    },
  };
}

/**
 * The path of the secret's data: the mount may be several parts of it. Throws `not_found`, and `refused` for
 * another engine.
 */
async function pathOfData(send: SendToVault, path: string): Promise<string> {
  const found = await send('GET', `sys/internal/ui/mounts/${encoded(path)}`, { absent: true });
  const mount = record(record(found)['data']);
  const at = typeof mount['path'] === 'string' ? mount['path'] : '';
  if (found === null || !`${path}/`.startsWith(at) || at === '') {
    throw new KeysError('not_found', `no secrets engine at ${path}`, {
      hint: words`${command('vault secrets list')}`,
    });
  }
  if (record(mount['options'])['version'] !== '2') {
    throw new KeysError('refused', `${at} is not a KV engine of version 2`, {
      hint: `vault kv enable-versioning ${at} upgrades a mount of version 1; or name another mount`,
    });
  }
  return `${at}data/${path.slice(at.length)}`;
}

async function readSecret(send: SendToVault, at: string): Promise<Held> {
  const found = record(record(await send('GET', encoded(at), { absent: true }))['data']);
  const { version, created_time } = record(found['metadata']);
  const time = Date.parse(String(created_time));
  return {
    version: typeof version === 'number' ? version : 0,
    fields: found['data'] ? record(found['data']) : null,
    changedAt: Number.isNaN(time) ? null : time,
  };
}

/** Whether it was written; false if another program wrote first. */
async function write(
  send: SendToVault,
  at: string,
  {
    fields,
    version,
    field,
    value,
  }: Pick<Held, 'fields' | 'version'> & { field: string; value: string | null },
): Promise<boolean> {
  const secrets = value === null ? [] : [value];
  const body = (data: object) => ({ body: { options: { cas: version }, data }, secrets });
  try {
    if (fields !== null) {
      // A merge patch removes what is null.
      const patched = await send('PATCH', encoded(at), { ...body({ [field]: value }), unable: true });
      if (patched !== UNABLE) return true;
    }
    // A secret that is not there, an old Vault, or a policy without "patch": then every field is written.
    const { [field]: _, ...others } = fields ?? {};
    await send('POST', encoded(at), body(value === null ? others : { ...others, [field]: value }));
    return true;
  } catch (error) {
    if (error instanceof KeysError && error.code === 'conflict') return false;
    throw error;
  }
}
