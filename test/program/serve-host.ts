import { EventEmitter } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { Deferred } from '../support/deferred.ts';

/** What a stream holds; Node 26 gives it piece by piece. */
export function textIn(stream: Readable): string {
  let text = '';
  for (let piece = stream.read(); piece !== null; piece = stream.read()) text += piece;
  return text;
}

/** A process that is none: what programs do to theirs can be looked at. */
export class FakeProcess extends EventEmitter {
  env: NodeJS.ProcessEnv = {};
  // Of no process that has a socket to leave, so that file descriptor 0 of the tests stays theirs.
  pid = -1;
  stdin = Readable.from([Buffer.from('a body')]);
  stdout = new PassThrough();
  stderr = new PassThrough();
  exitCode: number | undefined;
  readonly exited = new Deferred<number | undefined>();

  exit(code?: number): void {
    this.exited.resolve(code ?? this.exitCode ?? 0);
  }

  /** What a program told so far. */
  told(): string {
    return textIn(this.stderr);
  }

  asProcess(): NodeJS.Process {
    return this as unknown as NodeJS.Process;
  }
}
