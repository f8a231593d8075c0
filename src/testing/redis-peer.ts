import { connect, type Socket } from 'node:net';

/** Plain connections to a real server, for tests that need its very bytes: replies, and its replication stream. All text is Latin-1. */

/** The request as RESP. */
export function requestText(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
}

/** Index behind the RESP value that begins at `at`, or -1 when it is not all there. */
export function valueEnd(text: string, at: number): number {
  const line = text.indexOf('\r\n', at);
  if (line < 0) return -1;
  const count = Number(text.slice(at + 1, line));
  let end = line + 2;
  if (text[at] === '$' && count >= 0) end += count + 2;
  if (text[at] === '*') {
    for (let left = count; left > 0 && end >= 0; left--) end = valueEnd(text, end);
  }
  return end > text.length ? -1 : end;
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.setEncoding('latin1');
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return socket;
}

/** A client that sends requests and gives the replies as they came. */
export class RawClient {
  readonly #socket: Socket;
  #text = '';
  #at = 0;
  readonly #waiting: ((reply: string) => void)[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (text: string) => this.#take(text));
  }

  static async open(port: number): Promise<RawClient> {
    return new RawClient(await open(port));
  }

  ask(...words: string[]): Promise<string> {
    this.#socket.write(requestText(words), 'latin1');
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Sends them all at once. @returns the replies in order */
  askAll(requests: readonly (readonly string[])[]): Promise<string[]> {
    const replies = requests.map(() => new Promise<string>((resolve) => this.#waiting.push(resolve)));
    this.#socket.write(requests.map(requestText).join(''), 'latin1');
    return Promise.all(replies);
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(text: string): void {
    this.#text = this.#text.slice(this.#at) + text;
    this.#at = 0;
    for (;;) {
      const end = this.#at < this.#text.length ? valueEnd(this.#text, this.#at) : -1;
      if (end < 0) return;
      this.#waiting.shift()?.(this.#text.slice(this.#at, end));
      this.#at = end;
    }
  }
}

/** A replica that only listens: its payload, and the commands of the stream. The server must send `$<length>`, no EOF mark. */
export class StreamListener {
  readonly #socket: Socket;
  #text = '';
  #payload: Buffer | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (text: string) => {
      this.#text += text;
    });
    socket.write('SYNC\r\n');
  }

  static async open(port: number): Promise<StreamListener> {
    return new StreamListener(await open(port));
  }

  /** The RDB, once it has come as a whole. */
  payload(): Buffer | undefined {
    if (this.#payload !== null) return this.#payload;
    const head = /^\n*\$(\d+)\r\n/.exec(this.#text);
    const end = head === null ? 0 : head[0].length + Number(head[1]);
    if (head === null || this.#text.length < end) return undefined;
    this.#payload = Buffer.from(this.#text.slice(head[0].length, end), 'latin1');
    this.#text = this.#text.slice(end);
    return this.#payload;
  }

  /** The commands that came by now, from the first on, behind the payload; each as its words. */
  commands(): string[][] {
    const commands: string[][] = [];
    let at = 0;
    for (;;) {
      const end = at < this.#text.length ? valueEnd(this.#text, at) : -1;
      if (end < 0) return commands;
      commands.push(wordsOf(this.#text.slice(at, end)));
      at = end;
    }
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** The words of a request in RESP. */
function wordsOf(request: string): string[] {
  const words: string[] = [];
  let at = request.indexOf('\r\n') + 2;
  while (at < request.length) {
    const end = valueEnd(request, at);
    words.push(request.slice(request.indexOf('\r\n', at) + 2, end - 2));
    at = end;
  }
  return words;
}
