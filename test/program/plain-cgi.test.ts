import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { PassThrough, Readable, Writable } from 'node:stream';
import express from 'express';
import { createServer, type ServerOptions } from '../../src/index.ts';
import { PlainCgiRequest } from '../../src/program/plain-cgi-request.ts';
import { environmentVariables } from '../../src/program/plain-cgi-variables.ts';
import { within } from '../support/deadline.ts';
import { textIn } from './serve-host.ts';

const GET = {
  GATEWAY_INTERFACE: 'CGI/1.1',
  REQUEST_METHOD: 'GET',
  SCRIPT_NAME: '/app',
  PATH_INFO: '/x y',
  QUERY_STRING: 'q=1',
  SERVER_PROTOCOL: 'HTTP/1.1',
  HTTP_HOST: 'example.test',
  REMOTE_ADDR: '192.0.2.7',
};

interface Run {
  readonly request: PlainCgiRequest;
  readonly stdout: PassThrough;
  readonly errors: Error[];
  stderr(): string;
  exitCode(): Promise<number>;
  /** What was written to standard output, once the request is over. */
  output(): Promise<string>;
}

interface Given extends ServerOptions {
  readonly variables?: Record<string, string>;
  readonly stdin?: Readable;
  readonly open?: () => Readable;
}

/** Starts the one request of a CGI program. */
function start(
  listener: RequestListener,
  { variables = {}, stdin = Readable.from([]), open = () => stdin, ...options }: Given = {},
): Run {
  const errors: Error[] = [];
  const server = createServer(options, listener).on('clientError', (error) => errors.push(error));
  const stdout = new PassThrough({ highWaterMark: 1024 * 1024 });
  const stderr = new PassThrough();
  const request = new PlainCgiRequest(server, {
    variables: environmentVariables({ ...GET, ...variables }),
    stdin: open,
    stdout,
    stderr,
  });
  request.dispatch();
  const exitCode = () => within('the exit code', request.done);
  return {
    request,
    stdout,
    errors,
    stderr: () => textIn(stderr),
    exitCode,
    output: async () => {
      await exitCode();
      return textIn(stdout);
    },
  };
}

const POST = (length: number | '') => ({ REQUEST_METHOD: 'POST', CONTENT_LENGTH: String(length) });

async function textOf(req: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of req) text += chunk;
  return text;
}

const echo: RequestListener = async (req, res) => res.end(await textOf(req));

test('a listener gets the request of the environment, and answers on standard output', async () => {
  const run = start((req, res) => {
    const { method, url, headers } = req;
    res.setHeader('X-Seen', JSON.stringify([method, url, headers.host, req.socket.remoteAddress]));
    res.end('hello');
  });
  expect(await run.output()).toMatch(
    /^Status: 200 OK\r\nX-Seen: \["GET","\/app\/x%20y\?q=1","example.test","192.0.2.7"\]\r\n(.+\r\n)*Content-Length: 5\r\n\r\nhello$/,
  );
  expect(await run.exitCode()).toBe(0);
});

test('an Express application works as it is, under its base too', async () => {
  const app = express();
  app.post('/:name', express.json(), (req, res) => {
    res.status(201).json([req.baseUrl, req.params.name, req.body, req.ip]);
  });
  const body = '{"a":1}';
  const run = start(app, {
    base: 'auto',
    variables: { ...POST(body.length), CONTENT_TYPE: 'application/json', PATH_INFO: '/n' },
    stdin: Readable.from([Buffer.from(body)]),
  });
  const output = await run.output();
  expect(output).toMatch(/^Status: 201 Created\r\n/);
  expect(output).toMatch(/\r\n\r\n\["\/app","n",\{"a":1\},"192\.0\.2\.7"\]$/);
});

test('req.fastcgi is that of a Responder without an id, its stderr is standard error', async () => {
  let seen: unknown;
  const run = start((req, res) => {
    const { id, role, keepConnection, params, data } = req.fastcgi ?? fail();
    seen = [id, role, keepConnection, params.QUERY_STRING, data.readableLength];
    req.fastcgi?.stderr.write('a line\n');
    if (req.fastcgi) req.fastcgi.appStatus = 3;
    res.end();
  });
  expect(await run.exitCode()).toBe(3);
  expect(seen).toEqual([0, 1, false, 'q=1', 0]);
  expect(run.stderr()).toBe('a line\n');
});

