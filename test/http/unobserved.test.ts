import { once } from 'node:events';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, connect as connectTo } from 'node:net';
import { finished } from 'node:stream';
import { text } from 'node:stream/consumers';
import { within } from '../support/deadline.ts';
import { Deferred } from '../support/deferred.ts';
import { serving } from '../support/serve.ts';
import { request } from '../support/wire.ts';

type App = (req: IncomingMessage, res: ServerResponse) => void;

/** The request of which an application has been told, a while after all its events. */
interface Told {
  req: IncomingMessage;
  res: ServerResponse;
}

async function overHttp<Result>(app: App, look: (told: Told) => Promise<Result>): Promise<Result> {
  const told = new Deferred<Told>();
  const server = createHttpServer((req, res) => {
    res.on('close', () => told.resolve({ req, res }));
    app(req, res);
  });
  server.listen(0, '127.0.0.1');
  await within('listening', once(server, 'listening'));
  const client = connectTo((server.address() as AddressInfo).port, '127.0.0.1');
  try {
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    return await look(await told.wait('the end of the response'));
  } finally {
    client.destroy();
    server.close();
  }
}

function overFcgi<Result>(app: App, look: (told: Told) => Promise<Result>): Promise<Result> {
  const told = new Deferred<Told>();
  const listener: App = (req, res) => {
    res.on('close', () => told.resolve({ req, res }));
    app(req, res);
  };
  return serving(listener, async ({ connect }) => {
    await (await connect()).exchange(request());
    return look(await told.wait('the end of the response'));
  });
}

const turns = async () => {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
};

/** How a request that nobody looked at stands in the end. */
async function state({ req, res }: Told): Promise<Record<string, unknown>> {
  await turns();
  return {
    complete: req.complete,
    aborted: req.aborted,
    readable: req.readable,
    readableEnded: req.readableEnded,
    readableFlowing: req.readableFlowing,
    readableAborted: req.readableAborted,
    readableDidRead: req.readableDidRead,
    destroyed: req.destroyed,
    closed: req.closed,
    errored: req.errored,
    finished: await new Promise((resolve) => finished(req, (error) => resolve(error?.code))),
    read: await text(req).catch((error) => error.code),
    responseClosed: res.closed,
    responseDestroyed: res.destroyed,
  };
}

const apps: [string, App][] = [
  ['ends its response at once', (_req, res) => res.end('Hello')],
  ['ends its response later', (_req, res) => void setImmediate(() => res.end('Hello'))],
  ['streams', (_req, res) => void res.write('a', () => res.end('b'))],
];

test.each(apps)(
  'a request whose listener %s ends in the state that it has under http',
  async (_name, app) => {
    const expected = await overHttp(app, state);
    expect(expected).toMatchObject({ closed: true, aborted: false });
    expect(await overFcgi(app, state)).toEqual(expected);
  },
);

/** What a listener that comes so late still hears. */
const late: [string, (req: IncomingMessage, res: ServerResponse, listen: () => void) => void][] = [
  ["in 'finish'", (_req, res, listen) => void res.on('finish', listen)],
  ["in the response's 'close'", (_req, res, listen) => void res.on('close', listen)],
  ['a tick after the end', (_req, res, listen) => void res.end(() => process.nextTick(listen))],
];

test.each(late)(
  'who begins to listen %s hears what there is to hear under http',
  async (_name, begin) => {
    const heard = async (over: typeof overFcgi) => {
      const events: string[] = [];
      const app: App = (req, res) => {
        begin(req, res, () => {
          for (const event of ['end', 'close', 'aborted', 'error'])
            req.on(event, () => events.push(event));
          if (!res.closed) res.on('close', () => events.push("the response's 'close'"));
        });
        if (!res.writableEnded) res.end('Hello');
      };
      await over(app, turns);
      return events;
    };
    const expected = await heard(overHttp);
    expect(expected).toContain('close');
    expect(await heard(overFcgi)).toEqual(expected);
  },
);

test('who begins to read a request without a body, whenever that is, finds its end', async () => {
  for (const wait of [() => {}, () => new Promise((resolve) => setImmediate(resolve))]) {
    const read = new Deferred<string>();
    const app: App = async (req, res) => {
      await wait();
      read.resolve(await text(req));
      res.end();
    };
    await overFcgi(app, turns);
    expect(await read.wait('the body')).toBe('');
  }
});

test("an emit() of somebody's own sees every event", async () => {
  const seen = async (over: typeof overFcgi) => {
    const events: string[] = [];
    await over((req, res) => {
      const { emit } = req;
      req.emit = (event: string, ...args: unknown[]) => {
        if (event !== 'resume') events.push(event);
        return Reflect.apply(emit, req, [event, ...args]);
      };
      res.end('Hello');
    }, turns);
    return events;
  };
  const expected = await seen(overHttp);
  expect(expected).toContain('close');
  expect(await seen(overFcgi)).toEqual(expected);
});
