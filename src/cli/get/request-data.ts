import { createReadStream, fstatSync, openSync } from 'node:fs';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { ExitCode } from '../exit-code.ts';
import { Failure, messageOf, UsageError } from '../failure.ts';
import type { Host } from '../host.ts';

/** A request body whose length is known: applications read as many bytes as CONTENT_LENGTH says. */
export interface RequestData {
  readonly body: Buffer | Readable;
  readonly length: number;
}

/**
 * Makes the body of `-d`: a text, `@file`, or `@-` for the standard input. Texts that are given one by one
 * are joined by `&`, as fields of a form are.
 *
 * @throws {UsageError} if a file is one of several values
 * @throws {Failure} if the file cannot be read
 */
export async function requestData(
  values: readonly string[],
  host: Host,
): Promise<RequestData | undefined> {
  if (values.length === 0) return undefined;
  const file = values.find((value) => value.startsWith('@'));
  if (file === undefined) return fromBytes(Buffer.from(values.join('&')));
  if (values.length > 1) throw new UsageError('-d @file stands alone: a file is a whole body');
  const { process } = host;
  if (file === '@-') return collect(process.stdin, 'the standard input');
  return fromFile(resolve(process.cwd(), file.slice(1)));
}

function fromBytes(body: Buffer): RequestData {
  return { body, length: body.length };
}

async function fromFile(path: string): Promise<RequestData> {
  const { stream, size } = open(path);
  if (size === undefined) return collect(stream, path);
  return { body: Readable.from(chunks(stream, path), { objectMode: false }), length: size };
}

async function* chunks(stream: Readable, path: string): AsyncIterable<Buffer> {
  try {
    yield* stream;
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** A folder can be opened, but not read; a pipe, as of `<(command)`, has a length when it has ended. */
function open(path: string): { stream: Readable; size: number | undefined } {
  try {
    const fd = openSync(path, 'r');
    const stats = fstatSync(fd);
    return {
      stream: createReadStream(path, { fd }),
      size: stats.isFile() ? stats.size : undefined,
    };
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function collect(stream: Readable, name: string): Promise<RequestData> {
  try {
    return fromBytes(await buffer(stream));
  } catch (error) {
    throw unreadable(name, error);
  }
}

function unreadable(name: string, error: unknown): Failure {
  return new Failure(ExitCode.READ, `Cannot read ${name}: ${messageOf(error)}`, error);
}
