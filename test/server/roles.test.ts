import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type RequestContext, type ServerOptions } from '../../src/index.ts';
import { Deferred } from '../support/deferred.ts';
import { serving } from '../support/serve.ts';
import {
  ABORT_REQUEST,
  AUTHORIZER,
  begin,
  FILTER,
  GET,
  params,
  RESPONDER,
  record,
  request,
} from '../support/wire.ts';

const UNKNOWN_ROLE = 3;
const answer = (_req: IncomingMessage, res: ServerResponse) => {
  res.end('answered');
};
const none = undefined as never;

test.each<[string, number, ServerOptions]>([
  ['a Responder', RESPONDER, { authorizer: answer, filter: answer }],
  ['an Authorizer', AUTHORIZER, { filter: answer }],
  ['a Filter', FILTER, { authorizer: answer }],
  ['the role 4', 4, { authorizer: answer, filter: answer }],
  ['the role 65535', 65_535, { authorizer: answer, filter: answer }],
  ['the role 0', 0, { authorizer: answer, filter: answer }],
])(
  'refuses %s without a listener with FCGI_UNKNOWN_ROLE, and goes on',
  async (_name, role, options) => {
    await serving(
      none,
      async ({ server, connect, errors }) => {
        const peer = await connect();
        const asked = Buffer.concat([begin(1, 1, role), params(1, GET)]);
        expect((await peer.exchange(asked)).protocolStatus).toBe(UNKNOWN_ROLE);
        server.on('request', answer);
        expect((await peer.exchange(request())).body.toString()).toBe('answered');
        expect(errors).toEqual([]);
      },
      options,
    );
  },
);

test("a listener that is added to 'request' later serves Responders, and only them", async () => {
  await serving(none, async ({ server, connect }) => {
    const peer = await connect();
    expect((await peer.exchange(request())).protocolStatus).toBe(UNKNOWN_ROLE);
    server.on('request', answer);
    expect((await peer.exchange(request())).body.toString()).toBe('answered');
    const asked = Buffer.concat([begin(1, 1, AUTHORIZER), params(1, GET)]);
    expect((await peer.exchange(asked)).protocolStatus).toBe(UNKNOWN_ROLE);
    server.removeAllListeners('request');
    expect((await peer.exchange(request())).protocolStatus).toBe(UNKNOWN_ROLE);
  });
});

test('the server is `this` in the listener of every role', async () => {
  const seen: unknown[] = [];
  function note(this: unknown, _req: IncomingMessage, res: ServerResponse) {
    seen.push(this);
    res.end();
  }
  await serving(
    note,
    async ({ server, connect }) => {
      const peer = await connect();
      for (const role of [RESPONDER, AUTHORIZER, FILTER]) {
        await peer.exchange(Buffer.concat([begin(1, 1, role), params(1, GET)]));
      }
      expect(seen).toEqual([server, server, server]);
    },
    { authorizer: note, filter: note },
  );
});

test.each(['authorizer', 'filter'])('refuses the option %s that is no function', (name) => {
  expect(() => createServer({ [name]: {} })).toThrow(
    expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' }),
  );
});

test.each([0, 1, 938, 0xffff_ffff])('reports the appStatus %i that was set', async (status) => {
  await serving(
    (req, res) => {
      (req.fastcgi as RequestContext).appStatus = status;
      res.end();
    },
    async ({ connect }) => {
      expect((await (await connect()).exchange(request())).appStatus).toBe(status);
    },
  );
});

test.each([-1, 1.5, 2 ** 32, Number.NaN, '1'])('refuses the appStatus %p', async (status) => {
  await serving(
    (req, res) => {
      const context = req.fastcgi as RequestContext;
      try {
        context.appStatus = status as number;
      } catch (error) {
        res.end(`${(error as NodeJS.ErrnoException).code} ${context.appStatus}`);
      }
    },
    async ({ connect }) => {
      const { body, appStatus } = await (await connect()).exchange(request());
      expect([body.toString(), appStatus]).toEqual(['ERR_OUT_OF_RANGE 0', 0]);
    },
  );
});

test.each([
  [0, 1],
  [7, 7],
])(
  'a response given up ends with appStatus 1 unless it was set: %i gives %i',
  async (set, told) => {
    await serving(
      (req, res) => {
        (req.fastcgi as RequestContext).appStatus = set;
        res.destroy();
      },
      async ({ connect }) => {
        expect((await (await connect()).exchange(request())).appStatus).toBe(told);
      },
    );
  },
);

test('an aborted request reports the appStatus that was set', async () => {
  const started = new Deferred<void>();
  await serving(
    (req) => {
      (req.fastcgi as RequestContext).appStatus = 5;
      started.resolve();
    },
    async ({ connect }) => {
      const peer = await connect();
      peer.send(request());
      await started.wait('the listener');
      expect((await peer.exchange(record(ABORT_REQUEST, 1))).appStatus).toBe(5);
    },
  );
});
