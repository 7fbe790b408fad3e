import { AsyncLocalStorage } from 'node:async_hooks';
import { Console } from 'node:console';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable, type Writable } from 'node:stream';
import { inspect } from 'node:util';
import type { RequestContext } from '../server/request-context.ts';
import { CgiOutput } from './cgi-output.ts';
import { ScriptErrors } from './cgi-script-errors.ts';

/** A program written for CGI: all that it needs it finds in `process`. */
export type CgiScript = () => unknown;

/** Calls a function in another asynchronous context. */
type Outside = <Result>(callback: () => Result) => Result;

/** Thrown by `process.exit()`, so that what follows does not run. */
export class ScriptExit extends Error {
  override readonly name = 'ScriptExit';

  constructor() {
    super('The script called process.exit(), which has ended its request');
  }
}

/** One run of a script, for one request: what `process` and `console` are to it. */
export class ScriptRun {
  env: NodeJS.ProcessEnv;
  exitCode: number | string | null | undefined;
  stdout: Writable;
  stderr: Writable;
  readonly #req: IncomingMessage;
  readonly #res: ServerResponse;
  readonly #output: CgiOutput;
  readonly #errors: ScriptErrors;
  #stdin: Readable | undefined;
  #console: Console | undefined;
  #ended = false;
  /** Calls a function as the server, of which the script must not become the asynchronous context. */
  readonly #outside = AsyncLocalStorage.snapshot();

  /** Made outside of any run. */
  constructor(req: IncomingMessage, res: ServerResponse, env: NodeJS.ProcessEnv) {
    this.#req = req;
    this.#res = res;
    this.env = env;
    this.#output = new CgiOutput(res).on('error', (error) => this.#failOutput(error));
    this.#errors = new ScriptErrors(context(req).stderr);
    this.stdout = this.#output;
    this.stderr = this.#errors;
  }

  get stdin(): Readable {
    // Made when first asked for: a script that reads no body shall not begin to. As an iterator it goes on
    // in the script's own asynchronous context, and outside of the connection's.
    this.#stdin ??= Readable.from(chunksOf(this.#req, this.#outside), { objectMode: false });
    return this.#stdin;
  }

  set stdin(stream: Readable) {
    this.#stdin = stream;
  }

  get console(): Console {
    this.#console ??= new Console({ stdout: this.stdout, stderr: this.stderr });
    return this.#console;
  }

  set console(value: Console) {
    this.#console = value;
  }

  /**
   * Runs the script. It is over when the promise that it returned is settled; without one, when it has
   * returned and all of the standard input that it reads has come.
   */
  start(script: CgiScript): void {
    try {
      const result = script();
      if (isPromise(result))
        result.then(
          () => this.#end(),
          (error: unknown) => this.fail(error),
        );
      else this.#endAfterInput();
    } catch (error) {
      this.fail(error);
    }
  }

  /** `process.exit()`: ends the request, not the process. */
  exit(code?: number | string | null): never {
    if (code !== undefined && code !== null) this.exitCode = code;
    this.#end();
    throw new ScriptExit();
  }

  /** The script has failed: status 500 if nothing was sent, else a response that is cut off. */
  fail(error: unknown): void {
    if (this.#ended || error instanceof ScriptExit) return;
    this.#ended = true;
    this.exitCode ||= 1;
    this.#errors.write(`${inspect(error)}\n`);
    this.#reportStatus();
    this.#afterErrors(() => {
      if (this.#res.headersSent) this.#res.destroy();
      else this.#answerFailure();
    });
  }

  /** What a script writes after its end is its loss; a malformed head is the failure of the request. */
  #failOutput(error: Error & { code?: string }): void {
    if (error.code !== 'ERR_FCGI_RESPONSE_HEAD') return;
    this.#ended = false;
    this.fail(error);
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#reportStatus();
    this.#afterErrors(() => this.#output.end());
  }

  #endAfterInput(): void {
    const stdin = this.#stdin;
    const reads = stdin && (stdin.readableFlowing !== null || stdin.listenerCount('readable') > 0);
    if (reads && !stdin.closed) stdin.once('close', () => this.#end());
    else this.#end();
  }

  /** Ends the request when nothing is left to be sent before. */
  #afterErrors(callback: () => void): void {
    this.#errors.whenSent(() => this.#outside(callback));
  }

  /** An exit status has 8 bits. */
  #reportStatus(): void {
    context(this.#req).appStatus = Number(this.exitCode ?? 0) & 0xff;
  }

  #answerFailure(): void {
    const body = 'Internal Server Error\n';
    this.#res.writeHead(500, { 'Content-Type': 'text/plain', 'Content-Length': body.length });
    this.#res.end(body);
  }
}

function context(req: IncomingMessage): RequestContext {
  return req.fastcgi as RequestContext;
}

async function* chunksOf(req: IncomingMessage, outside: Outside): AsyncGenerator<Buffer> {
  const chunks = req[Symbol.asyncIterator]();
  for (;;) {
    const { done, value } = await outside(() => chunks.next());
    if (done) return;
    yield value;
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';
}
