import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { within } from '../support/deadline.ts';
import { Application } from './support/application.ts';
import { describeWith, type Program } from './support/requirement.ts';

const CGI_FCGI: Program = { path: '/usr/bin/cgi-fcgi', package: 'libfcgi-bin' };

describeWith('cgi-fcgi of libfcgi', [CGI_FCGI], () => {
  let folder: string;
  let application: Application;
  const path = () => join(folder, 'app.sock');

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fcgi-libfcgi-'));
    const listen = { path: path(), mode: 0o600 };
    application = await Application.start({ application: 'plain', listen });
  });
  afterAll(async () => {
    await application?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs it as a web server runs a CGI program. */
  async function run(variables: Record<string, string>, body: Uint8Array = Buffer.alloc(0)) {
    const env = {
      GATEWAY_INTERFACE: 'CGI/1.1',
      SERVER_PROTOCOL: 'HTTP/1.1',
      REQUEST_METHOD: 'GET',
      REMOTE_ADDR: '192.0.2.7',
      CONTENT_LENGTH: body.length ? String(body.length) : '',
      ...variables,
    };
    const program = spawn(CGI_FCGI.path, ['-bind', '-connect', path()], { env });
    program.stdin.on('error', () => {});
    program.stdin.end(body);
    const ended = new Promise<number | null>((resolve) => program.on('close', resolve));
    const [stdout, stderr, code] = await within(
      'cgi-fcgi',
      Promise.all([buffer(program.stdout), text(program.stderr), ended]),
    );
    const [head = '', ...rest] = stdout.toString('latin1').split('\r\n\r\n');
    return { head, body: Buffer.from(rest.join('\r\n\r\n'), 'latin1'), stderr, code };
  }

  test('prints the answer', async () => {
    const { head, body, code } = await run({ REQUEST_URI: '/json' });
    expect(head).toMatch(/^Status: 200 OK\r\n/);
    expect(JSON.parse(body.toString())).toEqual({ greeting: 'Grüß Gott' });
    expect(code).toBe(0);
  });

  test('passes its environment on', async () => {
    const { body } = await run({ REQUEST_URI: '/echo/a?b=c', HTTP_X_TAG: 'a tag' });
    const echo = {
      method: 'GET',
      url: '/echo/a?b=c',
      ip: '192.0.2.7',
      headers: { 'x-tag': 'a tag' },
    };
    expect(JSON.parse(body.toString())).toMatchObject(echo);
  });

  test.each([1, 65_536, 1_000_003])('passes a body of %i bytes on', async (size) => {
    const sent = randomBytes(size);
    const { body } = await run({ REQUEST_URI: '/upload', REQUEST_METHOD: 'PUT' }, sent);
    expect(JSON.parse(body.toString())).toMatchObject({
      bytes: size,
      sha256: createHash('sha256').update(sent).digest('hex'),
    });
  });

  test('prints a download of 8 MiB unchanged', async () => {
    const bytes = 8 * 1024 * 1024;
    const { body } = await run({ REQUEST_URI: `/download?id=libfcgi&bytes=${bytes}&framing=none` });
    const sha256 = createHash('sha256').update(body).digest('hex');
    expect(await application.noted('sent', 'libfcgi')).toMatchObject({ bytes, sha256 });
  });

  test('prints on its stderr what the application writes to stderr', async () => {
    const { body, stderr } = await run({ REQUEST_URI: '/complain' });
    expect([body.toString(), stderr]).toEqual(['Complained.', 'The cellar is flooded.\n']);
  });
});
