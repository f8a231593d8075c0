import type { ReplicationEvent } from '../replication/events.js';
import type { Link, Payload, Session } from '../replication/model.js';
import { toAscii } from './ascii.js';
import { causeText, decisionText, requestText } from './causes.js';
import { commandText } from './command-text.js';
import { escapeText } from './escape.js';
import { type EventOptions, PLAIN_WHO, type Side, timeText, whoText } from './event-options.js';
import { findingWords } from './findings/wording.js';
import { flow, type Paint, type Part, renderLine } from './layout.js';
import { endpointText } from './link-facts.js';
import { payloadParts } from './payload-text.js';
import { payloadDocument } from './session-document.js';
import { bytesText, countText, durationText } from './units.js';
import { displayWidth, padRight } from './width.js';

/** Columns of the middle, what happened, at most: enough for a FULLRESYNC; fewer on a narrow terminal. */
const WHAT_COLUMNS = 28;
/** How far what happened is set in below names that leave no room for it. */
const NARROW_INDENT = ' '.repeat(4);
/** Columns worth an own line for the explanation. */
const LEAST_WHY = 24;

/** How an event is to be taken. */
export type Tone = 'bad' | 'warn' | 'good' | 'strong' | 'dim';

/** An event in words: who spoke, what happened, what it means. Safe to print. */
export interface EventWords {
  from: Side;
  what: string;
  why: string;
  tone?: Tone | undefined;
}

function paintOf(tone: Tone | undefined, { chalk }: EventOptions): Paint | undefined {
  switch (tone) {
    case 'bad':
      return chalk.red;
    case 'warn':
      return chalk.yellow;
    case 'good':
      return chalk.green;
    case 'strong':
      return chalk.bold;
    case 'dim':
      return chalk.dim;
    case undefined:
      return undefined;
  }
}

function ageText(micros: number | null, from: number | null): string {
  return micros === null || from === null ? '' : durationText((micros - from) / 1000);
}

/** What a session had come to; one that carries a payload only never goes online. */
function phaseText({ channel, phase, payload }: Session): string {
  return channel === 'rdb' && payload?.complete ? 'its payload complete' : phase;
}

function closedWords(session: Session): EventWords {
  const reset = session.closedHow === 'rst';
  const age = ageText(session.closedAt, session.openedAt ?? session.firstSeenAt);
  const { lastBytes } = session.lag;
  const left = lastBytes !== null && lastBytes > 0 ? `${bytesText(lastBytes)} not acknowledged` : '';
  const by = session.closedBy === null ? '' : ` by ${session.closedBy}`;
  return {
    from: session.closedBy ?? 'replica',
    what: `${reset ? 'reset' : 'closed'}${by}`,
    why: [`session ${session.number}`, age === '' ? '' : `after ${age}`, phaseText(session), left]
      .filter(Boolean)
      .join(', '),
    tone: reset || left !== '' ? 'bad' : 'warn',
  };
}

function payloadWhy(payload: Payload, session: Session, options: EventOptions): string {
  const { transferMs } = payloadDocument(payload, session);
  const texts = payloadParts(payloadDocument(payload, session), options).map((part) => part.text);
  return [...(transferMs === null ? [] : [durationText(transferMs)]), ...texts].join(', ');
}

function startedWhy(payload: Payload, session: Session): string {
  const { waitMs } = payloadDocument(payload, session);
  const size =
    payload.declaredBytes === null ? 'diskless, no length given' : bytesText(payload.declaredBytes);
  return waitMs === null || waitMs === 0 ? size : `${size}, after ${durationText(waitMs)} of waiting`;
}

/** Which connection this is; lines that do not name the link get it here. */
function placeText(link: Link, session: Session, options: EventOptions): string {
  const master = options.showLink ? '' : `, master ${endpointText(link.master)}`;
  return `session ${session.number}${master}, from port ${session.clientPort}`;
}

/** Replies that only say that all is well. */
function isPlainReply(reply: string): boolean {
  return /^\+(OK|PONG)\s*$/i.test(reply);
}

