import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import * as http from 'node:http';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import * as fcgi from '../../src/index.ts';
import * as protocol from '../../src/protocol/index.ts';
import { within } from '../support/deadline.ts';
import { repository } from './tarball.ts';

const page = readFileSync(join(repository, 'docs/from-python.md'), 'utf8');

/** What the page's names for objects stand for. */
const owners: Record<string, object> = {
  fcgi,
  protocol,
  http,
  process,
  handler: anyHandler(),
  server: new fcgi.Server(),
  res: http.ServerResponse.prototype,
};

function anyHandler(): fcgi.Handler {
  class AnyHandler extends fcgi.Handler {
    handle() {}
  }
  const req = new http.IncomingMessage(new Socket());
  return new AnyHandler(req, new http.ServerResponse(req));
}

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fcgi-from-python-'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(repository, join(folder, 'node_modules/fcgi'), 'junction');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The programs of the page, each with the output that stands below it and the heading above it. */
const examples = page.split(/^#+ /m).flatMap((section) => {
  const [heading = ''] = section.split('\n', 1);
  const blocks = [...section.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)];
  return blocks.flatMap(([, language, code = ''], index) => {
    const [, nextLanguage, next] = blocks[index + 1] ?? [];
    const output = nextLanguage === 'text' ? next : undefined;
    return language === 'js' ? [{ heading, code, output }] : [];
  });
});

/** Runs a program as somebody does who has the package installed; it ends by itself. */
async function run(code: string) {
  const cwd = mkdtempSync(join(folder, 'example-'));
  writeFileSync(join(cwd, 'example.mjs'), code);
  const { GATEWAY_INTERFACE, LISTEN_FDS, LISTEN_PID, PORT, ...env } = process.env;
  const child = spawn(process.execPath, ['example.mjs'], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    const [stdout, stderr, [exitCode]] = await within('the end of the example', ended);
    return { stdout, stderr, exitCode };
  } finally {
    child.kill('SIGKILL');
  }
}

test.each(examples)(
  'the example "$heading" prints what stands below it',
  async ({ code, output }) => {
    expect(output).toBeDefined();
    expect(await run(code)).toEqual({ stdout: output, stderr: '', exitCode: 0 });
  },
);

test('no two examples stand under one heading', () => {
  const headings = examples.map(({ heading }) => heading);
  expect(headings).toEqual([...new Set(headings)]);
  expect(headings.length).toBeGreaterThan(10);
});

