import { expect } from 'vitest';
import { type RawResponse, rawRequest } from './raw-request.js';

export interface ConsoleBrowser {
  /** The session's cookie as it was set; undefined: none. */
  readonly cookie: () => string | undefined;
  get(path: string, headers?: Record<string, string>): Promise<RawResponse>;
  /** Sends a form as a browser does from a page of the console. */
  post(path: string, fields?: Record<string, string>, headers?: Record<string, string>): Promise<RawResponse>;
  /** Opens a page and sends its form to `path` with these fields over the form's own hidden ones. */
  submit(page: string, path: string, fields?: Record<string, string>): Promise<RawResponse>;
  signIn(key: string, more?: Record<string, string>): Promise<RawResponse>;
  /** The page that a response leads to. */
  follow(response: RawResponse): Promise<RawResponse>;
}

/**
 * A browser without a script, as far as the console needs one: it keeps a cookie and sends forms. `patient`:
 * it goes on to the page that a page of waiting leads to.
 */
export function consoleBrowser(url: string, { patient = false } = {}): ConsoleBrowser {
  let cookie: string | undefined;

  async function send(method: string, path: string, headers: Record<string, string>, body?: string) {
    const response = await rawRequest(url + path, {
      method,
      headers: { ...(cookie ? { cookie } : {}), ...headers },
      ...(body === undefined ? {} : { body }),
    });
    const [set] = [response.headers['set-cookie']].flat();
    if (set !== undefined) cookie = /Max-Age=0/.test(set) ? undefined : set.split(';')[0];
    return response;
  }

  const browser: ConsoleBrowser = {
    cookie: () => cookie,
    async get(path, headers = {}) {
      const response = await send('GET', path, { 'sec-fetch-site': 'same-origin', ...headers });
      const [, next] = /^0; url=(.*)$/.exec(String(response.headers['refresh'])) ?? [];
      return patient && next !== undefined ? await browser.get(next, headers) : response;
    },
    post: (path, fields = {}, headers = {}) =>
      send(
        'POST',
        path,
        {
          'content-type': 'application/x-www-form-urlencoded',
          'sec-fetch-site': 'same-origin',
          origin: url,
          ...headers,
        },
        new URLSearchParams(fields).toString(),
      ),
    async submit(page, path, fields = {}) {
      return await browser.post(path, { ...hiddenFields((await browser.get(page)).body), ...fields });
    },
    signIn: (key, more = {}) => browser.post('/console/sign-in', { key, ...more }),
    async follow(response) {
      expect(response.status, response.body).toBe(303);
      return await browser.get(String(response.headers['location']));
    },
  };
  return browser;
}

/** The hidden fields of the forms of a page, as a browser that runs scripts sends them. */
export function hiddenFields(html: string): Record<string, string> {
  const fields = html
    .replaceAll(/<noscript>.*?<\/noscript>/gs, '')
    .matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g);
  return Object.fromEntries([...fields].map(([, name = '', value = '']) => [name, unescaped(value)]));
}

function unescaped(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
