import {
  createReadStream,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express, { type Express } from 'express';
import { type AccelOptions, accel } from '../../src/index.ts';
import { fetchHead, listening } from '../support/http-client.ts';
import { serving } from '../support/serve.ts';
import { request } from '../support/wire.ts';

let folder: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'fcgi-accel-')));
  mkdirSync(join(folder, 'files'));
  writeFileSync(join(folder, 'files/page.txt'), 'The page');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** An application that sends one file. */
function sending(
  file: string,
  options: AccelOptions = {},
  more: (app: Express) => void = () => {},
): Express {
  const app = express();
  app.use(accel({ [join(folder, 'files')]: '/protected' }, options));
  more(app);
  app.get('/', (_req, res) => res.sendFile(join(folder, file)));
  return app;
}

/** What a web server gets: the header that has it send a file, and the body. */
async function ask(app: RequestListener, variables: Record<string, string> = {}) {
  return serving(app, async ({ connect }) => {
    const peer = await connect();
    const answer = await peer.exchange(
      request({ variables: { SERVER_SOFTWARE: 'nginx/1.22.1', ...variables } }),
    );
    const of = (name: string) =>
      answer.head.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
    const header = of('X-Accel-Redirect') ?? of('X-Sendfile');
    return { status: answer.status, header, body: answer.body.toString(), head: answer.head, of };
  });
}

const byItself = { status: '200 OK', header: undefined, body: 'The page' };

test.each([
  ['nginx/1.22.1', '/protected/page.txt'],
  ['nginx', '/protected/page.txt'],
  ['lighttpd/1.4.69', 'FOLDER/files/page.txt'],
])('%s is told %s', async (software, expected) => {
  const answer = await ask(sending('files/page.txt'), { SERVER_SOFTWARE: software });
  expect(answer).toMatchObject({
    status: '200 OK',
    header: expected.replace('FOLDER', folder),
    body: '',
  });
});

test.each(['Apache/2.4.57 (Debian)', 'Caddy/v2.6.2', 'nginxes/1', 'lighttpds', ''])(
  'the application sends the file itself under %j, which may not know a header',
  async (software) => {
    const app = sending('files/page.txt');
    expect(await ask(app, { SERVER_SOFTWARE: software })).toMatchObject(byItself);
  },
);

test.each([
  ['X-Sendfile', 'Apache/2.4.57', 'X-Sendfile'],
  ['X-Accel-Redirect', 'Caddy/v2.6.2', 'X-Accel-Redirect'],
  ['X-Accel-Redirect', 'lighttpd/1.4.69', 'X-Accel-Redirect'],
  ['X-Sendfile', 'nginx/1.22.1', 'X-Sendfile'],
] as const)('the option header %s holds under %s', async (header, software, expected) => {
  const app = sending('files/page.txt', { header });
  const { of, body } = await ask(app, { SERVER_SOFTWARE: software });
  const value = {
    'X-Sendfile': `${folder}/files/page.txt`,
    'X-Accel-Redirect': '/protected/page.txt',
  };
  expect([of(expected), body]).toEqual([value[expected], '']);
});

test('over plain HTTP the application sends the file itself, whatever the header', async () => {
  const app = sending('files/page.txt', { header: 'X-Sendfile' });
  await listening(createServer(app), async (server) => {
    const response = await fetchHead(server);
    expect(response.headers['x-sendfile']).toBeUndefined();
    expect(String(await response.toArray())).toBe('The page');
  });
});

test('what the web server will say of the bytes the application does not say', async () => {
  const { head, of } = await ask(sending('files/page.txt'));
  expect(
    head.filter((line) => /^(etag|last-modified|accept-ranges|content-range)/i.test(line)),
  ).toEqual([]);
  expect([of('Content-Length'), of('Content-Type')]).toEqual(['0', 'text/plain; charset=utf-8']);
});