function fail(): never {
  throw new Error('There is no req.fastcgi');
}

test('the values of variables are bytes, those that are no UTF-8 too', () => {
  const raw = () => Buffer.from('HTTP_A=caf\xe9\0HTTP_B=\xc3\xa4\0', 'latin1');
  const environment = { HTTP_A: 'caf\ufffd', HTTP_B: 'ä', HTTP_C: '\ufffd', GONE: undefined };
  expect(environmentVariables(environment, raw)).toEqual([
    ...['HTTP_A', 'caf\xe9', 'HTTP_B', '\xc3\xa4', 'HTTP_C', '\xef\xbf\xbd'],
  ]);
  expect(environmentVariables({ A: '\ufffd' })).toEqual(['A', '\xef\xbf\xbd']);
});

describe('the body', () => {
  test('ends after CONTENT_LENGTH bytes, though standard input goes on and does not end', async () => {
    const stdin = new PassThrough();
    stdin.write('0123456789 and more');
    const run = start(echo, { variables: POST(10), stdin });
    expect(await run.output()).toMatch(/\r\n\r\n0123456789$/);
    expect(stdin.isPaused()).toBe(true);
  });

  test.each([
    ['without CONTENT_LENGTH', POST('')],
    ['with a CONTENT_LENGTH of 0', POST(0)],
  ])('is empty %s, and standard input is not touched', async (_name, variables) => {
    const run = start(echo, { variables, open: () => fail() });
    expect(await run.output()).toMatch(/Content-Length: 0\r\n\r\n$/);
  });

  test('goes on to the end of standard input when it was chunked, as Apache passes it on', async () => {
    const run = start(
      async (req, res) => res.end(`${req.headers['transfer-encoding']} ${await textOf(req)}`),
      {
        variables: { ...POST(''), HTTP_TRANSFER_ENCODING: 'chunked' },
        stdin: Readable.from([Buffer.from('in '), Buffer.from('pieces')]),
      },
    );
    expect(await run.output()).toMatch(/\r\n\r\nchunked in pieces$/);
  });

  test.each<[string, () => Readable]>([
    ['ends early', () => Readable.from([Buffer.from('123')])],
    ['is closed', () => new PassThrough().destroy()],
    ['was read to its end', () => readToEnd()],
  ])('gets status 400 when standard input %s', async (_name, stdin) => {
    let aborted = false;
    const run = start(
      (req) =>
        void req
          .on('aborted', () => (aborted = true))
          .on('error', () => {})
          .resume(),
      {
        variables: POST(10),
        stdin: stdin(),
      },
    );
    expect(await run.output()).toMatch(/^Status: 400 Bad Request\r\n/);
    expect(run.errors).toEqual([expect.objectContaining({ code: 'ERR_FCGI_BODY_LENGTH' })]);
    expect(run.stderr()).toContain('ERR_FCGI_BODY_LENGTH');
    expect([aborted, await run.exitCode()]).toEqual([true, 0]);
  });

  function readToEnd(): Readable {
    const stream = new Readable({ read() {}, autoDestroy: false });
    stream.push(null);
    Object.defineProperty(stream, 'readableEnded', { value: true });
    return stream;
  }

  test('looks like a disconnect when standard input fails', async () => {
    const stdin = new PassThrough();
    const aborted = new Promise((resolve) => {
      start((req) => void req.on('aborted', resolve).on('error', () => {}), {
        variables: POST(10),
        stdin,
      });
    });
    stdin.destroy(new Error('EIO'));
    await within('aborted', aborted);
  });

  test('of 64 MiB passes both ways, with back-pressure', async () => {
    const size = 64 * 1024 * 1024;
    const piece = Buffer.alloc(1024 * 1024, 'x');
    let pushed = 0;
    const stdin = new Readable({
      read() {
        pushed += piece.length;
        this.push(piece);
      },
    });
    let received = 0;
    let most = 0;
    const stdout = new Writable({
      write(chunk, _encoding, done) {
        received += chunk.length;
        most = Math.max(most, pushed - received);
        setImmediate(done);
      },
    });
    const server = createServer((req, res) => void req.pipe(res));
    const variables = environmentVariables({ ...GET, ...POST(size) });
    const stderr = new PassThrough();
    const request = new PlainCgiRequest(server, { variables, stdin: () => stdin, stdout, stderr });
    request.dispatch();
    expect(await within('the exit code', request.done)).toBe(0);
    expect(received).toBeGreaterThan(size);
    expect(most).toBeLessThan(8 * 1024 * 1024);
  });

  test('that nobody reads does not hold up the response', async () => {
    const run = start((_req, res) => res.end('done'), {
      variables: POST(1000),
      stdin: new PassThrough(),
    });
    expect(await run.output()).toMatch(/\r\n\r\ndone$/);
  });
});

