import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { withFreshGuestbook } from './guestbook-process.ts';
import { PICTURES, pngOfSize } from './pictures.ts';
import { type EntryJson, Visitor } from './visitor.ts';

const LARGEST = 2 * 1024 * 1024;

function filesIn(dataFolder: string) {
  return ['incoming', 'pictures'].flatMap((folder) => readdirSync(join(dataFolder, folder)));
}

describe('a picture', () => {
  test.each([
    ['png', 'image/png'],
    ['jpg', 'image/jpeg'],
    ['gif', 'image/gif'],
    ['webp', 'image/webp'],
  ] as const)('in %s comes back byte for byte as %s', (kind, type) =>
    withFreshGuestbook(async ({ origin }) => {
      const visitor = new Visitor(origin);
      const bytes = PICTURES[kind];
      expect((await visitor.sign('Ada', 'Look.', { bytes })).status).toBe(303);
      const { picture } = await visitor.json<EntryJson>('/api/entries/1');
      expect(picture).toMatch(new RegExp(`^/pictures/[0-9a-f-]{36}\\.${kind}$`));
      expect(await visitor.page()).toContain(`src="${picture}"`);

      const served = await visitor.request(picture as string);
      expect(served.headers.get('content-type')).toBe(type);
      expect(served.headers.get('x-content-type-options')).toBe('nosniff');
      expect(served.headers.get('content-security-policy')).toContain('sandbox');
      expect(Buffer.from(await served.arrayBuffer()).equals(bytes)).toBe(true);
    }),
  );

  test('gets its name from the server, whatever the sender calls it', () =>
    withFreshGuestbook(async ({ origin }, dataFolder) => {
      const visitor = new Visitor(origin);
      const bytes = PICTURES.gif;
      await visitor.sign('Ada', 'Look.', { bytes, fileName: '../../evil.html', type: 'text/html' });
      expect(filesIn(dataFolder)).toEqual([expect.stringMatching(/^[0-9a-f-]{36}\.gif$/)]);
    }));

  test('may be 2 MiB large', () =>
    withFreshGuestbook(async ({ origin }) => {
      const visitor = new Visitor(origin);
      expect((await visitor.sign('Ada', 'Big.', { bytes: pngOfSize(LARGEST) })).status).toBe(303);
    }));

  test('over 2 MiB is refused with 413, and the entered text is kept', () =>
    withFreshGuestbook(async ({ origin }, dataFolder) => {
      const visitor = new Visitor(origin);
      const response = await visitor.sign('Ada', 'Too big.', { bytes: pngOfSize(LARGEST + 1) });
      expect(response.status).toBe(413);
      const page = await response.text();
      expect(page).toContain('id="picture-error">That picture is over 2 MiB.');
      expect(page).toMatch(/id="picture"[^>]*aria-describedby="picture-hint picture-error"/);
      expect(page).toContain('value="Ada"');
      expect(page).toContain('Too big.</textarea>');
      expect(await visitor.names()).toEqual([]);
      expect(filesIn(dataFolder)).toEqual([]);
    }));

  test.each([
    ['SVG', '<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', 'image/svg+xml'],
    ['a web page named and typed as a PNG', '<!doctype html><p>hello', 'image/png'],
    ['an empty file', '', 'image/png'],
    ['a sound in the same container as WebP', 'RIFF\x40\0\0\0WAVEfmt ', 'image/webp'],
  ])('is refused with 415 when it is no picture we take: %s', (_title, text, type) =>
    withFreshGuestbook(async ({ origin }, dataFolder) => {
      const visitor = new Visitor(origin);
      const response = await visitor.sign('Ada', 'Kept.', { bytes: Buffer.from(text), type });
      expect(response.status).toBe(415);
      const page = await response.text();
      expect(page).toContain('That file is not a PNG, JPEG, GIF or WebP picture.');
      expect(page).toContain('Kept.</textarea>');
      expect(filesIn(dataFolder)).toEqual([]);
    }),
  );

  test('of a form that is refused for another field leaves no file behind', () =>
    withFreshGuestbook(async ({ origin }, dataFolder) => {
      const response = await new Visitor(origin).sign('', 'Hi', { bytes: PICTURES.png });
      expect(response.status).toBe(422);
      expect(await response.text()).toContain('Please choose your picture once more.');
      expect(filesIn(dataFolder)).toEqual([]);
    }));

  test('goes when its entry is removed', () =>
    withFreshGuestbook(async ({ origin }, dataFolder) => {
      const visitor = new Visitor(origin);
      await visitor.sign('Ada', 'Look.', { bytes: PICTURES.png });
      expect(filesIn(dataFolder)).toHaveLength(1);
      await visitor.request('/entries/1/remove', { method: 'POST' });
      expect(filesIn(dataFolder)).toEqual([]);
    }));

  test('that the disk does not take leads to a 500 page that tells nothing of the inside', () =>
    withFreshGuestbook(async (guestbook, dataFolder) => {
      const visitor = new Visitor(guestbook.origin);
      rmSync(join(dataFolder, 'incoming'), { recursive: true });
      const response = await visitor.sign('Ada', 'Look.', { bytes: PICTURES.png });
      expect(response.status).toBe(500);
      const page = await response.text();
      expect(page).toContain('Something went wrong on our side.');
      expect(page).not.toMatch(/ENOENT|incoming|node_modules|\.js:\d/);
      expect(guestbook.log).toContain('ENOENT');
      expect(await visitor.names()).toEqual([]);
    }));
});
