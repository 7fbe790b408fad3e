import { OPENSSL } from '../../support/certificate.ts';
import { NGINX, startNginx } from '../../support/nginx.ts';
import { ANEW_OVER_UNIX, KEPT_OVER_UNIX } from '../../support/site.ts';
import type { Column } from '../column.ts';

const STREAMED = 'in the location of `nginx/streaming.conf`';

export const nginx: Column = {
  server: 'nginx',
  programs: [NGINX, OPENSSL],
  start: startNginx,
  files: [
    { file: 'nginx/socket.conf', mode: ANEW_OVER_UNIX },
    { file: 'nginx/keepalive.conf', mode: KEPT_OVER_UNIX },
  ],
  provided: {
    'hands on the pieces of a body of unknown length as they come': STREAMED,
    'takes no more of a body than the application reads and the sockets hold': STREAMED,
    'refuses an upload that is still under way': STREAMED,
    'tells the application that the client went away during its upload': STREAMED,
    'writes no further ahead of a slow client than the sockets hold':
      'with `X-Accel-Buffering: no`, or in that location; elsewhere nginx keeps what the client has not read in a file',
    'delivers server-sent events one by one': 'with `X-Accel-Buffering: no`, or in that location',
    'delivers what is written before the response ends':
      'with `X-Accel-Buffering: no`, or in that location',
  },
  otherwise: {},
};
