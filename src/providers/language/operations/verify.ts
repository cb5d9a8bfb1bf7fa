import { isRecord } from '../../../domain/is-record.js';
import type { Key } from '../../../domain/key.js';
import type { Verdict, VerifyKey } from '../../../domain/key-service.js';
import { operation, type ProviderResponse } from '../../define-provider.js';
import { DefinitionMistake } from '../../definition-mistake.js';
import { UNKNOWN, verdictOn } from '../../values.js';
import type { MethodAndPath, VerifyWay } from '../key-resource.js';
import { valueAt } from '../paths.js';
import { keyFromRecord } from '../records.js';
import { callOf, momentOf, readOnly, returned, saidIn } from '../requests.js';
import { ANY, type Described } from './described.js';

export function verifyOf(described: Described, way: VerifyWay) {
  const { at, body, query, verdict = usualVerdict(way) } = way;
  return operation<VerifyKey, Verdict, unknown, undefined>({
    member: 'keys.verify',
    call(asked, context) {
      const route = at.replace('{key}', encodeURIComponent(asked.key)) as MethodAndPath;
      const sent = body && returned(body(asked, momentOf(context)), 'keys.verify.body');
      const asking = readOnly(callOf(described.resource, route, context, undefined, sent));
      const call = saidIn('keys.verify', way, asking);
      return query === undefined ? call : { ...call, query: returned(query(asked), 'keys.verify.query') };
    },
    judge(response, asked, context) {
      const keyOf = (found: unknown) => keyFromRecord(described.resource, described.options, found, context);
      const judged: unknown = verdict(response, keyOf, asked);
      if (judged === undefined || isVerdict(judged)) return judged;
      throw new DefinitionMistake('keys.verify.verdict', 'returns no verdict, such as { valid: true, key }');
    },
    response: ANY,
    read() {
      throw new DefinitionMistake('keys.verify.verdict', 'is undefined for a response of 2xx');
    },
  });
}

/** The verdict of a definition that says where the record is and which statuses mean an unknown key. */
function usualVerdict({ record: place = '', unknown = [] }: Pick<VerifyWay, 'record' | 'unknown'>) {
  return ({ status, body }: ProviderResponse, keyOf: (found: unknown) => Key): Verdict | undefined => {
    if (unknown.includes(status) && body !== undefined) return UNKNOWN;
    if (status !== 200) return undefined;
    const found = valueAt(body, place);
    return found === undefined || found === null ? UNKNOWN : verdictOn(keyOf(found));
  };
}

const isVerdict = (judged: unknown): judged is Verdict =>
  isRecord(judged) && typeof judged['valid'] === 'boolean';
