import { type ClientResponse, type RecordListener, request } from '../../client/index.ts';
import { FcgiError } from '../../errors.ts';
import { ExitCode } from '../exit-code.ts';
import { exitCodeOf, Failure } from '../failure.ts';
import { type Host, tell } from '../host.ts';
import { Output } from './output.ts';
import { Progress } from './progress.ts';
import type { RequestData } from './request-data.ts';
import { showRecords } from './show-records.ts';

/** What `fcgi get` was asked for. */
export interface GetSettings {
  readonly target: string;
  readonly params: Readonly<Record<string, string | undefined>>;
  readonly data: RequestData | undefined;
  readonly role: 1 | 2 | 3;
  readonly timeout: number | undefined;
  readonly verbose: boolean;
  /** Print the head of the response too. */
  readonly include: boolean;
  /** Take a status of 400 or above for a failure. */
  readonly fail: boolean;
  readonly output: string | undefined;
}

/**
 * Sends a request and writes the response.
 *
 * @throws {Failure} if the status was to be a failure, or the output cannot be written
 * @throws what the client throws
 */
export async function send(settings: GetSettings, host: Host): Promise<void> {
  const progress = progressOf(settings, host);
  try {
    const response = await ask(settings, progress, host);
    if (settings.fail && response.statusCode >= 400) refuse(settings, response);
    if (writesToTerminal(settings, host)) progress?.stop();
    else progress?.receive(contentLength(response));
    const head = settings.include ? headOf(response) : Buffer.alloc(0);
    const output = new Output(settings.output, host);
    await output.write(head, response.body, (bytes) => progress?.add(bytes));
    progress?.stop();
    await response.completed;
    hint(settings, response, host);
  } catch (error) {
    throw withTarget(error, settings.target);
  } finally {
    progress?.stop();
  }
}

/** Not every error of a response knows whose it is. */
function withTarget(error: unknown, target: string): unknown {
  if (!(error instanceof FcgiError) || error.message.includes(target)) return error;
  return new Failure(exitCodeOf(error), `${target}: ${error.message}`, error);
}

function ask(
  { target, params, data, role, timeout, verbose }: GetSettings,
  progress: Progress | undefined,
  host: Host,
): Promise<ClientResponse> {
  const onRecord: RecordListener | undefined = verbose ? showRecords(host) : progress?.onRecord;
  // Among the records it is shown already.
  const stderr = verbose ? undefined : host.process.stderr;
  return request(target, { params, body: data?.body, role, timeout, onRecord, stderr });
}

/** Only who looks at a terminal sees it; there it must not get among other lines. */
function progressOf({ data, verbose }: GetSettings, host: Host): Progress | undefined {
  if (!host.process.stderr.isTTY || verbose) return undefined;
  return new Progress(host, data?.length);
}

function writesToTerminal({ output }: GetSettings, { process }: Host): boolean {
  return process.stdout.isTTY && (output === undefined || output === '-');
}

function contentLength({ rawHeaders }: ClientResponse): number | undefined {
  const at = rawHeaders.findIndex((name, i) => i % 2 === 0 && /^content-length$/i.test(name));
  return at < 0 ? undefined : Number(rawHeaders[at + 1]);
}

/** The head as the browser would get it, in its bytes. */
function headOf({ statusCode, statusMessage, rawHeaders }: ClientResponse): Buffer {
  const lines = [`HTTP/1.1 ${statusCode} ${statusMessage}`.trimEnd()];
  for (let i = 0; i < rawHeaders.length; i += 2)
    lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

function refuse({ target }: GetSettings, response: ClientResponse): never {
  // Its body is not wanted: the connection is closed.
  response.body.on('error', () => {}).destroy();
  const status = `${response.statusCode} ${response.statusMessage}`.trimEnd();
  throw new Failure(ExitCode.STATUS, `${target} answered with the status ${status}`);
}

/** What php-fpm says when nobody told it which file is meant. */
const NO_SCRIPT = /Primary script unknown|No input file specified/;

function hint({ params, target }: GetSettings, { stderr }: ClientResponse, host: Host): void {
  if (params.SCRIPT_FILENAME !== undefined || !NO_SCRIPT.test(stderr)) return;
  tell(host, `fcgi: ${target} wants a file: --root says in which folder the path is one`);
}
