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
/** Columns worth an own line for the explanation. */
const LEAST_WHY = 24;

/** An event in words: who spoke, what happened, what it means. */
interface Words {
  from: Side;
  what: string;
  why: string;
  paint?: Paint | undefined;
}

function ageText(micros: number | null, from: number | null): string {
  return micros === null || from === null ? '' : durationText((micros - from) / 1000);
}

/** What a session had come to; one that carries a payload only never goes online. */
function phaseText({ channel, phase, payload }: Session): string {
  return channel === 'rdb' && payload?.complete ? 'its payload complete' : phase;
}

function closedWords(session: Session, { chalk }: EventOptions): Words {
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
    paint: reset || left !== '' ? chalk.red : chalk.yellow,
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
function wordsOf(
  event: Exclude<ReplicationEvent, { event: 'encrypted' }>,
  options: EventOptions,
): Words | null {
  const { chalk } = options;
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
      return closedWords(session, options);
    case 'handshake.command':
      return { from: 'replica', what: escapeText(event.words.join(' '), 120), why: '' };
    case 'handshake.reply': {
      if (isPlainReply(event.reply) && !options.replies) return null;
      const paint = event.reply.startsWith('-') ? chalk.red : undefined;
      return {
        from: 'master',
        what: escapeText(event.reply, 200),
        why: `to ${escapeText(event.to, 40)}`,
        paint,
      };
    }
    case 'sync.requested':
      return { from: 'replica', what: requestText(event.sync), why: '', paint: chalk.bold };
    case 'sync.decided': {
      const { decision } = event.sync;
      const paint = decision === 'CONTINUE' ? chalk.green : decision === 'REFUSED' ? chalk.red : chalk.yellow;
      return {
        from: 'master',
        what: decisionText(event.sync),
        why: causeText(event.sync, session.channel),
        paint,
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
        paint: complete ? undefined : chalk.red,
      };
    }
    case 'stream.started': {
      // The second connection of a two-connection sync ends with its payload.
      if (session.channel === 'rdb') return null;
      const why =
        event.start === null
          ? 'offset not known yet'
          : `commands follow from offset ${countText(event.start + 1)}`;
      return { from: 'master', what: 'online', why, paint: chalk.green };
    }
    case 'stream.command':
      return null;
    case 'stream.keepalive':
      return { from: event.from, what: 'keepalive', why: '', paint: chalk.dim };
    case 'ack': {
      if (!options.acks) return null;
      const lag = event.lagBytes === null ? '' : `lag ${bytesText(event.lagBytes)}`;
      const age = event.lagMs === null || event.lagMs === 0 ? '' : ` (${durationText(event.lagMs)})`;
      return {
        from: 'replica',
        what: `ACK ${countText(event.offset)}`,
        why: `${lag}${age}`,
        paint: chalk.dim,
      };
    }
    case 'getack':
      return options.acks
        ? { from: 'master', what: 'GETACK', why: 'asks for an ACK now', paint: chalk.dim }
        : null;
    case 'lag.high': {
      const { lastBytes, lastMs } = event.lag;
      const size = lastBytes === null ? '' : `${bytesText(lastBytes)} not acknowledged`;
      const age = lastMs === null ? '' : `the oldest byte for ${durationText(lastMs)}`;
      return {
        from: 'replica',
        what: 'lag high',
        why: [size, age].filter(Boolean).join(', '),
        paint: chalk.red,
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
        paint: chalk.green,
      };
    }
    case 'gap':
      return {
        from: event.from,
        what: 'gap',
        why: `${bytesText(event.missingBytes)} not captured`,
        paint: chalk.yellow,
      };
    case 'resync':
      return {
        from: 'master',
        what: 'place found again',
        why: `${bytesText(event.skippedBytes)} skipped to the next command`,
        paint: chalk.yellow,
      };
    case 'finding':
      return {
        from: 'master',
        what: event.code,
        why: findingWords(event).message,
        paint:
          event.severity === 'error' ? chalk.red : event.severity === 'warning' ? chalk.yellow : chalk.dim,
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
  const { chalk } = options;
  let who: string;
  let words: Words | null;
  if (event.event === 'encrypted') {
    who = `${escapeText(event.master, 47)} ← ${escapeText(event.client, 47)}`;
    words = {
      from: 'replica',
      what: 'TLS',
      why: 'the content of this connection cannot be read',
      paint: chalk.yellow,
    };
  } else {
    words = wordsOf(event, options);
    who = words === null ? '' : whoText(event.link, words.from, options);
  }
  if (words === null) return null;
  const whoColumns = options.showLink ? (options.whoColumns ?? 0) : PLAIN_WHO;
  const head = `${timeText(event.time, options)}  ${padRight(who, whoColumns)}   `;
  const text = rows(head, words, options).join('\n');
  return options.ascii ? toAscii(text) : text;
}

/** One line if the explanation can be kept whole; else it goes below: it is what the line is read for. */
function rows(head: string, { what, why, paint }: Words, { chalk, width }: EventOptions): string[] {
  const start: Part = { text: head, paint: chalk.dim };
  if (why === '') return [renderLine([start, { text: what, paint }], width)];
  const indent = displayWidth(head);
  const room = width - indent - displayWidth(why) - 2;
  const columns = Math.min(WHAT_COLUMNS, Math.floor(width / 5), Math.max(0, room));
  const first = [start, { text: padRight(what, columns), paint }];
  if (displayWidth(what) <= room || width - indent < LEAST_WHY) {
    return [renderLine([...first, { text: `  ${why}` }], width)];
  }
  const below = flow([{ text: why }], width - indent).map((row) => [{ text: ' '.repeat(indent) }, ...row]);
  return [first, ...below].map((row) => renderLine(row, width));
}
