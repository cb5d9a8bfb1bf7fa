import { signatureMatches } from './signatures.js';

/** Why a signature does not fit: its form, or a body that something on the way has changed. */
export function diagnoseSignature(
  secret: string,
  body: Uint8Array,
  signature: string,
): { readonly reason: string; readonly advice: string } {
  if (/^[0-9A-F]{64}$/i.test(signature) && signature !== signature.toLowerCase()) {
    return { reason: 'not_lower_case', advice: 'the header has lower-case hex: pass it on as it came' };
  }
  if (!/^[0-9a-f]{64}$/.test(signature)) {
    return {
      reason: 'not_hex',
      advice: 'a signature is 64 lower-case hex digits; is this one base64, or cut?',
    };
  }
  const reencoded = asSent(body).some((candidate) => signatureMatches(secret, candidate, signature));
  if (reencoded) {
    return {
      reason: 'body_changed',
      advice:
        'it fits the body in another encoding: something on the way has parsed and written it anew; keep the raw bytes',
    };
  }
  return { reason: 'signature_wrong', advice: 'another secret, or another body: check both' };
}

/** Forms that a body may have had before it was read and written again. */
function asSent(body: Uint8Array): string[] {
  const text = Buffer.from(body).toString('utf8');
  const forms = [text.trim(), `${text}\n`, text.replaceAll('\r\n', '\n')];
  try {
    const value: unknown = JSON.parse(text);
    forms.push(JSON.stringify(value), JSON.stringify(value, null, 2), JSON.stringify(value, null, 4));
  } catch {
    // Not JSON: no other encodings to try.
  }
  return forms;
}
