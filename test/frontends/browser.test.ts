import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { CHROMIUM, launchChromium, Visitor } from './support/browser.ts';
import { OPENSSL } from './support/certificate.ts';
import { NGINX, startNginx } from './support/nginx.ts';
import { hill, sunset } from './support/png.ts';
import { describeWith } from './support/requirement.ts';
import { KEPT_OVER_UNIX, type Site, useSite } from './support/site.ts';

const SCREENSHOT = join(__dirname, '..', '..', 'docs', 'images', 'guestbook.png');

const entry = (page: Page, name: string): Locator =>
  page.getByRole('listitem').filter({ has: page.getByRole('heading', { name, exact: true }) });

interface Signature {
  readonly name: string;
  readonly message: string;
  readonly picture?: Buffer;
}

async function sign(page: Page, { name, message, picture }: Signature): Promise<void> {
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('Your message').fill(message);
  if (picture) {
    const file = { name: 'picture.png', mimeType: 'image/png', buffer: picture };
    await page.getByLabel('A picture').setInputFiles(file);
  }
  await page.getByRole('button', { name: 'Sign' }).click();
  await page.getByText(`Thank you, ${name}.`).waitFor();
}

/** The width of the picture as it was decoded: 0 if it is none. */
async function pictureWidth(item: Locator): Promise<number> {
  const image = item.getByRole('img');
  await image.scrollIntoViewIfNeeded();
  return image.evaluate(async (element: { decode(): Promise<void>; naturalWidth: number }) => {
    await element.decode();
    return element.naturalWidth;
  });
}

/** Anything set on a page is gone once it is loaded anew. */
const mark = (page: Page) => page.evaluate("document.title = 'Not reloaded'");
const isMarked = async (page: Page) => (await page.title()) === 'Not reloaded';

describeWith('The guestbook in Chromium', [NGINX, CHROMIUM], () => {
  const rule = useSite(startNginx, 'guestbook', KEPT_OVER_UNIX);
  let browser: Browser;
  let visitors: Visitor[] = [];

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
  });
  afterEach(async () => {
    const all = visitors;
    visitors = [];
    for (const visitor of all) await visitor.leave();
  });

  async function arrive(
    url: string,
    options?: Parameters<typeof Visitor.arrive>[2],
  ): Promise<Visitor> {
    const visitor = await Visitor.arrive(browser, `${url}/`, options);
    visitors.push(visitor);
    return visitor;
  }

  function expectNoTrouble(): void {
    for (const { hosts, troubles } of visitors) {
      expect([...hosts]).toEqual(['127.0.0.1']);
      expect(troubles).toEqual([]);
    }
  }

  rule('shows to everybody at once what a visitor writes, and the picture', async (site) => {
    const window = { viewport: { width: 1280, height: 960 } };
    const ada = await arrive(site.origin, window);
    const grace = await arrive(site.origin, window);

    await mark(grace.page);
    await sign(ada.page, {
      name: 'Ada',
      message: 'The evenings by the sea are worth every step of the way.\nWe shall come again.',
      picture: sunset(320, 240),
    });
    const seenByGrace = entry(grace.page, 'Ada');
    await seenByGrace.waitFor();
    expect(await pictureWidth(seenByGrace)).toBe(320);
    expect(await isMarked(grace.page)).toBe(true);
    expect(await pictureWidth(entry(ada.page, 'Ada'))).toBe(320);

    await ada.follows();
    await mark(ada.page);
    await sign(grace.page, {
      name: 'Grace',
      message: 'Found the little hill with the one tree. Thank you for the tea!',
      picture: hill(300, 225),
    });
    const seenByAda = entry(ada.page, 'Grace');
    await seenByAda.waitFor();
    expect(await pictureWidth(seenByAda)).toBe(300);
    expect(await isMarked(ada.page)).toBe(true);
    expectNoTrouble();
    if (process.env.FCGI_SCREENSHOT) await takeScreenshot(site, ada);
  });

  rule('can be signed with the keyboard alone', async (site) => {
    const { page } = await arrive(site.origin);
    await tabTo(page, page.getByLabel('Your name'));
    await page.keyboard.type('Mary');
    await tabTo(page, page.getByLabel('Your message'));
    await page.keyboard.type('Signed without a mouse.');
    await tabTo(page, page.getByRole('button', { name: 'Sign' }));
    await page.keyboard.press('Enter');
    await page.getByText('Thank you, Mary.').waitFor();
    await entry(page, 'Mary').getByText('Signed without a mouse.').waitFor();
    expectNoTrouble();
  });

  rule('fits a phone from side to side', async (site) => {
    const phone = { viewport: { width: 320, height: 640 }, isMobile: true, hasTouch: true };
    const { page } = await arrive(site.origin, phone);
    const message = `Look: https://example.test/${'very-long-'.repeat(20)}`;
    await sign(page, { name: 'Wilhelmina'.repeat(4), message, picture: sunset(320, 240) });
    const width = (property: string) =>
      page.evaluate<number>(`document.documentElement.${property}`);
    expect(await width('scrollWidth')).toBeLessThanOrEqual(await width('clientWidth'));
    expectNoTrouble();
  });

  rule('tells visitors their own address', async (site) => {
    const { page } = await arrive(site.origin);
    await page.getByText('You are reading from 127.0.0.1 over http.').waitFor();
    expectNoTrouble();
  });

  describeWith('over https', [OPENSSL], () => {
    rule('keeps its cookie for https', async (site) => {
      const { page } = await arrive(site.frontEnd.secureOrigin, { ignoreHTTPSErrors: true });
      await page.getByText('You are reading from 127.0.0.1 over https.').waitFor();
      await sign(page, { name: 'Hedy', message: 'Nobody listens in.' });
      const cookies = await page.context().cookies();
      expect(cookies.length).toBeGreaterThan(0);
      for (const cookie of cookies) expect(cookie).toMatchObject({ secure: true, httpOnly: true });
      expectNoTrouble();
    });
  });

  rule('shows what was written while its connection was lost', async (site) => {
    const visitor = await arrive(site.origin);
    const { page } = visitor;
    await mark(page);
    await site.application.stop('SIGKILL');
    await visitor.follows('off');
    await site.restart();
    const other = await arrive(site.origin);
    await sign(other.page, { name: 'Emmy', message: 'Was the light out?' });
    await entry(page, 'Emmy').waitFor();
    expect(await isMarked(page)).toBe(true);
  });
});

/** Presses the tabulator key until the element has the focus. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let presses = 0; presses < 30; presses++) {
    const focused = await target.evaluate(
      (element: { ownerDocument: { activeElement: unknown } }) =>
        element.ownerDocument.activeElement === element,
    );
    if (focused) return;
    await page.keyboard.press('Tab');
  }
  throw new Error('The tabulator key does not lead there');
}

/** The page for the README, as somebody sees it who comes by. */
async function takeScreenshot({ origin }: Site, { page }: Visitor): Promise<void> {
  await page.goto(`${origin}/`);
  await pictureWidth(entry(page, 'Ada'));
  await page.evaluate('scrollTo(0, 0)');
  mkdirSync(join(SCREENSHOT, '..'), { recursive: true });
  await page.screenshot({ path: SCREENSHOT });
}
