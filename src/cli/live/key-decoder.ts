import type { Key } from '../../report/live/top-state.js';

/**
 * Turns what a terminal in raw mode sends into names of keys. Arrow keys are escape sequences that may come in pieces: an incomplete
 * one is held until its rest comes, or until the caller says that nothing follows.
 */

/** Sequences of xterm and its kin, in normal and in application mode (XTerm Control Sequences, "PC-Style Function Keys"). */
const SEQUENCES = new Map<string, Key>([
  ['[A', 'up'],
  ['[B', 'down'],
  ['[C', 'right'],
  ['[D', 'left'],
  ['OA', 'up'],
  ['OB', 'down'],
  ['OC', 'right'],
  ['OD', 'left'],
  ['[H', 'home'],
  ['[F', 'end'],
  ['OH', 'home'],
  ['OF', 'end'],
  ['[1~', 'home'],
  ['[4~', 'end'],
  ['[7~', 'home'],
  ['[8~', 'end'],
  ['[5~', 'pageup'],
  ['[6~', 'pagedown'],
]);

const CONTROLS = new Map<string, Key>([
  ['\r', 'enter'],
  ['\n', 'enter'],
  ['\x03', 'ctrl-c'],
  ['\x04', 'ctrl-d'],
  ['\x0c', 'ctrl-l'],
  ['\x1a', 'ctrl-z'],
]);

const ESCAPE = '\x1b';

/** A whole sequence: CSI with parameters and its final character, or SS3 and one character. */
const WHOLE = /^(\[[0-9;?<]*[@-~]|O[@-~])/;
const BEGUN = /^(|\[[0-9;?<]*|O)$/;

/** Longer is no key: held text stays small whatever is typed. */
const MAX_SEQUENCE = 32;

export class KeyDecoder {
  #held = '';

  /** @returns the keys that are whole by now; unknown sequences are dropped. */
  feed(text: string): Key[] {
    const keys: Key[] = [];
    let rest = this.#held + text;
    this.#held = '';
    while (rest !== '') {
      if (!rest.startsWith(ESCAPE)) {
        const char = String.fromCodePoint(rest.codePointAt(0)!);
        rest = rest.slice(char.length);
        const key = CONTROLS.get(char) ?? (char < ' ' ? null : char);
        if (key !== null) keys.push(key);
        continue;
      }
      const after = rest.slice(1);
      const whole = WHOLE.exec(after)?.[0];
      if (whole !== undefined) {
        const key = SEQUENCES.get(whole);
        if (key !== undefined) keys.push(key);
        rest = after.slice(whole.length);
      } else if (BEGUN.test(after) && after.length < MAX_SEQUENCE) {
        this.#held = rest;
        rest = '';
      } else {
        // Escape, and then something else.
        keys.push('escape');
        rest = after;
      }
    }
    return keys;
  }

  /** True while a sequence may go on. */
  get isHolding(): boolean {
    return this.#held !== '';
  }

  /** Nothing follows what is held: it was the escape key itself, or something of no use. */
  flush(): Key[] {
    const held = this.#held;
    this.#held = '';
    return held === ESCAPE ? ['escape'] : [];
  }
}
