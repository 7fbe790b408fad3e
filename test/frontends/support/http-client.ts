import { createHash } from 'node:crypto';
import {
  type ClientRequest,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { within } from '../../support/deadline.ts';

export interface AskOptions {
  readonly method?: string;
  /** The request target as it goes over the wire, where the URL would not keep it as it is. */
  readonly path?: string;
  readonly headers?: OutgoingHttpHeaders | readonly string[];
  readonly body?: string;
  /** The address that the client connects from. */
  readonly localAddress?: string;
  /** The certificate to trust. */
  readonly ca?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

/** A request whose body is still to be written, on a connection of its own. */
export class Exchange {
  readonly request: ClientRequest;
  readonly #response: Promise<IncomingMessage>;

  constructor(url: string, { method = 'GET', body: _, ...options }: AskOptions = {}) {
    const send = url.startsWith('https:') ? httpsRequest : httpRequest;
    this.request = send(url, { method, agent: false, ...options });
    this.#response = new Promise((resolve, reject) => {
      this.request.on('response', resolve);
      this.request.on('error', reject);
    });
    // Whoever waits for the response gets the error; a request that is given up has nobody who does.
    this.#response.catch(() => {});
  }

  /** The response, once its head has come. */
  response(): Promise<IncomingMessage> {
    return within(`the response to ${this.request.path}`, this.#response);
  }

  async answer(): Promise<Answer> {
    const response = await this.response();
    const pieces: Buffer[] = await within(
      `the whole response to ${this.request.path}`,
      response.toArray(),
    );
    const body = Buffer.concat(pieces);
    return {
      status: response.statusCode as number,
      headers: response.headers,
      body,
      text: body.toString(),
    };
  }

  /** Goes away in the middle of things. */
  abandon(): void {
    this.request.destroy();
  }
}

/** Sends a request with all of its body; the response's head is awaited by the caller. */
export function send(url: string, options: AskOptions = {}): Exchange {
  const exchange = new Exchange(url, options);
  exchange.request.end(options.body);
  return exchange;
}

/** Sends a request and waits for the whole answer. */
export function ask(url: string, options: AskOptions = {}): Promise<Answer> {
  return send(url, options).answer();
}

export interface Digest {
  readonly bytes: number;
  readonly sha256: string;
}

/** The checksum of a stream, of which no more than a piece is kept. */
export async function digest(stream: Readable): Promise<Digest> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of stream) {
    hash.update(piece);
    bytes += piece.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** Writes `bytes` bytes as a request's body, and tells their checksum. */
export async function sendBody(request: ClientRequest, bytes: number): Promise<Digest> {
  const hash = createHash('sha256');
  const block = Buffer.alloc(64 * 1024, 'FastCGI ');
  await pipeline(async function* () {
    for (let at = 0; at < bytes; at += block.length) {
      // Each piece differs, so that one too many, too few or out of place changes the checksum.
      const piece = Buffer.from(block.subarray(0, Math.min(block.length, bytes - at)));
      piece.write(`${at} `, 'latin1');
      hash.update(piece);
      yield piece;
    }
  }, request);
  return { bytes, sha256: hash.digest('hex') };
}

/** Reads a response as far as a text. */
export class TextReader {
  readonly #response: IncomingMessage;
  #text = '';
  #check: () => void = () => {};

  constructor(response: IncomingMessage) {
    this.#response = response;
    response.setEncoding('utf8').on('data', (text: string) => {
      this.#text += text;
      this.#check();
    });
  }

  /** Everything that has come so far. */
  get text(): string {
    return this.#text;
  }

  async until(text: string): Promise<string> {
    const come = new Promise<void>((resolve, reject) => {
      this.#check = () => this.#text.includes(text) && resolve();
      this.#response.on('close', () =>
        reject(new Error(`The response ended before ${JSON.stringify(text)} came`)),
      );
      this.#check();
    });
    await within(`${JSON.stringify(text)} in the response`, come);
    return this.#text;
  }
}