test.each([
  ['HTTP_RANGE', 'bytes=0-1'],
  ['HTTP_RANGE', 'bytes=999-'],
  ['HTTP_IF_RANGE', '"x"'],
  ['HTTP_IF_MATCH', '"x"'],
  ['HTTP_IF_NONE_MATCH', '*'],
  ['HTTP_IF_MODIFIED_SINCE', 'Fri, 01 Jan 2100 00:00:00 GMT'],
  ['HTTP_IF_UNMODIFIED_SINCE', 'Thu, 01 Jan 1998 00:00:00 GMT'],
])('the condition %s: %s is left to the web server', async (name, value) => {
  const seen: unknown[] = [];
  const app = sending('files/page.txt', {}, (app) => {
    app.use((req, res, next) => {
      res.on('finish', () =>
        seen.push(req.headers[name.slice(5).toLowerCase().replaceAll('_', '-')]),
      );
      next();
    });
  });
  const { status, header } = await ask(app, { [name]: value });
  expect([status, header]).toEqual(['200 OK', '/protected/page.txt']);
  // For everybody else the request is as it was.
  expect(seen).toEqual([value]);
});

test('a condition holds for a file that the application sends itself', async () => {
  writeFileSync(join(folder, 'own.txt'), 'The page');
  const { status, body } = await ask(sending('own.txt'), { HTTP_RANGE: 'bytes=0-2' });
  expect([status, body]).toEqual(['206 Partial Content', 'The']);
});

test('HEAD is answered as GET is', async () => {
  const methods: unknown[] = [];
  const app = sending('files/page.txt', {}, (app) => {
    app.use((req, res, next) => {
      res.on('finish', () => methods.push(req.method, res.req === req));
      next();
    });
  });
  const { header, body } = await ask(app, { REQUEST_METHOD: 'HEAD' });
  expect([header, body, methods]).toEqual(['/protected/page.txt', '', ['HEAD', true]]);
});

describe('a file is not handed over', () => {
  test.each([
    ['beside the folder', 'own.txt'],
    ['in a folder whose name begins as the folder’s', 'files-2/page.txt'],
    ['behind a link that leads out of the folder', 'files/link.txt'],
    ['in a linked folder outside', 'files/outside/page.txt'],
  ])('%s', async (_, file) => {
    mkdirSync(join(folder, 'files-2'));
    for (const own of ['own.txt', 'files-2/page.txt']) writeFileSync(join(folder, own), 'The page');
    symlinkSync('../own.txt', join(folder, 'files/link.txt'));
    symlinkSync('../files-2', join(folder, 'files/outside'));
    expect(await ask(sending(file))).toMatchObject(byItself);
  });

  test('with a status of its own', async () => {
    const app = sending('files/page.txt', {}, (app) => {
      app.use((_req, res, next) => next(void res.status(203)));
    });
    const { header, body } = await ask(app);
    expect([header, body]).toEqual([undefined, 'The page']);
  });

  test.each(['before', 'while'])(
    'with a Content-Encoding that is set %s it is sent',
    async (when) => {
      const app = sending('files/page.txt', {}, (app) => {
        app.use((_req, res, next) => {
          const set = () => void res.setHeader('Content-Encoding', 'br');
          if (when === 'before') set();
          else res.prependListener('pipe', set);
          next();
        });
      });
      expect(await ask(app)).toMatchObject(byItself);
    },
  );

  test('whose name is no value of a header', async () => {
    for (const name of ['line\nend.txt', 'space.txt ']) {
      writeFileSync(join(folder, 'files', name), 'The page');
      const app = sending(join('files', name), { header: 'X-Sendfile' });
      expect(await ask(app, { SERVER_SOFTWARE: 'Apache' })).toMatchObject(byItself);
    }
  });

  test('that goes away when it is about to be: the application’s 404 has no trace of it', async () => {
    const app = sending('files/page.txt', {}, (app) => {
      app.use((_req, res, next) => {
        res.on('pipe', () => unlinkSync(join(folder, 'files/page.txt')));
        next();
      });
      app.use(((error, _req, res, next) => {
        if (error) res.status(404).end('Nothing');
        else next();
      }) as express.ErrorRequestHandler);
    });
    app.use(((error, _req, res, _next) => {
      res.status(error.status).end('Nothing');
    }) as express.ErrorRequestHandler);
    expect(await ask(app)).toMatchObject({
      status: '404 Not Found',
      header: undefined,
      body: 'Nothing',
    });
  });
});

