import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { dereferenceSync } from 'dereference-json-schema';
import { type Document, OpenAPIRouter, OpenAPIValidator } from 'openapi-backend';
import type { Exchange } from './vendor-api.js';

/** Vendors' published OpenAPI documents are data beside the repository, not in it. */
export const DOCUMENTS =
  process.env['KEYS_VENDOR_DOCUMENTS'] ?? fileURLToPath(new URL('../../../shared/specs', import.meta.url));

export const hasDocuments = existsSync(DOCUMENTS);

/**
 * What OpenAPI 3.0 has beside JSON Schema, at which a validator stops: `nullable` beside no type, and limits
 * that are left out by a boolean.
 */
function withoutOldKeywords(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const { nullable, exclusiveMinimum, exclusiveMaximum, ...rest } = value as Record<string, unknown>;
  return {
    ...rest,
    ...(nullable !== undefined && 'type' in value ? { nullable } : {}),
    ...(exclusiveMinimum !== undefined && typeof exclusiveMinimum !== 'boolean' ? { exclusiveMinimum } : {}),
    ...(exclusiveMaximum !== undefined && typeof exclusiveMaximum !== 'boolean' ? { exclusiveMaximum } : {}),
  };
}

/**
 * What of the exchanges is not as the vendor's document says: a line each, but for what the document itself
 * has wrong.
 */
export function strays(
  document: string,
  mistakes: readonly RegExp[],
  exchanges: readonly Exchange[],
): string[] {
  const { servers: _, ...published } = JSON.parse(
    readFileSync(`${DOCUMENTS}/${document}.json`, 'utf8'),
    withoutOldKeywords,
  );
  const definition = dereferenceSync(published) as Document;
  const options = { definition, ajvOpts: { strict: false, validateFormats: false } };
  const router = new OpenAPIRouter({ definition });
  const validator = new OpenAPIValidator(options);
  return exchanges.flatMap(({ method, path, headers, body, status, response }) => {
    const about = `${method} ${path} ${status}`;
    const form = headers['content-type'] === 'application/x-www-form-urlencoded';
    const request = {
      method,
      path: path.replace(/\?.*$/s, ''),
      query: Object.fromEntries(new URLSearchParams(path.split('?')[1] ?? '')),
      headers: { ...headers },
      body: form ? Object.fromEntries(new URLSearchParams(body)) : body === '' ? undefined : JSON.parse(body),
    };
    const operation = router.matchOperation(request);
    if (operation === undefined) return [`${about}: no such operation`];
    const wrong = status < 400 ? (validator.validateRequest(request, operation).errors ?? []) : [];
    const documented = Object.keys(operation.responses ?? {});
    const said = documented.includes(String(status)) || documented.some((code) => /default|XX/.test(code));
    const responded = said
      ? (validator.validateResponse(response === '' ? null : response, operation, status).errors ?? [])
      : [];
    return [...wrong, ...responded]
      .map(({ instancePath, message }) => `${about}: ${instancePath} ${message}`)
      .filter((line) => !mistakes.some((mistake) => mistake.test(line)));
  });
}
