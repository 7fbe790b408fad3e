/** What the API shows of an entry. */
export interface EntryJson {
  id: number;
  name: string;
  message: string;
  picture: string | null;
  writtenAt: string;
  mine: boolean;
}

export interface EntriesJson {
  entries: EntryJson[];
  next: string | null;
}

export interface ErrorJson {
  error: { status: number; message: string; fields?: Record<string, string> };
}

interface Picture {
  bytes: Uint8Array;
  fileName?: string;
  type?: string;
}

/** A browser without a screen: keeps cookies, and follows no redirect unasked. */
export class Visitor {
  readonly #base: string;
  readonly #cookies = new Map<string, string>();

  /** `base` is where the book is mounted, without a slash at its end. */
  constructor(base: string) {
    this.#base = base;
  }

  async request(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.#cookies.size > 0) {
      headers.set('Cookie', [...this.#cookies].map((pair) => pair.join('=')).join('; '));
    }
    const signal = AbortSignal.timeout(30_000);
    const url = `${this.#base}${path}`;
    const response = await fetch(url, { redirect: 'manual', signal, ...init, headers });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie) as RegExpExecArray;
      this.#cookies.set(name as string, value as string);
    }
    return response;
  }

  async page(path = '/'): Promise<string> {
    return (await this.request(path)).text();
  }

  async json<T>(path: string): Promise<T> {
    return (await this.request(path)).json() as Promise<T>;
  }

  /** Posts the form as a browser does, the text before the picture. */
  sign(name: string, message: string, picture?: Picture): Promise<Response> {
    const form = new FormData();
    form.set('name', name);
    form.set('message', message);
    if (picture) {
      const blob = new Blob([Uint8Array.from(picture.bytes)], {
        type: picture.type ?? 'image/png',
      });
      form.set('picture', blob, picture.fileName ?? 'holiday.png');
    }
    return this.request('/sign', { method: 'POST', body: form });
  }

  postJson(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return this.request('/api/entries', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  async add(name: string, message = 'Hello.'): Promise<EntryJson> {
    return (await this.postJson({ name, message })).json() as Promise<EntryJson>;
  }

  async names(): Promise<string[]> {
    const { entries } = await this.json<EntriesJson>('/api/entries?limit=100');
    return entries.map((entry) => entry.name);
  }
}
