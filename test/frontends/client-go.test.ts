import { text } from 'node:stream/consumers';
import { Client, getValues } from '../../src/client/index.ts';
import { within } from '../support/deadline.ts';
import { counterpartBehaviours } from './behaviours/counterparts.ts';
import { GO, startGo, useCounterpart } from './support/counterpart.ts';
import { describeWith } from './support/requirement.ts';

describeWith("the client with Go's net/http/fcgi", [GO], () => {
  const counterpart = useCounterpart(startGo);
  counterpartBehaviours(counterpart);

  test('sends what Go makes an http.Request of', async () => {
    await using client = new Client(counterpart().path);
    const response = await client.request({
      method: 'POST',
      url: 'http://example.test/variables?q=%20',
      headers: { 'X-Tag': 'a', 'Content-Type': 'text/plain' },
      params: { REMOTE_USER: 'anna' },
      body: 'Grüß Gott',
    });
    expect(JSON.parse(await within('the body', text(response.body)))).toMatchObject({
      method: 'POST',
      url: '/variables?q=%20',
      host: 'example.test',
      tag: 'a',
      type: 'text/plain',
      env: { REMOTE_USER: 'anna' },
      body: 'Grüß Gott',
    });
  });

  test('is told that it may multiplex', async () => {
    expect(await within('the values', getValues(counterpart().path))).toEqual({
      FCGI_MPXS_CONNS: '1',
    });
  });

  test('multiplexes: requests that wait for one another come on one connection', async () => {
    const before = counterpart().connections();
    const options = { multiplex: true, maxConnections: 1 };
    await using client = new Client(counterpart().path, options);
    const bodies = Array.from({ length: 5 }, async () => {
      const response = await client.request({ url: '/meet?count=5' });
      return text(response.body);
    });
    expect(await within('the answers', Promise.all(bodies))).toEqual(Array(5).fill('met'));
    expect(counterpart().connections() - before).toBe(1);
  });
});
