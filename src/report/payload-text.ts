import type { PayloadDocument } from './document.js';
import { escapeText } from './escape.js';
import type { Part } from './layout.js';
import type { TextOptions } from './options.js';
import { bytesText, countText, plural } from './units.js';

/** `175 B, disk-backed, RDB 9 from 6.2.5, 4 keys, checksum valid` */
export function payloadParts(payload: PayloadDocument, options: TextOptions): Part[] {
  const { red, yellow } = options.chalk;
  const texts: Part[] = [];
  const of =
    payload.declaredBytes !== null && !payload.complete ? ` of ${bytesText(payload.declaredBytes)}` : '';
  texts.push({ text: `${bytesText(payload.bytes)}${of}` });
  if (!payload.complete) texts.push({ text: 'incomplete', paint: red });
  if (payload.form === null) texts.push({ text: 'its beginning was not captured', paint: yellow });
  else texts.push({ text: payload.form === 'length' ? 'disk-backed' : 'diskless' });
  const { rdb, transferMs } = payload;
  if (transferMs !== null && transferMs >= 10 && payload.bytes >= 1_000_000) {
    texts.push({ text: `${bytesText(payload.bytes / (transferMs / 1000))}/s` });
  }
  if (rdb !== null) {
    const version = rdb.version === null ? 'RDB' : `RDB ${rdb.version}`;
    texts.push({ text: rdb.server === null ? version : `${version} from ${escapeText(rdb.server, 30)}` });
    if (rdb.keys !== null) texts.push({ text: plural(rdb.keys, 'key') });
    if (rdb.expires !== null && rdb.expires > 0)
      texts.push({ text: `${countText(rdb.expires)} with expiry` });
    if (rdb.checksum !== 'unchecked' || rdb.keys !== null) {
      texts.push({ text: `checksum ${rdb.checksum}`, paint: rdb.checksum === 'invalid' ? red : undefined });
    }
  }
  return texts.map((part) => ({ ...part, before: ', ' }));
}
