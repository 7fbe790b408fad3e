import { OPENSSL } from '../../support/certificate.ts';
import { LIGHTTPD } from '../../support/lighttpd.ts';
import { LIGHTTPD_OPENSSL, startLighttpd } from '../../support/lighttpd-site.ts';
import { ANEW_OVER_UNIX } from '../../support/site.ts';
import type { Column } from '../column.ts';
import {
  bodyInOnePiece,
  bodyTakenAhead,
  echoes,
  heardWhenItWrites,
  incompleteUploadUnheard,
} from '../otherwise.ts';

const BUFFERED = 'lighttpd takes all of a body before it passes it on';
const UNHEARD =
  'lighttpd does not look for the end of a client to which it has nothing to send; the application hears of it when it writes';

export const lighttpd: Column = {
  server: 'lighttpd',
  programs: [LIGHTTPD, LIGHTTPD_OPENSSL, OPENSSL],
  start: startLighttpd,
  files: [{ file: 'lighttpd/connect.conf', mode: ANEW_OVER_UNIX }],
  otherwise: {
    'keeps X_Real_IP apart from X-Real-IP': echoes(
      'lighttpd sends both as one header, and nothing of it is believed: `req.ip` is right',
      ['X_Real_IP', '192.0.2.66', 'X-Real-IP', '192.0.2.1'],
      'x-real-ip',
      '192.0.2.66, 192.0.2.1',
    ),
    'hands on the pieces of a body of unknown length as they come': bodyInOnePiece(BUFFERED),
    'takes no more of a body than the application reads and the sockets hold': bodyTakenAhead(
      `${BUFFERED}, into files if it is large`,
    ),
    ...heardWhenItWrites(UNHEARD),
    'tells the application that the client went away during its upload': incompleteUploadUnheard(
      `${BUFFERED}: it never hears of one that does not end`,
    ),
  },
};
