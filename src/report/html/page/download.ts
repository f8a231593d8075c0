import type { ReportModel } from '../model.js';
import { h } from './dom.js';

/** Hands out the summary document that the page carries, byte for byte what `summary --json` prints. */
export async function download({ name, gzip }: NonNullable<ReportModel['document']>): Promise<void> {
  const packed = Uint8Array.from(atob(gzip), (char) => char.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
  const url = URL.createObjectURL(
    new Blob([await new Response(stream).arrayBuffer()], { type: 'application/json' }),
  );
  const link = h('a', { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  // The browser reads it after the click.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
