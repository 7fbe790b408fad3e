import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import type { Program } from './requirement.ts';

export const CHROMIUM: Program = { path: '/usr/bin/chromium', package: 'chromium' };

/** What a browser may do of its own accord, which no test is about. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM.path, headless: true, args: QUIET });
}

/** Somebody with a browser of their own: cookies, window and all. */
export class Visitor {
  readonly page: Page;
  /** The hosts that anything was requested from. */
  readonly hosts = new Set<string>();
  /** Exceptions, error messages and failed requests. */
  readonly troubles: string[] = [];
  readonly #context: BrowserContext;

  private constructor(context: BrowserContext, page: Page) {
    this.#context = context;
    this.page = page;
    page.on('request', (request) => this.hosts.add(new URL(request.url()).hostname));
    page.on('response', (response) => {
      if (response.status() >= 400) this.troubles.push(`${response.status()} ${response.url()}`);
    });
    page.on('pageerror', (error) => this.troubles.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') this.troubles.push(message.text());
    });
  }

  static async arrive(
    browser: Browser,
    url: string,
    options: Parameters<Browser['newContext']>[0] = {},
  ): Promise<Visitor> {
    const context = await browser.newContext(options);
    const visitor = new Visitor(context, await context.newPage());
    await visitor.page.goto(url);
    await visitor.follows();
    return visitor;
  }

  /** Waits until the page follows the book, or until it has lost it. */
  async follows(live: 'on' | 'off' = 'on'): Promise<void> {
    await this.page.locator(`#entries[data-live=${live}]`).waitFor({ state: 'attached' });
  }

  async leave(): Promise<void> {
    await this.#context.close();
  }
}
