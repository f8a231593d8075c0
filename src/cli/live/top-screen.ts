import type { ReadStream } from 'node:tty';
import type { LiveSnapshot } from '../../report/live/model.js';
import {
  INITIAL_TOP_STATE,
  type Key,
  pressKey,
  selectedIndex,
  type TopState,
} from '../../report/live/top-state.js';
import { shownIds, topScreenLines } from '../../report/live/top-view.js';
import type { TextOptions } from '../../report/options.js';
import { KeyDecoder } from './key-decoder.js';
import { TerminalMode, type TerminalOutput } from './terminal-mode.js';
import { standardOutput, type TextSink } from './text-sink.js';

/** Drives the screen of `--top`: keys in, changed lines out. */

/** An escape that nothing followed for so long is the escape key, ms. */
const ESCAPE_MS = 50;

/** How long a message stands where the keys are named, ms. */
const MESSAGE_MS = 6000;

/** Where the size of the terminal is not told. */
const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

export interface TopScreenOptions {
  /** What is captured, for the first line. */
  title: string;
  text: Omit<TextOptions, 'width'>;
  /** The latest events of a link, the latest last, for so many columns. */
  eventsOf: (link: string, width: number) => readonly string[];
  /** The user quit, or the terminal has gone; the terminal is as it was. Called once, not after `stop()`. */
  onQuit: () => void;
  /** Takes the frames; the terminal itself unless told. */
  sink?: TextSink;
  input?: ReadStream;
  output?: TerminalOutput;
}

/** Whether standard input and output are a terminal that can be drawn on; else plain lines are the way. */
export function canShowTop(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true && process.env.TERM !== 'dumb';
}

export class TopScreen {
  readonly #options: TopScreenOptions;
  readonly #input: ReadStream;
  readonly #output: TerminalOutput;
  readonly #sink: TextSink;
  readonly #mode: TerminalMode;
  readonly #keys = new KeyDecoder();
  #state: TopState = INITIAL_TOP_STATE;
  /** The latest snapshot, and the one on the screen: not the same while paused. */
  #latest: LiveSnapshot | null = null;
  #shown: LiveSnapshot | null = null;
  #lines: string[] = [];
  #message: string | null = null;
  #escapeTimer: NodeJS.Timeout | null = null;
  #messageTimer: NodeJS.Timeout | null = null;
  #isOver = false;

  constructor(options: TopScreenOptions) {
    this.#options = options;
    this.#input = options.input ?? process.stdin;
    this.#output = options.output ?? process.stdout;
    this.#sink = options.sink ?? standardOutput();
    this.#mode = new TerminalMode(this.#input, this.#output, {
      ended: () => this.stop(),
      resumed: () => this.#redraw(),
    });
  }

  /** Takes the terminal. */
  start(): void {
    this.#input.setEncoding('utf8');
    this.#input.on('data', this.#typed);
    this.#input.on('end', this.#gone);
    this.#input.on('error', this.#gone);
    this.#output.on('resize', this.#redraw);
    this.#mode.enter();
  }

  /** Shows a new snapshot, unless paused. */
  update(snapshot: LiveSnapshot): void {
    this.#latest = snapshot;
    if (!this.#state.paused || this.#shown === null) this.#shown = snapshot;
    this.#draw();
  }

  /** Shows a line for a few seconds: what would otherwise go to standard error, which is the same terminal. */
  message(text: string): void {
    this.#message = text;
    if (this.#messageTimer !== null) clearTimeout(this.#messageTimer);
    this.#messageTimer = setTimeout(() => {
      this.#message = null;
      this.#draw();
    }, MESSAGE_MS);
    this.#messageTimer.unref();
    this.#draw();
  }

  /** Gives the terminal back. Safe to call twice. */
  stop(): void {
    this.#isOver = true;
    if (this.#escapeTimer !== null) clearTimeout(this.#escapeTimer);
    if (this.#messageTimer !== null) clearTimeout(this.#messageTimer);
    this.#input.off('data', this.#typed);
    this.#input.off('end', this.#gone);
    this.#input.off('error', this.#gone);
    this.#output.off('resize', this.#redraw);
    // A frame that is not through would be drawn over what comes after the screen.
    this.#sink.discard();
    this.#mode.leave();
  }

  readonly #gone = (): void => this.#quit();

  #quit(): void {
    if (this.#isOver) return;
    this.stop();
    this.#options.onQuit();
  }

  readonly #typed = (text: string): void => {
    if (this.#escapeTimer !== null) clearTimeout(this.#escapeTimer);
    this.#press(this.#keys.feed(text));
    if (this.#keys.isHolding && !this.#isOver)
      this.#escapeTimer = setTimeout(() => this.#press(this.#keys.flush()), ESCAPE_MS);
  };

  #press(keys: readonly Key[]): void {
    for (const key of keys) {
      if (key === 'ctrl-z') this.#mode.suspend();
      if (key === 'ctrl-l') this.#lines = [];
      const ids = this.#shown === null ? [] : shownIds(this.#shown, this.#state);
      this.#state = pressKey(this.#state, key, ids);
      if (this.#state.quit) {
        this.#quit();
        return;
      }
      if (!this.#state.paused) this.#shown = this.#latest;
    }
    if (keys.length > 0) this.#draw();
  }

  /** Everything anew: the terminal has another size, or something else wrote on it. */
  readonly #redraw = (): void => {
    this.#lines = [];
    this.#draw();
  };

  #draw(): void {
    const snapshot = this.#shown;
    if (snapshot === null || !this.#mode.isOn) return;
    // A terminal that does not keep up is left to it; the next frame draws what is missing.
    if (this.#sink.waiting > 0) return;
    const width = this.#output.columns || DEFAULT_COLUMNS;
    const rows = this.#output.rows || DEFAULT_ROWS;
    const ids = shownIds(snapshot, this.#state);
    const picked = ids[selectedIndex(this.#state, ids)];
    const lines = topScreenLines(
      {
        snapshot,
        state: this.#state,
        title: this.#options.title,
        events: picked === undefined ? [] : this.#options.eventsOf(picked, width),
        message: this.#message,
      },
      rows,
      { ...this.#options.text, width },
    );
    const isNew = this.#lines.length !== lines.length;
    let text = isNew ? '\x1b[2J' : '';
    lines.forEach((line, i) => {
      // The line is erased before it is written: after a full one the cursor stands on its last character.
      if (isNew || line !== this.#lines[i]) text += `\x1b[${i + 1};1H\x1b[2K${line}`;
    });
    this.#lines = lines;
    if (text !== '') this.#sink.write(text);
  }
}
