import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { Client } from '../../../src/client/index.ts';
import { within } from '../../support/deadline.ts';
import type { Counterpart } from '../support/counterpart.ts';

const PART = Buffer.alloc(50_000, 'b');
const PARTS = 60;

/** What the client does with any application. */
export function counterpartBehaviours(counterpart: () => Counterpart): void {
  let client: Client;

  beforeEach(() => {
    client = new Client(counterpart().path);
  });
  afterEach(() => client.close());

  test('sends bytes of many records, and gets them back', async () => {
    const body = Buffer.concat(Array<Buffer>(PARTS).fill(PART));
    const response = await within(
      'the head',
      client.request({ method: 'POST', url: '/echo', body }),
    );
    expect(response.statusCode).toBe(200);
    expect((await within('the body', buffer(response.body))).equals(body)).toBe(true);
    expect(await response.completed).toEqual({ appStatus: 0, protocolStatus: 0 });
  });

  test('sends a stream whose length is told, and gets it back', async () => {
    const body = Readable.from(Array(PARTS).fill(PART), { objectMode: false });
    const headers = { 'Content-Length': PARTS * PART.length };
    const options = { method: 'PUT', url: '/echo', headers, body };
    const response = await within('the head', client.request(options));
    expect((await within('the body', buffer(response.body))).length).toBe(PARTS * PART.length);
  });

  test('gets an answer to a body that is not read', async () => {
    const body = Buffer.concat(Array<Buffer>(PARTS).fill(PART));
    const options = { method: 'POST', url: '/unread', body };
    const response = await within('the head', client.request(options));
    expect(response.statusCode).toBe(413);
    expect(response.headers['x-twice']).toBe('1, 2');
    expect(await within('the body', text(response.body))).toBe('too large');
  });

  test('keeps its connection between requests', async () => {
    const before = counterpart().connections();
    for (let i = 0; i < 5; i++) {
      const body = String(i);
      const response = await client.request({ method: 'POST', url: '/echo', body });
      expect(await within('the body', text(response.body))).toBe(body);
      await response.completed;
    }
    expect(counterpart().connections() - before).toBe(1);
  });

  test('aborts a request, and goes on with the next', async () => {
    const controller = new AbortController();
    const body = new Readable({ read() {} });
    const headers = { 'Content-Length': 10 };
    const options = { method: 'POST', url: '/echo', headers, body, signal: controller.signal };
    const aborted = expect(client.request(options)).rejects.toThrow('enough');
    body.push('part');
    controller.abort(new Error('enough'));
    await within('the abort', aborted);
    const next = await within(
      'the next',
      client.request({ method: 'POST', url: '/echo', body: 'x' }),
    );
    expect(await text(next.body)).toBe('x');
  });
}
