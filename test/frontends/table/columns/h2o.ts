import { OPENSSL } from '../../support/certificate.ts';
import { H2O, startH2o } from '../../support/h2o.ts';
import { ANEW_OVER_UNIX } from '../../support/site.ts';
import type { Column } from '../column.ts';
import {
  bodyInOnePiece,
  bodyTakenAhead,
  cutOffUnseen,
  echoes,
  heardWhenItWrites,
  incompleteUploadUnheard,
} from '../otherwise.ts';

const BUFFERED = 'h2o takes all of a body before it passes it on';
const UNHEARD =
  'h2o 2.2 does not look for the end of a client to which it has nothing to send; the application hears of it when it writes';
const CUT_OFF =
  'h2o takes the end of the connection for the end of the response; a response with `Content-Length` is seen to be cut off';

export const h2o: Column = {
  server: 'h2o',
  programs: [H2O, OPENSSL],
  start: startH2o,
  files: [{ file: 'h2o/h2o.conf', mode: ANEW_OVER_UNIX }],
  otherwise: {
    'keeps X_Real_IP apart from X-Real-IP': echoes(
      'h2o sends both as one header, and nothing of it is believed: `req.ip` is right',
      ['X_Real_IP', '192.0.2.66', 'X-Real-IP', '192.0.2.1'],
      'x-real-ip',
      '192.0.2.66, 192.0.2.1',
    ),
    'joins repeated headers as http does': echoes(
      'h2o joins two `Cookie` headers with `;` without a space, which parsers of cookies take as well',
      ['Cookie', 'a=1', 'Cookie', 'b=2'],
      'cookie',
      'a=1;b=2',
    ),
    'hands on the pieces of a body of unknown length as they come': bodyInOnePiece(BUFFERED),
    'takes no more of a body than the application reads and the sockets hold':
      bodyTakenAhead(BUFFERED),
    ...heardWhenItWrites(UNHEARD),
    'tells the application that the client went away during its upload': incompleteUploadUnheard(
      `${BUFFERED}: it never hears of one that does not end`,
    ),
    'never completes a response without a length that is cut off': cutOffUnseen(CUT_OFF),
    'never completes one without a length that the client has begun to read': cutOffUnseen(CUT_OFF),
  },
};
