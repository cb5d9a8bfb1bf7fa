import type { Call, CallContext } from '../../define-provider.js';
import { DefinitionMistake } from '../../definition-mistake.js';
import type { FurtherRequest, KeyResource } from '../key-resource.js';
import { callOf, momentOf } from '../requests.js';

/** The requests of a further step. */
export function requestsOfStep<Input>(
  resource: KeyResource,
  place: string,
  { at, body, bodies }: FurtherRequest<Input>,
  input: Input,
  context: CallContext,
  id: string,
): Call[] {
  const request = (sent: unknown): Call => ({
    ...callOf(resource, at, context, id, sent),
    from: { at: `${place}.at`, body: `${place}.${bodies === undefined ? 'body' : 'bodies'}` },
  });
  if (bodies !== undefined) {
    const all: unknown = bodies(input, momentOf(context));
    if (Array.isArray(all)) return all.map(request);
    throw new DefinitionMistake(`${place}.bodies`, 'returns no list: one body for each request');
  }
  const sent = body?.(input, momentOf(context));
  return body !== undefined && sent === undefined ? [] : [request(sent)];
}
