/**
 * The bytes do not follow the RDB format. Thrown inside this folder only: RdbDecoder turns it into `facts.error`.
 * `position` is the payload position (bytes) of the offending token, or null for "the token being read".
 */
export class RdbFormatError extends Error {
  readonly position: number | null;

  constructor(message: string, position: number | null = null) {
    super(message);
    this.position = position;
  }
}
