import type { RequestAuth } from './define-provider.js';

/**
 * AWS Signature Version 4, by aws4fetch. The pair is access key id and
 * secret access key. Signs with the clock of this machine: AWS refuses one that is minutes off.
 */
export function sigV4({
  service,
  region,
}: {
  readonly service: string;
  readonly region: string;
}): RequestAuth {
  return async (credential, { method, url, body }) => {
    if ('secret' in credential) throw new TypeError('a pair is needed to sign');
    const { AwsV4Signer } = await import('aws4fetch');
    const signer = new AwsV4Signer({
      method,
      url,
      service,
      region,
      accessKeyId: credential.api_key,
      secretAccessKey: credential.secret_key,
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : new Uint8Array(body) }),
    });
    const { headers } = await signer.sign();
    // The host is the transport's to send.
    return Object.fromEntries([...headers].filter(([name]) => name !== 'host'));
  };
}
