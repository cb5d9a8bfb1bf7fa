/** The proxies of an environment, every member said: what is left out, undici would take from the process. */
export interface Proxies {
  readonly httpProxy: string;
  readonly httpsProxy: string;
  readonly noProxy: string;
}

/** HTTPS_PROXY, HTTP_PROXY and NO_PROXY, small letters first; null where no proxy is named. */
export function proxiesOf(env: Readonly<Record<string, string | undefined>>): Proxies | null {
  const variable = (name: string) => env[name.toLowerCase()] || env[name] || '';
  const [httpProxy, httpsProxy] = [variable('HTTP_PROXY'), variable('HTTPS_PROXY')];
  return httpProxy || httpsProxy ? { httpProxy, httpsProxy, noProxy: variable('NO_PROXY') } : null;
}
