import { EventStream } from './event-stream.ts';
import { type GuestbookProcess, until, withFreshGuestbook } from './guestbook-process.ts';
import { type EntryJson, Visitor } from './visitor.ts';

async function withStream(
  guestbook: GuestbookProcess,
  use: (stream: EventStream) => Promise<void>,
  { query = '', headers = {} }: { query?: string; headers?: Record<string, string> } = {},
): Promise<void> {
  const stream = await EventStream.open(`${guestbook.origin}/events${query}`, headers);
  try {
    await use(stream);
  } finally {
    stream.leave();
  }
}

async function entryOf(stream: EventStream): Promise<EntryJson> {
  return JSON.parse((await stream.nextOf('entry')).data as string) as EntryJson;
}

describe('the event stream', () => {
  test('asks to be neither kept nor held back, and tells when to come back', () =>
    withFreshGuestbook((guestbook) =>
      withStream(guestbook, async (stream) => {
        const { headers } = stream.response;
        expect(headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
        expect(headers.get('cache-control')).toBe('no-cache');
        expect(headers.get('x-accel-buffering')).toBe('no');
        expect(await stream.next()).toEqual({ retry: '3000' });
      }),
    ));

  test('brings each new entry to every open page, however it was signed', () =>
    withFreshGuestbook((guestbook) =>
      withStream(guestbook, (first) =>
        withStream(guestbook, async (second) => {
          const visitor = new Visitor(guestbook.origin);
          await visitor.sign('Ada', 'line one\nline two');
          await visitor.add('Bob');
          for (const stream of [first, second]) {
            const ada = await stream.nextOf('entry');
            expect(ada.id).toBe('1');
            expect(JSON.parse(ada.data as string)).toMatchObject({
              name: 'Ada',
              message: 'line one\nline two',
              mine: false,
            });
            expect((await entryOf(stream)).name).toBe('Bob');
          }
        }),
      ),
    ));

  test('tells open pages which entry was removed', () =>
    withFreshGuestbook((guestbook) =>
      withStream(guestbook, async (stream) => {
        const visitor = new Visitor(guestbook.origin);
        await visitor.add('Ada');
        await visitor.request('/api/entries/1', { method: 'DELETE' });
        expect((await stream.nextOf('removed')).data).toBe('{"id":1}');
      }),
    ));

  test.each([
    ['the Last-Event-ID header', { headers: { 'Last-Event-ID': '2' } }],
    ['the address', { query: '?after=2' }],
    [
      'the header rather than the address',
      { query: '?after=0', headers: { 'Last-Event-ID': '2' } },
    ],
  ])('replays what was missed since %s, then goes on live', (_title, since) =>
    withFreshGuestbook(async (guestbook) => {
      const visitor = new Visitor(guestbook.origin);
      for (const name of ['A', 'B', 'C', 'D']) await visitor.add(name);
      await withStream(
        guestbook,
        async (stream) => {
          expect((await entryOf(stream)).name).toBe('C');
          expect((await entryOf(stream)).name).toBe('D');
          await visitor.add('E');
          expect((await entryOf(stream)).name).toBe('E');
        },
        since,
      );
    }),
  );

  test('replays nothing to who asks for nothing', () =>
    withFreshGuestbook(async (guestbook) => {
      const visitor = new Visitor(guestbook.origin);
      await visitor.add('Before');
      await withStream(guestbook, async (stream) => {
        await visitor.add('After');
        expect((await entryOf(stream)).name).toBe('After');
      });
    }));

  test('sends a comment now and then, so that nothing on the way gives it up', () =>
    withFreshGuestbook(
      (guestbook) =>
        withStream(guestbook, async (stream) => {
          await stream.next();
          expect(await stream.next()).toEqual({ comment: 'still here' });
          expect(await stream.next()).toEqual({ comment: 'still here' });
        }),
      { heartbeatMs: 20 },
    ));

  test('is forgotten when its page leaves', () =>
    withFreshGuestbook(async (guestbook) => {
      for (let round = 0; round < 5; round++) {
        await withStream(guestbook, async (stream) => {
          await stream.next();
          expect(await guestbook.openPages()).toBe(1);
        });
        await until(async () => (await guestbook.openPages()) === 0);
      }
    }));

  test('answers HEAD at once and keeps nothing open', () =>
    withFreshGuestbook(async (guestbook) => {
      const response = await new Visitor(guestbook.origin).request('/events', { method: 'HEAD' });
      expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
      expect(await guestbook.openPages()).toBe(0);
    }));

  test('ends when the book is closed', () =>
    withFreshGuestbook((guestbook) =>
      withStream(guestbook, async (stream) => {
        await stream.next();
        await guestbook.stop();
        expect(await stream.next()).toBeUndefined();
      }),
    ));
});
