/*
 * The four exchanges of the specification's appendix B, byte for byte.
 *
 * What the web server sends stands here as the appendix has it, each record a header and its content; its
 * "..." are a REQUEST_METHOD, and a CONTENT_LENGTH where there is a body. What the application answers
 * differs where the specification leaves it free: there is always a `Status` line, and successive writes
 * to one stream share a record while nothing else comes between them.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { RequestContext } from '../../src/index.ts';
import { Deferred } from '../support/deferred.ts';
import { serving } from '../support/serve.ts';
import type { WebServer } from '../support/web-server.ts';
import { END_REQUEST, parseRecords, STDERR, STDOUT } from '../support/wire.ts';

const bytes = (...records: string[]) => Buffer.from(records.join(''), 'latin1');

const HTML = '<html>\n<head> ... ';
const HEAD = 'Status: 200 OK\r\nContent-type: text/html\r\n\r\n';

const PARAMS_GET =
  '\x0b\x02SERVER_PORT80\x0b\x0eSERVER_ADDR199.170.183.42\x0e\x03REQUEST_METHODGET';

/** Everything that comes back. */
function collect(peer: WebServer): Buffer[] {
  const chunks: Buffer[] = [];
  peer.socket.on('data', (chunk) => chunks.push(chunk));
  return chunks;
}

function writeHead(res: ServerResponse): ServerResponse {
  res.sendDate = false;
  return res.writeHead(200, { 'Content-type': 'text/html' });
}

/** {FCGI_STDOUT, 1, head and document}, {FCGI_STDOUT, 1, ""}, {FCGI_END_REQUEST, 1, {0, FCGI_REQUEST_COMPLETE}} */
const COMPLETE = bytes(
  `\x01\x06\0\x01\0\x3d\0\0${HEAD}${HTML}`,
  '\x01\x06\0\x01\0\0\0\0',
  '\x01\x03\0\x01\0\x08\0\0\0\0\0\0\0\0\0\0',
);

test('B.1: a request without data on stdin, and a successful response', async () => {
  await serving(
    (_req, res) => void writeHead(res).end(HTML),
    async ({ connect }) => {
      const peer = await connect();
      const answered = collect(peer);
      peer.send(
        bytes(
          // {FCGI_BEGIN_REQUEST, 1, {FCGI_RESPONDER, 0}}
          '\x01\x01\0\x01\0\x08\0\0\0\x01\0\0\0\0\0\0',
          // {FCGI_PARAMS, 1, "\013\002SERVER_PORT80\013\016SERVER_ADDR199.170.183.42 ... "}
          `\x01\x04\0\x01\0\x3d\0\0${PARAMS_GET}`,
          // {FCGI_PARAMS, 1, ""}
          '\x01\x04\0\x01\0\0\0\0',
          // {FCGI_STDIN, 1, ""}
          '\x01\x05\0\x01\0\0\0\0',
        ),
      );
      await peer.closed();
      expect(Buffer.concat(answered).toString('latin1')).toBe(COMPLETE.toString('latin1'));
    },
  );
});

test('B.2: data on stdin, and a pair that straddles two records', async () => {
  const seen = new Deferred<unknown[]>();
  await serving(
    async (req, res) => {
      const { SERVER_PORT, SERVER_ADDR } = (req.fastcgi as RequestContext).params;
      seen.resolve([SERVER_PORT, SERVER_ADDR, await text(req)]);
      writeHead(res).end(HTML);
    },
    async ({ connect }) => {
      const peer = await connect();
      const answered = collect(peer);
      peer.send(
        bytes(
          // {FCGI_BEGIN_REQUEST, 1, {FCGI_RESPONDER, 0}}
          '\x01\x01\0\x01\0\x08\0\0\0\x01\0\0\0\0\0\0',
          // {FCGI_PARAMS, 1, "\013\002SERVER_PORT80\013\016SER"}
          '\x01\x04\0\x01\0\x14\0\0\x0b\x02SERVER_PORT80\x0b\x0eSER',
          // {FCGI_PARAMS, 1, "VER_ADDR199.170.183.42 ... "}
          '\x01\x04\0\x01\0\x3c\0\0VER_ADDR199.170.183.42\x0e\x04REQUEST_METHODPOST\x0e\x02CONTENT_LENGTH25',
          // {FCGI_PARAMS, 1, ""}
          '\x01\x04\0\x01\0\0\0\0',
          // {FCGI_STDIN, 1, "quantity=100&item=3047936"}
          '\x01\x05\0\x01\0\x19\0\0quantity=100&item=3047936',
          // {FCGI_STDIN, 1, ""}
          '\x01\x05\0\x01\0\0\0\0',
        ),
      );
      await peer.closed();
      expect(Buffer.concat(answered).toString('latin1')).toBe(COMPLETE.toString('latin1'));
      const expected = ['80', '199.170.183.42', 'quantity=100&item=3047936'];
      expect(await seen.wait('the listener')).toEqual(expected);
    },
  );
});

