/** Headers whose value is a credential, by the end of their name: every vendor has a name of its own for them. */
const SECRET_HEADER = /(^|-)(authorization|authenticate|cookie|signature|secret|token|password|apikey|key)$/i;
/** Members of a body whose value is a secret. */
const SECRET_MEMBERS =
  /("(?:secret|key|api_key|secret_key|secretKey|client_secret|access_token|refresh_token|token|value|password|idempotency_key)"\s*:\s*)"(?:[^"\\]|\\.)*"?/gi;
/** What looks like a key wherever it stands: a prefix as vendors write them, and a long run without a break. */
const KEY_LIKE = /\b[a-z]{2,8}[_-](?:[a-z]{2,10}[_-])?[A-Za-z0-9_-]{16,}/g;
export const REDACTED = '[redacted]';

/** A text without what is, or looks like, a secret. `known` are secrets that this call holds. */
export function redactText(text: string, known: readonly string[] = []): string {
  let safe = text;
  for (const secret of known) if (secret.length > 3) safe = safe.replaceAll(secret, REDACTED);
  return safe
    .replace(SECRET_MEMBERS, `$1"${REDACTED}"`)
    .replace(KEY_LIKE, (found) => (/^key_\w{1,24}$/.test(found) ? found : REDACTED));
}

export function redactHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      SECRET_HEADER.test(name) ? REDACTED : redactText(value),
    ]),
  );
}