/** The rows of the tables under a heading and those below it: the names, and what is said of them. */
function rows(heading: string): { names: string[]; here: string; remark: string }[] {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  return [...section.matchAll(/^\| *(`.*)\|$/gm)].map(([, row]) => {
    const [python = '', here = '', remark = '', ...rest] = (row as string)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim());
    expect(rest).toEqual([]);
    return { names: codeSpans(python), here, remark };
  });
}

function codeSpans(markdown: string): string[] {
  return [...markdown.matchAll(/`([^`]+)`/g)].map(([, code]) => code as string);
}

/** Every public name, class by class: `Name` alone, `Name.member`, and `name(argument)` for an option. */
const libraries = {
  fastcgi: `
    Record Role Status readlen recv_record params send_record send_stream
    FcgiHandler FcgiHandler.setup FcgiHandler.handle FcgiHandler.finish FcgiHandler.environ
    FcgiHandler.streams FcgiHandler.length FcgiHandler['stdin'] FcgiHandler['stdout']
    FcgiHandler['stderr'] FcgiHandler['data'] FcgiHandler['params'] FcgiHandler.content
    FcgiHandler.write FcgiHandler.print FcgiHandler.err FcgiHandler.rfile FcgiHandler.wfile
    FcgiHandler.rbufsize FcgiHandler.wbufsize TextWrapper
    fastcgi fastcgi(sock) fastcgi(func) os sys ForkingUnixServer
    ReuseThreadingServer HandlerException HandlerException.code
    MinimalHTTPHandler MinimalHTTPHandler.setup MinimalHTTPHandler.setup_ex
    MinimalHTTPHandler.handle MinimalHTTPHandler.send_response MinimalHTTPHandler.send_header
    MinimalHTTPHandler.end_headers MinimalHTTPHandler.MessageClass
    MinimalHTTPHandler.protocol_version MinimalHTTPHandler.command MinimalHTTPHandler.path
    MinimalHTTPHandler.request_version MinimalHTTPHandler.raw_requestline
    MinimalHTTPHandler.headers MinimalHTTPHandler.rfile MinimalHTTPHandler.wfile
    http2fcgi TCPServer UnixStreamServer ForkingTCPServer handle_request serve_forever
    Request unpack_from pack pack_rec unpack_sz unpack_rec unpack_content
    FcgiHandler.send FcgiHandler.stdin FcgiHandler.params`,
  simple_fastcgi: `
    ProtocolError
    FcgiHandler FcgiHandler.environ FcgiHandler.handle FcgiHandler.setup FcgiHandler.finish
    FcgiHandler.aborted FcgiHandler.read FcgiHandler.readinto FcgiHandler.readall
    FcgiHandler.write FcgiHandler.write(flush) FcgiHandler.write_err FcgiHandler.flush
    FcgiHandler.readable FcgiHandler.writable FcgiHandler.rfile FcgiHandler.wfile
    FcgiHandler.protocol FcgiHandler.server
    AsyncFcgiHandler AsyncFcgiHandler.handle AsyncFcgiHandler.aborted AsyncFcgiHandler.read
    AsyncFcgiHandler.readinto AsyncFcgiHandler.readall AsyncFcgiHandler.write
    AsyncFcgiHandler.write_err AsyncFcgiHandler.flush AsyncFcgiHandler.reader
    AsyncFcgiHandler.writer
    FcgiServer FcgiServer(handler) FcgiServer(sockfd) FcgiServer(sock) FcgiServer.fileno
    FcgiServer.serve_forever FcgiServer.shutdown FcgiServer.service_actions FcgiServer.socket
    FcgiServer.server_close FcgiServer.get_request FcgiServer.shutdown_request
    FcgiServer.close_request FcgiThreadingServer
    AsyncFcgiServer AsyncFcgiServer.fileno AsyncFcgiServer.get_loop AsyncFcgiServer.shutdown
    AsyncFcgiServer.serve_forever AsyncFcgiServer.on_request
    HttpResponseMixin HttpResponseMixin.send_response send_response(code)
    send_response(mime_type) send_response(data) send_response(json)
    send_response(extra_headers) send_response(flush) HttpResponseMixin.send_redirect
    AsyncHttpResponseMixin AsyncHttpResponseMixin.send_response
    AsyncHttpResponseMixin.send_redirect status_table make_header process_data
    fastcgi_protocol fastcgi_protocol.feed fastcgi_protocol.fetch fastcgi_protocol.read
    fastcgi_protocol.readall fastcgi_protocol.write fastcgi_protocol.write_err
    fastcgi_protocol.flush fastcgi_protocol.complete fastcgi_protocol.ready
    fastcgi_protocol.eof fastcgi_protocol.aborted fastcgi_protocol.environ
    fastcgi_protocol.role fastcgi_protocol.keep_conn fastcgi_protocol.request_id
    fastcgi_protocol(management_handler) fastcgi_protocol(write_buffer_size)
    Record record_pack record_unpack parse_var_len parse_kv_pair pack_var_len pack_kv_pair
    pack_end_request pack_data pack_get_values pack_unknown FCGI_VERSION_1 FCGI_BEGIN_REQUEST
    FCGI_ABORT_REQUEST FCGI_END_REQUEST FCGI_PARAMS FCGI_STDIN FCGI_STDOUT FCGI_STDERR FCGI_DATA
    FCGI_GET_VALUES FCGI_GET_VALUES_RESULT FCGI_UNKNOWN_TYPE FCGI_KEEP_CONN FCGI_RESPONDER
    FCGI_AUTHORIZER FCGI_FILTER FCGI_REQUEST_COMPLETE FCGI_CANT_MPX_CONN FCGI_OVERLOADED
    FCGI_UNKNOWN_ROLE`,
  'jonpy fcgi': `
    Server Server(handler_types) Server(max_requests) Server(params) Server(request_type)
    Server(threading_level) Server.run Server.exit Server.log
    Request Request.fastcgi_data Request.fcgi_data Request.stdin Request.environ Request.params
    Request.cookies Request.aborted Request.output_headers Request.clear_headers
    Request.add_header Request.get_header Request.set_header Request.del_header
    Request.append_header_value Request.set_buffering Request.flush Request.close
    Request.clear_output Request.error Request.set_encoding Request.get_encoding
    Request.set_form_encoding Request.get_form_encoding Request.write Request.tell Request.seek
    Request.traceback Request.log Request.run Request._handler_type Request._init Request._write
    Request._flush Request._mergevars Request._mergemime Request._read_cgi_data
    GZipRequest GZipMixIn GZipMixIn.gzip_level CGIRequest CGIRequest.process GZipCGIRequest
    Handler Handler.process Handler.traceback DebugHandler DebugHandlerMixIn
    Error SequencingError html_encode url_encode url_decode traceback
    Record Record.version Record.type Record.request_id Record.content_data Record.encode
    NameValueData NameValueData.values NameValueData.encode NameValueData.encode_one
    InputStream InputStream.read InputStream.readline InputStream.readlines InputStream.add_data
    InputStream.eof Connection Connection.run Connection.process_input Connection.write
    Connection.close Connection.log set_logging log_level log_name log_file log_lock
    FCGI_LISTENSOCK_FILENO FCGI_WEB_SERVER_ADDRS FCGI_VERSION_1 FCGI_BEGIN_REQUEST
    FCGI_ABORT_REQUEST FCGI_END_REQUEST FCGI_PARAMS FCGI_STDIN FCGI_STDOUT FCGI_STDERR FCGI_DATA
    FCGI_GET_VALUES FCGI_GET_VALUES_RESULT FCGI_UNKNOWN_TYPE FCGI_KEEP_CONN FCGI_RESPONDER
    FCGI_AUTHORIZER FCGI_FILTER FCGI_REQUEST_COMPLETE FCGI_CANT_MPX_CONN FCGI_OVERLOADED
    FCGI_UNKNOWN_ROLE`,
};

describe.each(Object.entries(libraries))('the tables of %s', (library, text) => {
  const table = rows(library);
  const names = text.trim().split(/\s+/);

  test('have every public name of the library', () => {
    const missing = new Set(names);
    for (const row of table) for (const name of row.names) missing.delete(name);
    expect([...missing]).toEqual([]);
  });

  test('have no name twice, and none that the library lacks', () => {
    const found = table.flatMap((row) => row.names);
    expect([...found].sort()).toEqual([...new Set(names)].sort());
  });

  test('answer every name', () => {
    const unanswered = table.filter(({ here, remark }) => ['', 'none'].includes(here) && !remark);
    expect(unanswered).toEqual([]);
  });

  test('answer with names that are there', () => {
    const answers = table.flatMap(({ here, remark }) => codeSpans(`${here} ${remark}`));
    const unknown = answers.flatMap((answer) =>
      [...answer.matchAll(/(?<![\w/])(\w+)\.([A-Za-z_]\w*)/g)]
        .filter(([, owner, name]) => !isThere(owner as string, name as string))
        .map(([whole]) => whole),
    );
    expect(unknown).toEqual([]);
  });
});

function isThere(owner: string, name: string): boolean {
  return !Object.hasOwn(owners, owner) || name in (owners[owner] as object);
}
