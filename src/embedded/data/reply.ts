/** A RESP2 reply as a value. */
export type Reply =
  | { readonly kind: 'simple'; readonly text: string }
  | { readonly kind: 'error'; readonly text: string }
  | { readonly kind: 'integer'; readonly value: number | bigint }
  | { readonly kind: 'bulk'; readonly bytes: Uint8Array | null }
  | { readonly kind: 'array'; readonly items: readonly Reply[] | null };

/** A command: its name and arguments as bytes. */
export type Command = readonly Uint8Array[];
