import type { ResponseSchema } from '../../../http/wire/read-response.js';
import type { KeyResource } from '../key-resource.js';
import type { Options } from '../requests.js';

/** What the vendor's published address is, and its resource with its options. */
export interface Described {
  readonly resource: KeyResource;
  readonly options: Options;
  readonly published: string | null;
  /** Whether responses are XML. */
  readonly xml: boolean;
}

/** Any body: every value is checked where it is read. */
export const ANY: ResponseSchema = { safeParse: (data) => ({ success: true, data }) };
