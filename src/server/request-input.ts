import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { lengthVariable } from '../cgi/length-variable.ts';
import { type RequestHead, readRequestHead, requestHead } from '../cgi/request-head.ts';
import type { VariableReader, VariableSource } from '../cgi/variable-reader.ts';
import { completeBody, endBody, endsLate, pushBody } from '../http/incoming-message.ts';
import { RecordType, Role } from '../protocol/index.ts';
import { FilterData } from './filter-data.ts';
import { type Flow, InputStream, type Outlet } from './input-stream.ts';

const intoMessage: Outlet<IncomingMessage> = {
  push: pushBody,
  end: endBody,
  ...(endsLate ? { empty: completeBody } : {}),
};

/** What the web server sends for a request after its PARAMS: STDIN, and DATA for a Filter. */
export class RequestInput {
  /** STDIN; an Authorizer has none. */
  readonly body: InputStream<IncomingMessage>;
  /** DATA of a Filter. */
  readonly data: FilterData | undefined;
  readonly #role: number;

  constructor(flow: Flow, role: number) {
    this.#role = role;
    this.body = new InputStream(flow, intoMessage);
    if (role !== Role.FILTER) return;
    this.data = new FilterData(flow);
    this.body.sibling = this.data.input;
    this.data.input.sibling = this.body;
  }

  /** Whether all of it has come. */
  get ended(): boolean {
    return this.body.ended && this.data?.input.ended !== false;
  }

  /**
   * Takes from the meta-variables how long the streams will be, and what else they say.
   *
   * @param source has all of them
   * @throws {FcgiError} as `requestHead` does; `ERR_FCGI_META_VARIABLE` if FCGI_DATA_LENGTH is no number
   */
  begin(reader: VariableReader, source: VariableSource): RequestHead {
    if (this.#role === Role.AUTHORIZER) {
      // No STDIN record may ever come (FastCGI §6.3): whatever length is told is that of the client's body.
      this.body.end();
      return requestHead(without('CONTENT_LENGTH', source.variables));
    }
    const head = readRequestHead(reader, source);
    this.body.expected = head.contentLength;
    if (this.data) this.data.input.expected = dataLength(source.variables);
    return head;
  }

  /**
   * The stream that records of the type belong to.
   *
   * @returns undefined if the role has no such stream
   */
  stream(type: number): InputStream<IncomingMessage> | InputStream<Readable> | undefined {
    return type === RecordType.STDIN ? this.body : this.data?.input;
  }

  /** The request was answered. */
  release(): void {
    this.body.release();
    this.data?.release();
  }

  /** The request was cut off. */
  cutOff(error: Error | undefined): void {
    this.body.close();
    this.data?.abort(error);
  }
}

function without(name: string, variables: readonly string[]): string[] {
  return variables.filter((_, i) => variables[i - (i % 2)] !== name);
}

/** FCGI_DATA_LENGTH (FastCGI §6.4); undefined when it is absent or empty. */
function dataLength(variables: readonly string[]): number | undefined {
  const at = variables.findIndex((text, i) => i % 2 === 0 && text === 'FCGI_DATA_LENGTH');
  return lengthVariable('FCGI_DATA_LENGTH', at < 0 ? '' : (variables[at + 1] as string));
}
