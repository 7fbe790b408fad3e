import { CADDY, startCaddy } from '../../support/caddy.ts';
import { OPENSSL } from '../../support/certificate.ts';
import { ask } from '../../support/http-client.ts';
import { Load } from '../../support/load.ts';
import { ANEW_OVER_UNIX } from '../../support/site.ts';
import type { Column } from '../column.ts';
import { bodyInOnePiece, cutOffUnseen, echoes, heardWhenItWrites } from '../otherwise.ts';

const UNHEARD =
  'Caddy does not tell that a client is gone; the application hears of it when it writes';
const CUT_OFF =
  'Caddy takes the end of the connection for the end of the response; a response with `Content-Length` is seen to be cut off';

/** Debian's Caddy says of a length that it does not know that it is -1: src/cgi/request-head.ts. */
const LATER = 'with Caddy 2.6; later versions answer 411 themselves unless the body is small';

export const caddy: Column = {
  server: 'Caddy',
  programs: [CADDY, OPENSSL],
  start: startCaddy,
  files: [{ file: 'caddy/Caddyfile', mode: ANEW_OVER_UNIX }],
  otherwise: {
    'joins repeated headers as http does': echoes(
      'Caddy joins two `Cookie` headers with a comma, as others; browsers send one',
      ['Cookie', 'a=1', 'Cookie', 'b=2'],
      'cookie',
      'a=1, b=2',
    ),
    'writes what the application says on stderr into the error log': {
      why: 'Caddy 2.6 drops it; write what matters to the standard error of the process as well',
      async instead(site) {
        expect((await ask(`${site.origin}/complain`)).text).toBe('Complained.');
        for (let i = 0; i < 25; i++) await ask(`${site.origin}/json`);
        expect(site.frontEnd.errorLog()).not.toContain('The cellar is flooded');
      },
    },
    'hands on the pieces of a body of unknown length as they come': bodyInOnePiece(
      'Caddy gathers 64 KiB of a body, or all of a smaller one, before it passes them on',
    ),
    ...heardWhenItWrites(UNHEARD),
    'never completes a response without a length that is cut off': cutOffUnseen(CUT_OFF),
    'never completes one without a length that the client has begun to read': cutOffUnseen(CUT_OFF),
    'answers every request while the web server reloads its configuration': {
      why: 'Caddy opens its sockets anew: a connection that is just being made may be reset, and clients try again',
      async instead(site) {
        const load = new Load(site);
        await load.moreAnswers();
        await site.frontEnd.reload();
        await load.moreAnswers();
        for (const { status, right } of await load.end()) {
          if (status !== 'ECONNRESET')
            expect({ status, right }).toEqual({ status: 200, right: true });
        }
      },
    },
  },
  provided: {
    'uploads a body of unknown length': LATER,
    'parses JSON of unknown length': LATER,
  },
};
