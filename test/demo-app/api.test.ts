import { withFreshGuestbook } from './guestbook-process.ts';
import { type EntriesJson, type EntryJson, type ErrorJson, Visitor } from './visitor.ts';

describe('the JSON API', () => {
  test('creates an entry with 201, its address, and itself', () =>
    withFreshGuestbook(async ({ origin }) => {
      const visitor = new Visitor(origin);
      const response = await visitor.postJson({ name: ' Ada ', message: 'Hello' });
      expect(response.status).toBe(201);
      expect(response.headers.get('location')).toBe('/api/entries/1');
      const entry = (await response.json()) as EntryJson;
      expect(entry).toEqual({
        id: 1,
        name: 'Ada',
        message: 'Hello',
        picture: null,
        writtenAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        mine: true,
      });
      expect(await visitor.json('/api/entries/1')).toEqual(entry);
      expect(await new Visitor(origin).json('/api/entries/1')).toEqual({ ...entry, mine: false });
    }));

  test('lists the newest first and leads to the older ones', () =>
    withFreshGuestbook(async ({ origin }) => {
      const visitor = new Visitor(origin);
      for (const name of ['A', 'B', 'C', 'D', 'E']) await visitor.add(name);
      const pages: string[][] = [];
      for (let path: string | null = '/api/entries?limit=2'; path; ) {
        const page: EntriesJson = await visitor.json<EntriesJson>(path);
        pages.push(page.entries.map((entry) => entry.name));
        path = page.next;
      }
      expect(pages).toEqual([['E', 'D'], ['C', 'B'], ['A']]);
    }));

  test.each(['limit=0', 'limit=x', 'before=-1', 'before=1.5', 'before=', 'limit=1&limit=2'])(
    'refuses the query ?%s with 400',
    (query) =>
      withFreshGuestbook(async ({ origin }) => {
        const response = await new Visitor(origin).request(`/api/entries?${query}`);
        expect(response.status).toBe(400);
        expect(((await response.json()) as ErrorJson).error.status).toBe(400);
      }),
  );

  test('says field by field why an entry is refused with 422', () =>
    withFreshGuestbook(async ({ origin }) => {
      const response = await new Visitor(origin).postJson({ name: 7, message: 'm'.repeat(2001) });
      expect(response.status).toBe(422);
      expect(await response.json()).toEqual({
        error: {
          status: 422,
          message: 'The entry cannot be taken as it is.',
          fields: {
            name: 'Please write your name.',
            message: 'Please keep your message to 2000 characters.',
          },
        },
      });
    }));

  test.each([
    ['broken JSON', '{"name":', 400],
    ['no object', '["Ada"]', 400],
    ['far too much', JSON.stringify({ message: 'm'.repeat(100_000) }), 413],
  ])('refuses %s with a JSON error', (_title, body, status) =>
    withFreshGuestbook(async ({ origin }) => {
      const response = await new Visitor(origin).postJson(body);
      expect(response.status).toBe(status);
      const { error } = (await response.json()) as ErrorJson;
      expect(error).toEqual({ status, message: expect.stringMatching(/^[A-Z][a-zA-Z ]+\.$/) });
    }),
  );

  test('refuses a body that is not JSON with 415', () =>
    withFreshGuestbook(async ({ origin }) => {
      const headers = { 'Content-Type': 'text/plain' };
      const response = await new Visitor(origin).postJson('{"name":"A","message":"B"}', headers);
      expect(response.status).toBe(415);
    }));

  test('refuses an entry sent by another site with 403', () =>
    withFreshGuestbook(async ({ origin }) => {
      const visitor = new Visitor(origin);
      const headers = { 'Sec-Fetch-Site': 'cross-site' };
      const response = await visitor.postJson({ name: 'A', message: 'B' }, headers);
      expect(response.status).toBe(403);
      expect(response.headers.get('content-type')).toMatch(/^application\/json/);
      expect(await visitor.names()).toEqual([]);
    }));

  test('lets the one who wrote an entry remove it, once, and nobody else', () =>
    withFreshGuestbook(async ({ origin }) => {
      const [ada, bob] = [new Visitor(origin), new Visitor(origin)];
      await ada.add('Ada');
      const remove = (visitor: Visitor) => visitor.request('/api/entries/1', { method: 'DELETE' });
      expect((await remove(bob)).status).toBe(403);
      expect((await remove(ada)).status).toBe(204);
      expect((await remove(ada)).status).toBe(404);
      expect((await ada.request('/api/entries/1')).status).toBe(404);
    }));

  test.each(['/api', '/api/nothing', '/api/entries/99', '/api/entries/x', '/api/entries/-1'])(
    'answers %s with 404 as JSON',
    (path) =>
      withFreshGuestbook(async ({ origin }) => {
        const response = await new Visitor(origin).request(path);
        expect(response.status).toBe(404);
        expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
        expect(((await response.json()) as ErrorJson).error.status).toBe(404);
      }),
  );
});
