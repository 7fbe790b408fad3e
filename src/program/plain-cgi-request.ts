import { STATUS_CODES } from 'node:http';
import type { Readable, Writable } from 'node:stream';
import { inspect } from 'node:util';
import { type RequestHead, requestHead } from '../cgi/request-head.ts';
import { FcgiError } from '../errors.ts';
import type { Exchange, WriteCallback } from '../http/exchange.ts';
import { abortMessage } from '../http/incoming-message.ts';
import { FCGI_NULL_REQUEST_ID, Role } from '../protocol/index.ts';
import { Messages } from '../server/messages.ts';
import type { RoleListener } from '../server/roles.ts';
import type { Server } from '../server/server.ts';
import { PlainCgiInput } from './plain-cgi-input.ts';
import type { PlainCgiOutput } from './plain-cgi-output.ts';

/** What a CGI program is started with. */
export interface PlainCgiStreams {
  /** Names and values of the meta-variables in turn. */
  readonly variables: readonly string[];
  /** Opens standard input; called when there is a body. */
  readonly stdin: () => Readable;
  readonly stdout: PlainCgiOutput;
  readonly stderr: Writable;
}

/** Exit codes: the response was handed over, or the application failed. */
const SUCCESS = 0;
const FAILURE = 1;

/**
 * The one request of a CGI program (RFC 3875): from the environment and standard input to standard output.
 *
 * A reader that goes away looks as under `http`. It is not the program's failure, so that the exit code
 * stays 0.
 */
export class PlainCgiRequest implements Exchange {
  /** There is no id without FastCGI. */
  readonly id = FCGI_NULL_REQUEST_ID;
  readonly role = Role.RESPONDER;
  readonly keepConnection = false;
  readonly variables: readonly string[];
  /** Resolves with the exit code when the response was handed over, or will not be. */
  readonly done: Promise<number>;
  input: { readonly body: PlainCgiInput; readonly data: undefined };
  readonly #server: Server;
  readonly #streams: PlainCgiStreams;
  #resolve!: (exitCode: number) => void;
  #messages: Messages | undefined;
  #ended = false;
  #wroteOutput = false;

  constructor(server: Server, streams: PlainCgiStreams) {
    this.#server = server;
    this.#streams = streams;
    this.variables = streams.variables;
    this.input = this.#createInput(0);
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    streams.stdout.on('drain', () => this.#messages?.socket.drained());
    streams.stdout.on('error', () => this.#disconnect());
  }

  /** The one that was given to the server; it is never called without a listener. */
  get roleListener(): RoleListener {
    return this.#server.roles.find(this.role) as RoleListener;
  }

  get writableLength(): number {
    return this.#streams.stdout.writableLength;
  }

  get bodyEnded(): boolean {
    return this.input.body.ended;
  }

  /** Hands the request to the server's listener. */
  dispatch(): void {
    if (this.#ended) return;
    const head = this.#readHead();
    if (!head) return;
    this.input = this.#createInput(this.#bodyLength(head));
    const messages = new Messages(this.#server, this, head);
    this.#messages = messages;
    this.input.body.attach(messages.incoming);
    try {
      messages.answer();
    } catch (error) {
      this.crash(error);
    }
  }

  variable(name: string): string | undefined {
    const { variables } = this;
    for (let i = 0; i < variables.length; i += 2) {
      if (variables[i] === name) return variables[i + 1];
    }
    return undefined;
  }

  write(chunk: string | Uint8Array, encoding?: BufferEncoding, callback?: WriteCallback): boolean {
    this.#wroteOutput = true;
    return this.#streams.stdout.write(chunk, encoding, callback);
  }

  writeError(chunk: Uint8Array, callback: WriteCallback): void {
    this.#streams.stderr.write(chunk, callback);
  }

  resumeBody(): void {
    this.input.body.resume();
  }

  finish(): void {
    if (!this.#ended) this.#end(this.#messages?.context.appStatus ?? SUCCESS);
  }

  abort(): void {
    if (this.#ended) return;
    this.#end(this.#messages?.context.appStatus || FAILURE);
    this.#cutOff();
  }

  /** The listener threw: status 500 if nothing was sent, the error on standard error. */
  crash(error: unknown): void {
    this.#streams.stderr.write(`${inspect(error)}\n`);
    if (!this.#ended) this.#answer(500, FAILURE);
  }

  #createInput(length: number) {
    const body = new PlainCgiInput(this.#streams.stdin, length, {
      received: (bytes) => this.#messages?.socket.received(bytes),
      tooShort: () => this.#refuseBody(),
      failed: () => this.#disconnect(),
    });
    return { body, data: undefined };
  }

  #readHead(): RequestHead | undefined {
    try {
      return requestHead(this.variables);
    } catch (error) {
      this.#refuse(error as FcgiError);
      return undefined;
    }
  }

  /**
   * Without CONTENT_LENGTH there is no body (RFC 3875 §4.1.2). Apache passes a chunked one on regardless,
   * unchunked, up to the end of the stream.
   */
  #bodyLength({ contentLength }: RequestHead): number {
    if (contentLength !== undefined) return contentLength;
    return this.variable('HTTP_TRANSFER_ENCODING') ? Number.POSITIVE_INFINITY : 0;
  }

  #refuseBody(): void {
    const message = `Standard input ended after ${this.input.body.received} bytes of the body`;
    this.#refuse(new FcgiError('ERR_FCGI_BODY_LENGTH', message));
  }

  #refuse(error: FcgiError): void {
    if (this.#ended) return;
    this.#streams.stderr.write(`${error.code}: ${error.message}\n`);
    this.#answer(400, SUCCESS);
    this.#server.reportRequestError(error);
  }

  #disconnect(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#resolve(SUCCESS);
    this.#cutOff();
  }

  /** Answers in the application's stead, if it is not too late for that. */
  #answer(status: number, exitCode: number): void {
    if (this.#wroteOutput) return this.abort();
    const reason = STATUS_CODES[status] as string;
    const head = `Status: ${status} ${reason}\r\nContent-Type: text/plain\r\nContent-Length: ${reason.length + 1}\r\n\r\n`;
    this.#streams.stdout.write(`${head}${reason}\n`, 'latin1');
    this.#end(exitCode);
    this.#cutOff();
  }

  /** Standard output stays open: what was written is wholly sent once this empty piece is. */
  #end(exitCode: number): void {
    this.#ended = true;
    this.#streams.stdout.write('', 'latin1', () => this.#resolve(exitCode));
    this.input.body.close();
  }

  /** Lets the application see what it would see under `http` when the client goes away. */
  #cutOff(): void {
    this.input.body.close();
    const messages = this.#messages;
    if (!messages) return;
    messages.context.abort();
    abortMessage(messages.incoming);
    messages.socket.destroy();
  }
}
