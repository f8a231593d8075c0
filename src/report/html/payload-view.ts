import { anatomyTexts } from '../anatomy/anatomy-text.js';
import type { LinkDocument, SessionDocument } from '../document.js';
import { escapeText } from '../escape.js';
import { payloadParts } from '../payload-text.js';
import type { LinkRatesDocument, ShareDocument } from '../rates/rates-document.js';
import type { Zone } from '../time.js';
import { bytesText, countText, plural } from '../units.js';
import type { Axis } from './axis.js';
import { MAX_PAYLOADS, MAX_ROWS } from './limits.js';
import type { CommandsView, PayloadView } from './model.js';
import { plainOptions } from './session-view.js';

const KEY_COLUMNS = 80;
const NAME_COLUMNS = 40;

/** The latest payloads of a link: what they hold, and what their transfer was bound by. */
export function payloadViews(link: LinkDocument, axis: Axis, zone: Zone): PayloadView[] {
  return link.sessions
    .flatMap((session, index) =>
      session.payload === null ? [] : [payloadView(session, index + 1, axis, zone)],
    )
    .slice(-MAX_PAYLOADS);
}

function payloadView(session: SessionDocument, number: number, axis: Axis, zone: Zone): PayloadView {
  const payload = session.payload!;
  const { rdb, anatomy } = payload;
  const types = Object.entries(rdb?.byType ?? {}).map(([type, facts]) => ({
    type: escapeText(type, NAME_COLUMNS),
    keys: facts.keys,
    bytes: facts.bytes,
    encodings: encodingsText(facts.encodings),
  }));
  const databases = Object.entries(rdb?.databases ?? {}).map(
    ([db, { keys, expires }]) =>
      `db ${db}: ${plural(keys, 'key')}${expires > 0 ? `, ${countText(expires)} with expiry` : ''}`,
  );
  return {
    title: `session ${number}`,
    at: axis.isoOrNull(payload.startedAt ?? payload.finishedAt),
    facts: payloadParts(payload, plainOptions(zone))
      .map(({ text }) => text)
      .join(', '),
    types: types.sort((a, b) => b.bytes - a.bytes).slice(0, MAX_ROWS),
    databases: databases.slice(0, MAX_ROWS).join(' · '),
    biggest: (rdb?.biggestKeys?.byBytes ?? [])
      .slice(0, MAX_ROWS)
      .map(({ key, type, db, bytes, elements }) => ({
        key: escapeText(key, KEY_COLUMNS),
        type: escapeText(type, NAME_COLUMNS),
        db,
        bytes,
        elements,
      })),
    anatomy: anatomy === null ? [] : anatomyTexts(anatomy),
    problem: rdb?.error == null ? null : escapeText(rdb.error.message, 200),
  };
}

function encodingsText(encodings: Record<string, number>): string {
  return Object.entries(encodings)
    .sort((a, b) => b[1] - a[1])
    .slice(0, 4)
    .map(([name, keys]) => `${escapeText(name, NAME_COLUMNS)} ${countText(keys)}`)
    .join(', ');
}

/** Shares of a link's stream by command; null where nothing was counted. */
export function commandsView({ shares, bytes, commands }: LinkRatesDocument): CommandsView | null {
  if (shares === null || shares.rows.length === 0) return null;
  const rate =
    bytes.perSecond === null
      ? ''
      : `, ${bytesText(bytes.perSecond)}/s, ${bytesText(bytes.peakPerSecond)}/s at most`;
  const { other } = shares;
  return {
    facts: `${plural(commands.total, 'command')}, ${bytesText(bytes.total)}${rate}`,
    rows: shares.rows.map((row) => ({
      name: commandName(row),
      commands: row.commands,
      bytes: row.bytes,
      share: row.share,
    })),
    rest: other.commands > 0 ? { commands: other.commands, bytes: other.bytes } : null,
  };
}

function commandName({ name, what }: ShareDocument): string {
  return name === null ? what : escapeText(name, NAME_COLUMNS);
}