describe('failures', () => {
  test('a listener that throws gets status 500, exit code 1, and its error on standard error', async () => {
    const run = start(() => {
      throw new Error('broken');
    });
    expect(await run.output()).toBe(
      'Status: 500 Internal Server Error\r\nContent-Type: text/plain\r\nContent-Length: 22\r\n\r\nInternal Server Error\n',
    );
    expect(await run.exitCode()).toBe(1);
    expect(run.stderr()).toContain('Error: broken');
  });

  test('a listener that throws later has its response cut off', async () => {
    let res: ServerResponse | undefined;
    const run = start((_req, response) => {
      res = response;
      response.write('part');
    });
    run.request.crash(new Error('too late'));
    run.request.dispatch();
    expect(await run.exitCode()).toBe(1);
    expect(res?.destroyed).toBe(true);
    expect(await run.output()).toMatch(/\r\n\r\npart$/);
  });

  test('an error after the response is reported, and changes nothing', async () => {
    const run = start((_req, res) => res.end('whole'));
    run.request.crash(new Error('afterwards'));
    expect(await run.output()).toMatch(/whole$/);
    expect(run.stderr()).toContain('Error: afterwards');
  });

  test('a listener that gives up the response makes exit code 1', async () => {
    const run = start((_req, res) => void res.destroy());
    expect(await run.exitCode()).toBe(1);
  });

  test('a request without a method gets status 400', async () => {
    const run = start(() => fail(), { variables: { REQUEST_METHOD: '' } });
    expect(await run.output()).toMatch(/^Status: 400 Bad Request\r\n/);
    expect(run.errors).toEqual([expect.objectContaining({ code: 'ERR_FCGI_META_VARIABLE' })]);
  });

  test('a reader that goes away is a disconnect, and exit code 0', async () => {
    const events: string[] = [];
    const closed = new Promise((resolve) => {
      const run = start(
        (req, res) => {
          req.on('aborted', () => events.push('aborted')).on('error', () => {});
          req.fastcgi?.signal.addEventListener('abort', () => events.push('signal'));
          res.on('close', () => resolve(run.exitCode()));
          res.write('part');
        },
        { variables: POST(10), stdin: new PassThrough() },
      );
      run.stdout.destroy(Object.assign(new Error('EPIPE'), { code: 'EPIPE' }));
    });
    expect(await within('close', closed)).toBe(0);
    expect(events.sort()).toEqual(['aborted', 'signal']);
  });

  test('drain comes when the reader goes on', async () => {
    const stdout = new Writable({ highWaterMark: 10, write: (_c, _e, done) => setImmediate(done) });
    const server = createServer((_req, res) => {
      expect(res.write('x'.repeat(100))).toBe(false);
      res.on('drain', () => res.end());
    });
    const variables = environmentVariables(GET);
    const stderr = new PassThrough();
    const request = new PlainCgiRequest(server, { variables, stdin: () => fail(), stdout, stderr });
    request.dispatch();
    expect(await within('the exit code', request.done)).toBe(0);
  });
});
