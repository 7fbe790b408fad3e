import { EventEmitter } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import connect from 'connect';
import express from 'express';
import Fastify from 'fastify';
import Koa from 'koa';
import { findExport } from '../../src/cli/serve/find-export.ts';
import { loadListener } from '../../src/cli/serve/load-listener.ts';
import { toListener } from '../../src/cli/serve/to-listener.ts';
import { Handler, type Listener } from '../../src/index.ts';
import { serving } from '../support/serve.ts';
import { request } from '../support/wire.ts';
import { CommandProcess, hostOf } from './support/host.ts';

const host = hostOf(new CommandProcess());
const listenerOf = (value: unknown) => toListener(value, __filename, host);

/** What a listener answers to GET /. */
async function answerOf(listener: Listener): Promise<string> {
  return serving(listener, async ({ connect: open }) => {
    const { body } = await (await open()).exchange(request());
    return body.toString();
  });
}

class Hello extends Handler {
  override handle() {
    return this.sendResponse(200, 'text/plain', 'hello');
  }
}

const hello: http.RequestListener = (_req, res) => void res.end('hello');

describe('a module may export', () => {
  test.each([
    ['a listener', () => hello],
    ['an Express application', () => express().use(hello)],
    ['a Connect application', () => connect().use(hello)],
    ['a Koa application', () => new Koa().use((ctx) => hello(ctx.req, ctx.res))],
    ['a Fastify application', () => Fastify().get('/', async () => 'hello')],
    ['an http.Server', () => http.createServer(hello)],
    ['a Handler class', () => Hello],
    ['a function that makes one', () => () => hello],
    [
      'a function that makes one later',
      () =>
        async (_options = {}) =>
          express().use(hello),
    ],
    ['a function that makes a Handler class', () => () => Hello],
  ])('%s', async (_, make) => {
    expect(await answerOf(await listenerOf(make()))).toBe('hello');
  });

  test('a class that extends the Handler of another copy of this package', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fcgi-copy-'));
    try {
      const copy = join(folder, 'node_modules/fcgi');
      mkdirSync(copy, { recursive: true });
      // As much of another copy as its Handler classes need.
      writeFileSync(
        join(copy, 'index.js'),
        `const { EventEmitter } = require('node:events');
        class Handler {}
        const createServer = (Class) =>
          new EventEmitter().on('request', (req, res) => new Class().handle(req, res));
        module.exports = { Handler, createServer };`,
      );
      const file = join(folder, 'app.js');
      const { Handler: Foreign } = require(join(copy, 'index.js'));
      class ForeignHello extends Foreign {
        handle(_req: http.IncomingMessage, res: http.ServerResponse) {
          res.end('foreign');
        }
      }
      expect(await answerOf(await toListener(ForeignHello, file, host))).toBe('foreign');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('what cannot answer is refused with a hint:', () => {
  test.each([
    [
      { fetch: () => {} },
      'exports an object with fetch, which is no listener. A fetch handler needs',
    ],
    [class Plain {}, 'exports the class Plain, which is no listener. A listener is a function'],
    [{}, 'exports an object with no properties, which is no listener'],
    [new EventEmitter(), 'which is no listener'],
    [5, 'exports 5, which is no listener'],
    [
      () => undefined,
      'exports a function of 0 parameters, so it was called to make the application, but it returned undefined',
    ],
    [
      () => {
        throw new Error('no database');
      },
      'exports a function that was called to make the application, and threw: no database',
    ],
  ])('%p', async (value, message) => {
    const error = await listenerOf(value).catch((reason) => reason);
    expect(error).toMatchObject({ exitCode: 1, message: expect.stringContaining(message) });
  });
});

describe('of several exports', () => {
  const other = () => {};

  test.each([
    ['default', { default: hello, app: other }],
    ['app', { app: hello, close: other }],
    ['createApp', { createApp: hello, close: other }],
    ['module.exports', { default: hello, 'module.exports': hello }],
    ['module.exports.app', { default: { app: hello, close: other } }],
    [
      'exports.default of a compiled module',
      { default: { __esModule: true, default: hello, x: other } },
    ],
    ['the only function', { name: 'site', start: hello }],
  ])('%s is taken', (_, exports) => {
    expect(findExport(exports, undefined)).toBe(hello);
  });

  test('the one that is named is taken', () => {
    expect(findExport({ default: other, api: hello }, 'api')).toBe(hello);
    const find = () => findExport({ default: other, api: hello }, 'site');
    expect(find).toThrow("has no export 'site'; it exports default, api");
  });

  test.each([
    [
      {},
      'exports nothing that answers requests: it exports nothing. Export the application: export default app;',
    ],
    [{ default: {} }, 'it exports nothing.'],
    [{ default: {}, a: 1, b: () => {}, c: () => {} }, 'it exports a, b, c.'],
  ])('of %p none is', (exports, message) => {
    expect(() => findExport(exports, undefined)).toThrow(message);
  });
});

describe('loading', () => {
  let folder: string;
  const command = new CommandProcess();

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'fcgi-modules-'));
    command.folder = folder;
    writeFileSync(join(folder, 'app.js'), 'module.exports = (req, res) => res.end("hello");');
    mkdirSync(join(folder, 'site'));
    writeFileSync(join(folder, 'site/index.js'), 'exports.app = (req, res) => res.end("site");');
    writeFileSync(join(folder, 'none.js'), 'exports.port = 1;');
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('finds a file, without its extension, and a folder, from the current folder', async () => {
    for (const name of ['app.js', './app', join(folder, 'app')]) {
      expect(await answerOf(await loadListener(name, undefined, hostOf(command)))).toBe('hello');
    }
    expect(await answerOf(await loadListener('site', undefined, hostOf(command)))).toBe('site');
  });

  test.each([
    ['missing.js', () => Promise.resolve({}), 'missing.js: there is no such module'],
    ['app.js', () => Promise.reject('a string'), 'app.js cannot be loaded: it throws a string'],
    [
      'app.js',
      () => Promise.reject(Object.assign(new Error('?'), { stack: '' })),
      'app.js cannot be loaded: Error: ?',
    ],
    ['none.js', undefined, 'none.js exports nothing that answers requests: it exports port.'],
  ])('%s that fails is told with the cause', async (name, load, message) => {
    const failing = { ...hostOf(command), ...(load && { load }) };
    const error = await loadListener(name, undefined, failing).catch((reason) => reason);
    expect(error).toMatchObject({ exitCode: 1, message: expect.stringContaining(message) });
  });

  test('a syntax error is told with its place', async () => {
    writeFileSync(join(folder, 'wrong.js'), 'const a = 1;\nconst = 2;');
    const failing = { ...hostOf(command), load: () => Promise.reject(new SyntaxError('no')) };
    const loading = loadListener('wrong.js', undefined, failing);
    await expect(loading).rejects.toThrow(
      `wrong.js cannot be loaded: SyntaxError: no (${folder}/wrong.js:2)`,
    );
  });

  test('TypeScript that this Node does not run is told with what helps', async () => {
    const error = Object.assign(new TypeError('Unknown file extension ".ts"'), {
      code: 'ERR_UNKNOWN_FILE_EXTENSION',
    });
    const failing = { ...hostOf(command), load: () => Promise.reject(error) };
    await expect(loadListener('app.js', undefined, failing)).rejects.toThrow(
      'Node runs TypeScript by itself from 22.18 on',
    );
  });
});
