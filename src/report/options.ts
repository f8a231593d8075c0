import type { ChalkInstance } from 'chalk';
import type { Zone } from './time.js';

/** How text for people is laid out. The caller knows the terminal; nothing here does. */
export interface TextOptions {
  /** Columns; no line is longer. */
  width: number;
  /** Colours; an instance of level 0 gives none. */
  chalk: ChalkInstance;
  /** ASCII stand-ins for arrows, blocks and lines. */
  ascii: boolean;
  /** Zone of the times of day. */
  zone: Zone;
}
