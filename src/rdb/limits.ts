/** Every bound of the RDB decoder that a caller may change, with its reason. Sizes are bytes. */
export interface RdbLimits {
  /** Bytes of a key that are kept and shown; longer keys are cut, their length stays known. */
  readonly keyBytes: number;
  /** Bytes of one string element (level 'elements'); longer ones are cut and marked. */
  readonly elementBytes: number;
  /**
   * Bytes of one packed container (ziplist, listpack, intset, zipmap; level 'elements'), compressed or inflated. The elements of
   * a larger one are not reported, its record is marked as cut. Servers write at most 8 KiB per list node and a few hundred
   * entries per other container unless configured otherwise.
   */
  readonly blobBytes: number;
  /** Bytes of a function library's source that are handed over. */
  readonly functionBytes: number;
}

export const DEFAULT_RDB_LIMITS: RdbLimits = {
  keyBytes: 64 * 1024,
  elementBytes: 64 * 1024,
  blobBytes: 16 * 1024 * 1024,
  functionBytes: 64 * 1024,
};

/** AUX names kept in the facts: servers write about ten. */
export const MAX_AUX_FIELDS = 64;
/** Bytes of an AUX name or value that are kept: replication ids have 40, `lua` script bodies may have any length. */
export const MAX_AUX_BYTES = 4096;

/** Databases counted apart: servers have 16 unless configured. Keys of further ones count in the totals only. */
export const MAX_DATABASES = 16_384;
/** Servers hold the database number in an int. */
export const MAX_DATABASE_ID = 0x7fff_ffff;

/** Lengths and counts above cannot be told exactly in a number, and no payload has them: corruption. */
export const MAX_LENGTH = Number.MAX_SAFE_INTEGER;

/** LZF turns 3 bytes into at most 264: a larger promise is a lie, whatever the bytes are. */
export const MAX_LZF_RATIO = 88;

/** Inflated bytes that hold the header of any packed container (ziplist: 10), and the input that surely yields as many. */
export const BLOB_HEADER_BYTES = 10;
export const LZF_HEADER_BYTES = 32;

/** A buffer that grew beyond this for one value is given back after it. */
export const KEPT_BUFFER_BYTES = 256 * 1024;
