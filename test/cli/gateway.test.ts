import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../frontends/support/free-port.ts';
import { within } from '../support/deadline.ts';
import { serving } from '../support/serve.ts';
import { fcgi, ONE_LINE, startFcgi } from './support/command.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fcgi-gateway-'));
  mkdirSync(join(folder, 'www'));
  writeFileSync(join(folder, 'www/style.css'), 'body {}');
  writeFileSync(join(folder, 'www/main.php'), '');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tell: RequestListener = (req, res) => {
  const { SCRIPT_FILENAME = 'none', PATH_INFO } = req.fastcgi?.params ?? {};
  res.end(`${SCRIPT_FILENAME} ${PATH_INFO} ${req.url}`);
};

/** Runs `fcgi gateway` in front of an application. */
async function inFront(
  listener: RequestListener,
  args: readonly string[],
  use: (origin: string, gateway: ReturnType<typeof startFcgi>, target: string) => Promise<void>,
): Promise<void> {
  await serving(
    listener,
    async ({ server }) => {
      const target = server.address() as unknown as string;
      const [port] = await freePorts(1);
      const gateway = startFcgi(['gateway', target, '--port', String(port), ...args], {
        cwd: folder,
      });
      try {
        await gateway.printed(/HTTP on/);
        await use(`http://127.0.0.1:${port}`, gateway, target);
      } finally {
        await gateway.stop('SIGKILL');
      }
    },
    { transport: 'unix' },
  );
}

const textOf = async (url: string) => (await fetch(url)).text();

test('serves HTTP in front of an application, says where, and ends with 0 on SIGTERM', async () => {
  await inFront(tell, [], async (origin, gateway) => {
    expect(gateway.output).toBe(`fcgi: HTTP on ${origin.slice('http://'.length)}\n`);
    expect(await textOf(`${origin}/a?b`)).toBe('none /a /a?b');
    expect(await gateway.stop('SIGTERM')).toBe(0);
  });
});

test('--root sends files and has scripts run; --fallback answers for the rest', async () => {
  const root = join(folder, 'www');
  await inFront(
    tell,
    ['--root', 'www', '--fallback', '/main.php', '--index', 'main.php'],
    async (origin) => {
      expect(await textOf(`${origin}/style.css`)).toBe('body {}');
      expect(await textOf(`${origin}/main.php`)).toContain(`${root}/main.php`);
      expect(await textOf(`${origin}/`)).toContain(`${root}/main.php`);
      expect(await textOf(`${origin}/elsewhere`)).toContain(`${root}/main.php`);
    },
  );
});

test('--no-scripts gives the application every path that is no file', async () => {
  await inFront(tell, ['--root', 'www', '--no-scripts'], async (origin) => {
    expect(await textOf(`${origin}/style.css`)).toBe('body {}');
    expect(await textOf(`${origin}/elsewhere`)).toContain(' /elsewhere');
  });
});

test('--log prints a line for each request', async () => {
  await inFront(tell, ['--log'], async (origin, gateway) => {
    await textOf(`${origin}/logged`);
    await gateway.printed(/^127\.0\.0\.1 [^\n]*"GET \/logged HTTP\/1\.1" 200 /m);
  });
});

test('an application that fails is 502 for the client and a line here', async () => {
  await inFront(tell, ['--timeout', '5'], async (origin, gateway, target) => {
    rmSync(target);
    const response = await fetch(origin);
    expect(response.status).toBe(502);
    await gateway.printed(/^fcgi: Cannot connect to unix:\S+: connect ENOENT/m);
  });
});

test('--timeout is the silence after which the answer is 504', async () => {
  await inFront(
    () => {},
    ['--timeout', '0.2'],
    async (origin) => {
      expect((await within('the answer', fetch(origin))).status).toBe(504);
    },
  );
});

test('a port in use is a line and exit code 1', async () => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  try {
    const { code, stderr } = await fcgi(['gateway', ':9', '--port', String(port)]);
    expect(code).toBe(1);
    expect(stderr).toMatch(ONE_LINE);
    expect(stderr).toContain(`EADDRINUSE: address already in use 127.0.0.1:${port}`);
  } finally {
    server.close();
  }
});

test('a fallback that is no script is a line and exit code 2', async () => {
  const { code, stderr } = await fcgi(['gateway', ':9', '--root', '.', '--fallback', 'x']);
  expect(code).toBe(2);
  expect(stderr).toMatch(ONE_LINE);
});
