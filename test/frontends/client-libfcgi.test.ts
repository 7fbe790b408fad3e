import { buffer, text } from 'node:stream/consumers';
import { Client, getValues } from '../../src/client/index.ts';
import { Role } from '../../src/protocol/index.ts';
import { within } from '../support/deadline.ts';
import { counterpartBehaviours } from './behaviours/counterparts.ts';
import { LIBFCGI, startLibfcgi, useCounterpart } from './support/counterpart.ts';
import { describeWith } from './support/requirement.ts';

describeWith('the client with libfcgi, under spawn-fcgi', LIBFCGI, () => {
  const counterpart = useCounterpart(startLibfcgi);
  counterpartBehaviours(counterpart);

  test('sends variables as they are', async () => {
    await using client = new Client(counterpart().path);
    const params = {
      PATH_INFO: '/variables',
      LONG: 'x'.repeat(100_000),
      EMPTY: '',
      BYTES: 'h\xe9',
    };
    const { body } = await within('the head', client.request({ params }));
    const sent = await within('the body', buffer(body));
    const lines = sent.toString('latin1').trimEnd().split('\n');
    const expected = Object.entries(params).map(([name, value]) => `${name}=${value}`);
    // Not a diff: one of them is long. libfcgi adds FCGI_ROLE.
    expect(expected.every((line) => lines.includes(line))).toBe(true);
    expect(lines).toHaveLength(expected.length + 1);
  });

  test('gets FCGI_STDERR and the status of the application', async () => {
    await using client = new Client(counterpart().path);
    const logged = await within('the head', client.request({ url: '/stderr' }));
    await within('the end', logged.completed);
    expect(logged.stderr).toBe('a line for the log\n');
    const exited = await within('the head', client.request({ url: '/exit' }));
    expect(await within('the end', exited.completed)).toEqual({ appStatus: 7, protocolStatus: 0 });
  });

  test('sends a Filter its data', async () => {
    await using client = new Client(counterpart().path);
    const response = await client.request({
      method: 'POST',
      url: '/data',
      role: Role.FILTER,
      body: 'the body',
      data: 'the data',
    });
    expect(await within('the body', text(response.body))).toBe('the body|the data');
  });

  test('is told that it may not multiplex, and does not', async () => {
    const { path } = counterpart();
    expect(await within('the values', getValues(path))).toMatchObject({ FCGI_MPXS_CONNS: '0' });
    await using client = new Client(path, { multiplex: true, maxConnections: 1 });
    const bodies = ['a', 'b', 'c'].map(async (body) => {
      const response = await client.request({ method: 'POST', url: '/echo', body });
      return text(response.body);
    });
    expect(await within('the answers', Promise.all(bodies))).toEqual(['a', 'b', 'c']);
  });
});
