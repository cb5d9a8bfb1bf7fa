import { nodeCrypto } from '../domain/builtins.js';
import type { Clock } from '../domain/clock.js';
import { type Credential, secretPartOf } from '../domain/key.js';
import type { CreationOptions } from '../domain/key-service.js';
import type { CallContext, ProviderDefinition } from './define-provider.js';
import { DefinitionMistake } from './definition-mistake.js';
import { uuidOf } from './uuid-of.js';

interface ContextOptions {
  readonly definition: Pick<ProviderDefinition, 'context' | 'options' | 'source'>;
  readonly set: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly credential: Credential;
  readonly baseUrl: string;
  readonly creation?: CreationOptions | undefined;
  /** Called with each secret that the definition creates, so that it is redacted. */
  readonly onSecret: (secret: string) => void;
  readonly note: CallContext['note'];
}

/**
 * What an operation may need beside its input. Reading a name of `set` that is not declared throws
 * `DefinitionMistake`.
 */
export function callContext({
  definition,
  set,
  clock,
  credential,
  baseUrl,
  creation,
  onSecret,
  note,
}: ContextOptions): CallContext {
  const { context, options } = definition;
  const idempotencyKey = creation?.idempotencyKey ?? '';
  const random = onceOf(() => secretOf(idempotencyKey, credential));
  let requestId: string | undefined;
  return {
    force: false,
    set: declaredOnly(
      set,
      [...context, ...options].map(({ name }) => name),
    ),
    clock,
    idempotencyKey,
    requestId() {
      requestId ??= idempotencyKey || nodeCrypto().randomUUID();
      return requestId;
    },
    credential,
    baseUrl,
    note,
    isOwnFile: definition.source !== null,
    newSecret(shape = (text) => text) {
      const secret = shape(random());
      onSecret(secret);
      return secret;
    },
    newId: () => uuidOf(`id of ${idempotencyKey}`),
  };
}

function onceOf<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/**
 * The ledger has the idempotency key while an operation is under way, so that alone must not give the secret:
 * the credential is needed as well, as it is to repeat the request.
 */
function secretOf(idempotencyKey: string, credential: Credential): string {
  const { createHmac, randomBytes } = nodeCrypto();
  if (idempotencyKey === '') return randomBytes(32).toString('base64url');
  const hmac = createHmac('sha256', secretPartOf(credential));
  return hmac.update(`secret of ${idempotencyKey}`).digest('base64url');
}

function declaredOnly(
  set: Readonly<Record<string, string>>,
  declared: readonly string[],
): Readonly<Record<string, string>> {
  return new Proxy(set, {
    get(target, name) {
      if (typeof name !== 'string') return Reflect.get(target, name);
      if (!declared.includes(name))
        throw new DefinitionMistake(`set.${name}`, 'is not declared: add it to context');
      return target[name] || undefined;
    },
  });
}
