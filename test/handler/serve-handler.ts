import { createServer as createHttpServer } from 'node:http';
import { Handler, type HandlerClass } from '../../src/handler/index.ts';
import { createGateway, createServer } from '../../src/index.ts';
import { toRequestListener } from '../../src/server/listener.ts';
import { within } from '../support/deadline.ts';
import { fetchHead, listening } from '../support/http-client.ts';
import { type Served, serving } from '../support/serve.ts';
import type { Answer, WebServer } from '../support/web-server.ts';
import { post, request } from '../support/wire.ts';

/** A handler that is served over FastCGI, and the errors that its server reported. */
export interface ServedHandler extends Served {
  readonly handlerErrors: (Error & { code?: string })[];
  readonly peer: WebServer;
}

/** Serves a handler class over FastCGI while `use` runs, with one connection to it. */
export function servingHandler<Result>(
  Class: HandlerClass,
  use: (served: ServedHandler) => Promise<Result>,
): Promise<Result> {
  return serving(Class, async (served) => {
    const handlerErrors: ServedHandler['handlerErrors'] = [];
    served.server.on('handlerError', (error) => handlerErrors.push(error as Error));
    const result = await use({ ...served, handlerErrors, peer: await served.connect() });
    return result;
  });
}

/** The answer to one request: with a body, a POST of it; the variables join those of `GET /`. */
export function answerOf(
  Class: HandlerClass,
  variables: Record<string, string> = {},
  body?: string | Uint8Array,
): Promise<Answer & { readonly errors: ServedHandler['handlerErrors'] }> {
  return servingHandler(Class, async ({ peer, handlerErrors }) => {
    const bytes = body === undefined ? request({ variables }) : post(body, { variables });
    return { ...(await peer.exchange(bytes)), errors: handlerErrors };
  });
}

/** A header of an answer, in the case in which it was sent. */
export function header(answer: Pick<Answer, 'head'>, name: string): string | undefined {
  const line = answer.head.find((text) => text.toLowerCase().startsWith(`${name}: `));
  return line?.slice(name.length + 2);
}

/** What a client of HTTP got. */
export interface HttpAnswer {
  readonly status: number | undefined;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

type Carrier = (Class: HandlerClass, path: string, body?: string) => Promise<HttpAnswer>;

/** The ways over which a handler answers a client of HTTP. */
export const carriers: readonly (readonly [name: string, fetch: Carrier])[] = [
  [
    'plain http',
    (Class, path, body) =>
      listening(createHttpServer(toRequestListener(Class)), (server) => fetch(server, path, body)),
  ],
  [
    'the gateway',
    (Class, path, body) => {
      const application = createServer(Class);
      return listening(createGateway(application), (server) => fetch(server, path, body));
    },
  ],
];

async function fetch(
  server: Parameters<typeof fetchHead>[0],
  path: string,
  body?: string,
): Promise<HttpAnswer> {
  const method = body === undefined ? 'GET' : 'POST';
  const res = await fetchHead(server, { path, method }, body);
  const chunks = await within('the response body', res.toArray());
  const text = Buffer.concat(chunks).toString();
  return { status: res.statusCode, headers: res.headers, body: text };
}

/** A handler that sends one response. */
export const sending = (...args: Parameters<Handler['sendResponse']>) =>
  class extends Handler {
    async handle() {
      await this.sendResponse(...args);
    }
  };

/** Gives each piece in a turn of the event loop of its own. */
export async function* slowly<Piece>(...pieces: Piece[]): AsyncGenerator<Piece> {
  for (const piece of pieces) {
    await new Promise(setImmediate);
    yield piece;
  }
}