/** null: the event is not shown with these options. */
export function eventWords(
  event: Exclude<ReplicationEvent, { event: 'encrypted' }>,
  options: EventOptions,
): EventWords | null {
  const { session } = event;
  switch (event.event) {
    case 'connection.opened':
      return { from: 'replica', what: 'connected', why: placeText(event.link, session, options) };
    case 'connection.joined':
      return {
        from: 'replica',
        what: 'joined mid-stream',
        why: `${placeText(event.link, session, options)}; its beginning was not captured`,
      };
    case 'connection.closed':
      return closedWords(session);
    case 'handshake.command':
      return { from: 'replica', what: escapeText(event.words.join(' '), 120), why: '' };
    case 'handshake.reply': {
      if (isPlainReply(event.reply) && !options.replies) return null;
      const tone = event.reply.startsWith('-') ? 'bad' : undefined;
      return {
        from: 'master',
        what: escapeText(event.reply, 200),
        why: `to ${escapeText(event.to, 40)}`,
        tone,
      };
    }
    case 'sync.requested':
      return { from: 'replica', what: requestText(event.sync), why: '', tone: 'strong' };
    case 'sync.decided': {
      const { decision } = event.sync;
      const tone = decision === 'CONTINUE' ? 'good' : decision === 'REFUSED' ? 'bad' : 'warn';
      return {
        from: 'master',
        what: decisionText(event.sync),
        why: causeText(event.sync, session.channel),
        tone,
      };
    }
    case 'payload.started':
      return { from: 'master', what: 'payload starts', why: startedWhy(event.payload, session) };
    case 'payload.finished': {
      const { complete } = event.payload;
      const what = complete ? 'payload complete' : 'payload incomplete';
      return {
        from: 'master',
        what,
        why: payloadWhy(event.payload, session, options),
        tone: complete ? undefined : 'bad',
      };
    }
    case 'stream.started': {
      const why =
        event.start === null
          ? 'offset not known yet'
          : `commands follow from offset ${countText(event.start + 1)}`;
      return { from: 'master', what: 'online', why, tone: 'good' };
    }
    case 'stream.command':
      return null;
    case 'stream.keepalive':
      return { from: event.from, what: 'keepalive', why: '', tone: 'dim' };
    case 'ack': {
      if (!options.acks) return null;
      const lag = event.lagBytes === null ? '' : `lag ${bytesText(event.lagBytes)}`;
      const age = event.lagMs === null || event.lagMs === 0 ? '' : ` (${durationText(event.lagMs)})`;
      return {
        from: 'replica',
        what: `ACK ${countText(event.offset)}`,
        why: `${lag}${age}`,
        tone: 'dim',
      };
    }
    case 'getack':
      return options.acks
        ? { from: 'master', what: 'GETACK', why: 'asks for an ACK now', tone: 'dim' }
        : null;
    case 'lag.high': {
      const { lastBytes, lastMs } = event.lag;
      const size = lastBytes === null ? '' : `${bytesText(lastBytes)} not acknowledged`;
      const age = lastMs === null ? '' : `the oldest byte for ${durationText(lastMs)}`;
      return {
        from: 'replica',
        what: 'lag high',
        why: [size, age].filter(Boolean).join(', '),
        tone: 'bad',
      };
    }
    case 'lag.recovered': {
      const { maxBytes, caughtUpMs } = event.lag;
      const size = maxBytes === null ? '' : `after ${bytesText(maxBytes)} at most`;
      const age = caughtUpMs === null ? '' : `caught up within ${durationText(caughtUpMs)}`;
      return {
        from: 'replica',
        what: 'lag recovered',
        why: [size, age].filter(Boolean).join(', '),
        tone: 'good',
      };
    }
    case 'gap':
      return {
        from: event.from,
        what: 'gap',
        why: `${bytesText(event.missingBytes)} not captured`,
        tone: 'warn',
      };
    case 'resync':
      return {
        from: 'master',
        what: 'place found again',
        why: `${bytesText(event.skippedBytes)} skipped to the next command`,
        tone: 'warn',
      };
    case 'finding':
      return {
        from: 'master',
        what: event.code,
        why: findingWords(event).message,
        tone: event.severity === 'error' ? 'bad' : event.severity === 'warning' ? 'warn' : 'dim',
      };
  }
}

/**
 * An event as one line for people (more only where the width would cut its explanation), or null when the options leave
 * it out:
 * `07:51:05.550123  127.0.0.1:6380 → :6381  FULLRESYNC 15b88be2… at 0   first sync: the replica holds no history`.
 */
export function eventText(event: ReplicationEvent, options: EventOptions): string | null {
  if (event.event === 'stream.command') return options.commands ? commandText(event, options) : null;
  let who: string;
  let words: EventWords | null;
  if (event.event === 'encrypted') {
    who = `${escapeText(event.master, 47)} ← ${escapeText(event.client, 47)}`;
    words = {
      from: 'replica',
      what: 'TLS',
      why: 'the content of this connection cannot be read',
      tone: 'warn',
    };
  } else {
    words = eventWords(event, options);
    who = words === null ? '' : whoText(event.link, words.from, options);
  }
  if (words === null) return null;
  const whoColumns = options.showLink ? (options.whoColumns ?? 0) : PLAIN_WHO;
  const head = `${timeText(event.time, options)}  ${padRight(who, whoColumns)}   `;
  const text = rows(head, words, options).join('\n');
  return options.ascii ? toAscii(text) : text;
}

/** One line if the explanation can be kept whole; else it goes below: it is what the line is read for. */
function rows(head: string, { what, why, tone }: EventWords, options: EventOptions): string[] {
  const { chalk, width } = options;
  const paint = paintOf(tone, options);
  const start: Part = { text: head, paint: chalk.dim };
  const indent = displayWidth(head);
  const text = displayWidth(what) + (why === '' ? 0 : displayWidth(why) + 2);
  // Long names on a narrow terminal: what happened goes below them.
  if (indent + text > width && width - indent < LEAST_WHY) {
    const parts = [{ text: what, paint }, ...(why === '' ? [] : [{ text: why }])];
    const below = flow(parts, width - NARROW_INDENT.length).map((row) => [{ text: NARROW_INDENT }, ...row]);
    return [[start], ...below].map((row) => renderLine(row, width));
  }
  if (why === '') return [renderLine([start, { text: what, paint }], width)];
  const room = width - indent - displayWidth(why) - 2;
  const columns = Math.min(WHAT_COLUMNS, Math.floor(width / 5), Math.max(0, room));
  const first = [start, { text: padRight(what, columns), paint }];
  if (displayWidth(what) <= room) {
    return [renderLine([...first, { text: `  ${why}` }], width)];
  }
  const below = flow([{ text: why }], width - indent).map((row) => [{ text: ' '.repeat(indent) }, ...row]);
  return [first, ...below].map((row) => renderLine(row, width));
}