test('B.3: an error on stderr amid the response, and appStatus 938', async () => {
  await serving(
    (req, res) => {
      const context = req.fastcgi as RequestContext;
      writeHead(res).write('<ht');
      context.stderr.write('config error: missing SI_UID\n');
      context.appStatus = 938;
      res.end('ml>\n<head> ... ');
    },
    async ({ connect }) => {
      const peer = await connect();
      const answered = collect(peer);
      peer.send(
        bytes(
          // {FCGI_BEGIN_REQUEST, 1, {FCGI_RESPONDER, 0}}
          '\x01\x01\0\x01\0\x08\0\0\0\x01\0\0\0\0\0\0',
          // {FCGI_PARAMS, 1, "\013\002SERVER_PORT80\013\016SERVER_ADDR199.170.183.42 ... "}
          `\x01\x04\0\x01\0\x3d\0\0${PARAMS_GET}`,
          // {FCGI_PARAMS, 1, ""}
          '\x01\x04\0\x01\0\0\0\0',
          // {FCGI_STDIN, 1, ""}
          '\x01\x05\0\x01\0\0\0\0',
        ),
      );
      await peer.closed();
      expect(Buffer.concat(answered).toString('latin1')).toBe(
        bytes(
          // {FCGI_STDOUT, 1, "Content-type: text/html\r\n\r\n<ht"}
          `\x01\x06\0\x01\0\x2e\0\0${HEAD}<ht`,
          // {FCGI_STDERR, 1, "config error: missing SI_UID\n"}, with 3 bytes of padding
          '\x01\x07\0\x01\0\x1d\x03\0config error: missing SI_UID\n\0\0\0',
          // {FCGI_STDOUT, 1, "ml>\n<head> ... "}
          '\x01\x06\0\x01\0\x0f\0\0ml>\n<head> ... ',
          // {FCGI_STDOUT, 1, ""}
          '\x01\x06\0\x01\0\0\0\0',
          // {FCGI_STDERR, 1, ""}
          '\x01\x07\0\x01\0\0\0\0',
          // {FCGI_END_REQUEST, 1, {938, FCGI_REQUEST_COMPLETE}}
          '\x01\x03\0\x01\0\x08\0\0\0\0\x03\xaa\0\0\0\0',
        ).toString('latin1'),
      );
    },
  );
});

test('B.4: two requests on one connection, the second of which is answered first', async () => {
  const first = new Deferred<ServerResponse>();
  const listener = (req: IncomingMessage, res: ServerResponse) => {
    writeHead(res);
    if (req.fastcgi?.id === 2) return void res.end(HTML);
    res.flushHeaders();
    first.resolve(res);
  };
  await serving(listener, async ({ connect }) => {
    const peer = await connect();
    const answered = collect(peer);
    peer.send(
      bytes(
        // {FCGI_BEGIN_REQUEST, 1, {FCGI_RESPONDER, FCGI_KEEP_CONN}}
        '\x01\x01\0\x01\0\x08\0\0\0\x01\x01\0\0\0\0\0',
        // {FCGI_PARAMS, 1, "\013\002SERVER_PORT80\013\016SERVER_ADDR199.170.183.42 ... "}
        `\x01\x04\0\x01\0\x3d\0\0${PARAMS_GET}`,
        // {FCGI_PARAMS, 1, ""}
        '\x01\x04\0\x01\0\0\0\0',
        // {FCGI_BEGIN_REQUEST, 2, {FCGI_RESPONDER, FCGI_KEEP_CONN}}
        '\x01\x01\0\x02\0\x08\0\0\0\x01\x01\0\0\0\0\0',
        // {FCGI_PARAMS, 2, "\013\002SERVER_PORT80\013\016SERVER_ADDR199.170.183.42 ... "}
        `\x01\x04\0\x02\0\x3d\0\0${PARAMS_GET}`,
        // {FCGI_STDIN, 1, ""}
        '\x01\x05\0\x01\0\0\0\0',
      ),
    );
    await peer.until('the head of the first', () => peer.records.length === 1);
    peer.send(
      bytes(
        // {FCGI_PARAMS, 2, ""}
        '\x01\x04\0\x02\0\0\0\0',
        // {FCGI_STDIN, 2, ""}
        '\x01\x05\0\x02\0\0\0\0',
      ),
    );
    await peer.answer(2);
    (await first.wait('the first')).end(HTML);
    await peer.answer(1);
    expect(Buffer.concat(answered).toString('latin1')).toBe(
      bytes(
        // {FCGI_STDOUT, 1, "Content-type: text/html\r\n\r\n"}
        `\x01\x06\0\x01\0\x2b\0\0${HEAD}`,
        // {FCGI_STDOUT, 2, "Content-type: text/html\r\n\r\n<html>\n<head> ... "}
        `\x01\x06\0\x02\0\x3d\0\0${HEAD}${HTML}`,
        // {FCGI_STDOUT, 2, ""}
        '\x01\x06\0\x02\0\0\0\0',
        // {FCGI_END_REQUEST, 2, {0, FCGI_REQUEST_COMPLETE}}
        '\x01\x03\0\x02\0\x08\0\0\0\0\0\0\0\0\0\0',
        // {FCGI_STDOUT, 1, "<html>\n<head> ... "}
        `\x01\x06\0\x01\0\x12\0\0${HTML}`,
        // {FCGI_STDOUT, 1, ""}
        '\x01\x06\0\x01\0\0\0\0',
        // {FCGI_END_REQUEST, 1, {0, FCGI_REQUEST_COMPLETE}}
        '\x01\x03\0\x01\0\x08\0\0\0\0\0\0\0\0\0\0',
      ).toString('latin1'),
    );
    // FCGI_KEEP_CONN: the connection serves on.
    expect(peer.ended).toBe(false);
    const types = parseRecords(Buffer.concat(answered)).map(({ type }) => type);
    expect(types.filter((type) => type === END_REQUEST)).toHaveLength(2);
    expect(types).not.toContain(STDERR);
    expect(types[0]).toBe(STDOUT);
  });
});
