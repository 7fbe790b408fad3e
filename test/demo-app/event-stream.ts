export interface StreamEvent {
  id?: string;
  event?: string;
  data?: string;
  retry?: string;
  comment?: string;
}

/** Reads server-sent events one at a time. */
export class EventStream {
  readonly response: Response;
  readonly #abort: AbortController;
  readonly #reader: ReadableStreamDefaultReader<string>;
  #text = '';

  private constructor(response: Response, abort: AbortController) {
    if (!response.body) throw new Error('The event stream has no body.');
    this.response = response;
    this.#abort = abort;
    this.#reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  }

  static async open(url: string, headers: Record<string, string> = {}): Promise<EventStream> {
    const abort = new AbortController();
    const signal = AbortSignal.any([abort.signal, AbortSignal.timeout(30_000)]);
    return new EventStream(await fetch(url, { headers, signal }), abort);
  }

  /** The next block, or undefined when the stream has ended. */
  async next(): Promise<StreamEvent | undefined> {
    let end = this.#text.indexOf('\n\n');
    while (end < 0) {
      const { value, done } = await this.#reader.read();
      if (done) return undefined;
      this.#text += value;
      end = this.#text.indexOf('\n\n');
    }
    const block = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + 2);
    return Object.fromEntries(block.split('\n').map(parseLine));
  }

  /** The next one of this kind, past any others. */
  async nextOf(event: string): Promise<StreamEvent> {
    for (;;) {
      const found = await this.next();
      if (!found) throw new Error(`The stream ended before an event “${event}”.`);
      if (found.event === event) return found;
    }
  }

  leave(): void {
    this.#abort.abort();
  }
}

function parseLine(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon) || 'comment', line.slice(colon + 1).trim()];
}
