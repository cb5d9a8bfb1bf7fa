import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { loopbackServer } from './loopback-server.js';

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

type Respond = (response: ServerResponse, request: IncomingMessage, count: number) => void;

/** A loopback server that responds as a test says and remembers what it was asked. */
export async function faultyServer(respond: Respond): Promise<{ url: string; seen: SeenRequest[] }> {
  const seen: SeenRequest[] = [];
  const url = await loopbackServer(async (request, response) => {
    const body = await text(request).catch(() => '');
    seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
    respond(response, request, seen.length);
  });
  return { url, seen };
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