test('another stream than the file goes to the client', async () => {
  const { Readable } = await import('node:stream');
  const app = sending('files/none.txt');
  app.use(((_error, _req, res, _next) => {
    Readable.from(['The ', 'page']).pipe(res.status(200));
  }) as express.ErrorRequestHandler);
  expect(await ask(app)).toMatchObject(byItself);
});

test('the page of an error that is a file goes to the client, not the file that was refused', async () => {
  writeFileSync(join(folder, 'files/.hidden'), 'A secret');
  const app = sending('files/.hidden');
  app.use(((_error, _req, res, _next) => {
    createReadStream(join(folder, 'files/page.txt')).pipe(res);
  }) as express.ErrorRequestHandler);
  expect(await ask(app)).toMatchObject(byItself);
});

test('Express complains of a path as it always does', async () => {
  const complaints: unknown[] = [];
  const app = express();
  app.use(accel({ [folder]: '/protected' }));
  app.get('/', (_req, res) => {
    for (const path of ['files/page.txt', undefined, 5]) {
      expect(() => res.sendFile(path as string)).toThrow(TypeError);
    }
    complaints.push(res.req.method);
    res.sendFile('page.txt', { root: 5 as never });
  });
  app.use(((error, req, res, _next) => {
    // It comes from Node itself, whose classes are others than those of the test.
    complaints.push(error.code, res.req === req);
    res.end();
  }) as express.ErrorRequestHandler);
  await ask(app);
  expect(complaints).toEqual(['GET', 'ERR_INVALID_ARG_TYPE', true]);
});

test('a response without sendFile() is left alone', async () => {
  const middleware = accel({ [folder]: '/protected' });
  const answer = await ask((req, res) => middleware(req, res, () => void res.end('The page')));
  expect(answer).toMatchObject(byItself);
});

test('a folder may be a link, which is followed anew each time', async () => {
  renameSync(join(folder, 'files'), join(folder, 'first'));
  symlinkSync('first', join(folder, 'files'));
  const app = sending('files/page.txt');
  expect(await ask(app)).toMatchObject({ header: '/protected/page.txt' });
  mkdirSync(join(folder, 'second'));
  writeFileSync(join(folder, 'second/new.txt'), '');
  unlinkSync(join(folder, 'files'));
  symlinkSync('second', join(folder, 'files'));
  expect(await ask(sending('second/new.txt'))).toMatchObject({ header: '/protected/new.txt' });
});

test('a file may lie in any of the folders, and belongs to the innermost', async () => {
  mkdirSync(join(folder, 'files/inner'));
  writeFileSync(join(folder, 'files/inner/page.txt'), 'The page');
  const folders = {
    [join(folder, 'none')]: '/none',
    [`${join(folder, 'files')}/`]: '/outer/',
    [join(folder, 'files/inner')]: '/inner%20one',
  };
  for (const [file, address] of [
    ['files/page.txt', '/outer/page.txt'],
    ['files/inner/page.txt', '/inner%20one/page.txt'],
  ] as const) {
    const app = express();
    app.use(accel(folders));
    app.get('/', (_req, res) => res.sendFile(join(folder, file)));
    expect(await ask(app)).toMatchObject({ header: address });
  }
});

test.each<[unknown, unknown, string]>([
  [null, {}, 'ERR_INVALID_ARG_TYPE'],
  ['/srv/files', {}, 'ERR_INVALID_ARG_TYPE'],
  [{ '/srv/files': 5 }, {}, 'ERR_INVALID_ARG_TYPE'],
  [{ files: '/protected' }, {}, 'ERR_OUT_OF_RANGE'],
  [{ '/srv/files': 'protected' }, {}, 'ERR_OUT_OF_RANGE'],
  [{ '/srv/files': '/pro tected' }, {}, 'ERR_OUT_OF_RANGE'],
  [{ '/srv/files': '/protected' }, { header: 'X-Elsewhere' }, 'ERR_OUT_OF_RANGE'],
])('accel(%j, %j) is refused with %s', (folders, options, code) => {
  expect(() => accel(folders as never, options as never)).toThrow(
    expect.objectContaining({ code }),
  );
});
