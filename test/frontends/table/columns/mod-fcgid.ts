import { APACHE, MOD_FCGID } from '../../support/apache.ts';
import { OPENSSL } from '../../support/certificate.ts';
import { send } from '../../support/http-client.ts';
import { startModFcgid } from '../../support/mod-fcgid.ts';
import { requestName } from '../../support/site.ts';
import type { Otherwise, StartingColumn } from '../column.ts';
import {
  bodyInOnePiece,
  bodyTakenAhead,
  echoes,
  heardWhenItWrites,
  incompleteUploadUnheard,
} from '../otherwise.ts';

const BUFFERED = 'mod_fcgid takes all of a body before it passes it on';
const UNHEARD =
  'mod_fcgid does not look for the end of a client to which it has nothing to send; the application hears of it when it writes';

/** 300 kB, or what there was of it, and more. */
const cutOff: Otherwise = {
  why: 'Apache puts its page for 500 behind what came of the response, and that passes for whole; a response with `Content-Length` is seen to be cut off',
  async instead(site) {
    const id = requestName();
    const exchange = send(`${site.origin}/cut?id=${id}&bytes=300000&framing=none`);
    await site.application.noted('begun', id);
    site.application.tell('cut', id);
    const { status, text } = await exchange.answer();
    expect(status).toBe(200);
    expect(text).toMatch(/^A+<!DOCTYPE HTML.*<title>500 Internal Server Error.*<\/html>\n$/s);
  },
};

const LARGE =
  'with `FcgidMaxRequestLen`, as in `mod_fcgid/site.conf`; by default bodies may have 128 KiB';
const AT_ONCE =
  'with `FcgidOutputBufferSize 0`, as in `mod_fcgid/site.conf`; by default mod_fcgid gathers 64 KiB';
const ANOTHER = 'Apache starts another copy of the application for the next request';

export const modFcgid: StartingColumn = {
  server: 'Apache mod_fcgid',
  programs: [APACHE, MOD_FCGID, OPENSSL],
  startWithCopies: startModFcgid,
  files: [
    { file: 'mod_fcgid/.htaccess' },
    { file: 'mod_fcgid/app.fcgi' },
    { file: 'mod_fcgid/start.mjs' },
    { file: 'mod_fcgid/site.conf' },
  ],
  provided: {
    'leaves the path and the query as the client wrote them':
      'with `AllowEncodedSlashes NoDecode`, as in `mod_fcgid/site.conf`; by default Apache answers 404 to `%2F`',
    'uploads 32 MiB unchanged': LARGE,
    'uploads a body of unknown length': LARGE,
    'refuses an upload that nobody reads with an answer, not with a reset': LARGE,
    'refuses an upload of which a part was read with an answer, not with a reset': LARGE,
    'refuses an upload that is still under way': LARGE,
    'delivers server-sent events one by one': AT_ONCE,
    'delivers what is written before the response ends': AT_ONCE,
    'answers 500, 502 or 503 when the application was killed, and serves again after its restart':
      ANOTHER,
    'finishes the requests under way when the application is told to end, and gives it no more':
      ANOTHER,
  },
  otherwise: {
    'joins repeated headers as http does': echoes(
      'Apache joins two `Cookie` headers with a comma, as others; browsers send one',
      ['Cookie', 'a=1', 'Cookie', 'b=2'],
      'cookie',
      'a=1, b=2',
    ),
    'hands on the pieces of a body of unknown length as they come': bodyInOnePiece(BUFFERED),
    'takes no more of a body than the application reads and the sockets hold': bodyTakenAhead(
      `${BUFFERED}, into files if it is large`,
    ),
    ...heardWhenItWrites(UNHEARD),
    'never completes a response without a length that is cut off': cutOff,
    'never completes one without a length that the client has begun to read': cutOff,
    'tells the application that the client went away during its upload': incompleteUploadUnheard(
      `${BUFFERED}: it never hears of one that does not end`,
    ),
  },
};
