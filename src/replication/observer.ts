import type { RdbKey } from '../rdb/sink.js';
import type { LagMeter } from './lag-meter.js';
import type { Payload, Session } from './model.js';

/** Who wants the bytes of a payload, or its keys, while they pass. What it is given is borrowed until the call returns. */
export interface PayloadWatcher {
  /** The next bytes of the payload, bytes[start, end), its end mark excluded. None come after a hole. */
  bytes?(bytes: Uint8Array, start: number, end: number): void;
  key?(key: RdbKey): void;
  /** It is over: `payload.sha256` is set when every byte of it was given, else bytes are missing. */
  end(payload: Payload): void;
}

/** A command of a stream as it was sent. Borrowed until the call returns. */
export interface RawCommand {
  /** Its first word in upper case; `(other)` for a name that is not counted. */
  readonly name: string;
  /** Its bytes on the wire, in order; an array of bulk strings, or (streams of servers before 2.8) an inline line. */
  readonly parts: readonly Uint8Array[];
  /** The database it works on, of a SELECT the one it selects; null where that is not known. */
  readonly database: number | null;
  /** Replication offset of its last byte; null where that is not known. */
  readonly offset: number | null;
}

/** Who wants the commands of a stream. */
export interface StreamWatcher {
  command(command: RawCommand): void;
  /**
   * Something cannot be given. gap: bytes were not captured; broken: a command of so many bytes with a hole in it; oversized: one
   * longer than is held; skipped: bytes between which and a hole no command began.
   */
  missing(what: 'gap' | 'broken' | 'oversized' | 'skipped', bytes: number): void;
}

/** Who counts the commands of a stream, those with a hole in them included. Cheaper than a StreamWatcher: nothing is put together. */
export interface CommandCounter {
  /** So many bytes of the stream were sent at `time` (µs), captured or not. */
  sent(bytes: number, time: number): void;
  /**
   * A command of `length` bytes on the wire has passed; `name` in upper case, with its subcommand. Its beginning (KEPT_COMMAND_BYTES at
   * least, or up to a hole) is bytes[from, from + kept), borrowed until the call returns. `database` null: not known.
   */
  command(
    name: string,
    bytes: Uint8Array,
    from: number,
    kept: number,
    length: number,
    database: number | null,
    time: number,
  ): void;
}

/** Who looks at what passes beyond the facts of the model. Asked once per payload and per stream; null: not interested. */
export interface TrafficObserver {
  payload?(session: Session): PayloadWatcher | null;
  stream?(session: Session): StreamWatcher | null;
  counter?(session: Session): CommandCounter | null;
  /** May stand before a session's meter of lag: returns one that passes on all it is told. Asked when the offset is first known. */
  meter?(session: Session, meter: LagMeter): LagMeter;
}
