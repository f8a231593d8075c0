import { formatAddress } from '../packet/address.js';
import { PacketDecoder } from '../packet/decoder.js';
import { RST, SYN, TcpSegment } from '../packet/segment.js';
import { endpoint } from '../replication/links.js';
import type { Payload, Session, Sync } from '../replication/model.js';
import { sequenceDistance } from '../tcp/sequence.js';
import type { Analysis } from './analyze-packets.js';
import type { NumberedPacket } from './damage.js';

/**
 * What is left of the truth when a capture was damaged: the analysis of what remains against that of the whole. Judged fairly: what
 * cannot be known from what remains may be unknown, and never wrong.
 */

/** right: as in the whole capture. unknown: said to be so. inferred: marked so, and not the whole truth. wrong: claimed, and false. */
export type Verdict = 'right' | 'inferred' | 'unknown' | 'wrong';
export type Fact = 'start' | 'end' | 'lastAck' | 'decision' | 'cause' | 'granted' | 'payload' | 'lag';

export interface Judgement {
  readonly facts: Record<Fact, Record<Verdict, number>>;
  /** Sessions of the whole capture, and those of them that were found again. */
  sessions: number;
  found: number;
  /** Commands of the found sessions in the whole capture, and those decoded from the damaged one. */
  commands: number;
  recovered: number;
  /** Commands of which every byte is left, and those of them that were told; of sessions whose offsets both analyses know exactly. */
  intact: number;
  intactTold: number;
  /** Sessions and links that are in no way those of the whole capture. */
  falseSessions: string[];
  falseLinks: string[];
  /** Links named by their TCP endpoint although the whole capture tells the announced one. */
  unnamedLinks: number;
  /** Sessions that were not found again. */
  readonly missed: string[];
  /** What is wrong, for a person to look at. */
  readonly wrongs: string[];
}

export function newJudgement(): Judgement {
  const none = (): Record<Verdict, number> => ({ right: 0, inferred: 0, unknown: 0, wrong: 0 });
  return {
    facts: {
      start: none(),
      end: none(),
      lastAck: none(),
      decision: none(),
      cause: none(),
      granted: none(),
      payload: none(),
      lag: none(),
    },
    sessions: 0,
    found: 0,
    commands: 0,
    recovered: 0,
    intact: 0,
    intactTold: 0,
    falseSessions: [],
    falseLinks: [],
    unnamedLinks: 0,
    missed: [],
    wrongs: [],
  };
}

/** The whole capture, and what it tells. */
export interface Whole {
  readonly packets: readonly NumberedPacket[];
  readonly analysis: Analysis;
}

/** Adds to `into` what became of `whole` when only `packets` are left of it, of which `analysis` was made. */
export function judge(
  whole: Whole,
  packets: readonly NumberedPacket[],
  analysis: Analysis,
  into: Judgement,
): void {
  new Judge(whole, packets, analysis, into).run();
}

class Judge {
  readonly #whole: Whole;
  readonly #analysis: Analysis;
  readonly #into: Judgement;
  /** Numbers, in the whole capture, of the packets that are left; and of those that are left whole. */
  readonly #numbers: number[];
  readonly #intact: Set<number>;
  readonly #reached: Map<string, number>;
  readonly #left: Map<string, number>;
  readonly #spans: Spans;

  constructor(whole: Whole, packets: readonly NumberedPacket[], analysis: Analysis, into: Judgement) {
    this.#whole = whole;
    this.#analysis = analysis;
    this.#into = into;
    this.#numbers = packets.map(({ number }) => number);
    this.#intact = new Set(
      packets.filter(({ data, originalLength }) => data.length >= originalLength).map(({ number }) => number),
    );
    const origins = new Map<string, number>();
    this.#spans = new Spans();
    this.#reached = reachOf(whole.packets, origins);
    this.#left = reachOf(packets, origins, this.#spans);
  }

  run(): void {
    const into = this.#into;
    const truth = this.#whole.analysis.links.flatMap((link) => link.sessions);
    const found = this.#analysis.links.flatMap((link) => link.sessions);
    const free = new Set(found);
    into.sessions += truth.length;
    for (const session of truth) {
      const same = [...free]
        .filter((each) => keyOf(each) === keyOf(session))
        .sort(
          (a, b) =>
            Math.abs(a.firstSeenAt - session.firstSeenAt) - Math.abs(b.firstSeenAt - session.firstSeenAt),
        )[0];
      if (same === undefined) {
        into.missed.push(keyOf(session));
        continue;
      }
      free.delete(same);
      into.found++;
      this.#session(session, same);
    }
    for (const session of free) {
      into.falseSessions.push(keyOf(session));
      into.wrongs.push(`false session ${keyOf(session)}`);
    }
    this.#links();
    for (const error of this.#analysis.internalErrors) into.wrongs.push(`internal error: ${error}`);
  }

  #links(): void {
    const known = new Map(this.#whole.analysis.links.map((link) => [link.id, link]));
    for (const link of this.#analysis.links) {
      const truth = known.get(link.id);
      if (truth !== undefined) continue;
      const endpoints = this.#whole.analysis.links.flatMap(({ master, sessions }) =>
        sessions.map((session) => `${master}<-${endpoint(session.clientAddress, session.clientPort)}`),
      );
      if (!link.replicaPortAnnounced && endpoints.includes(link.id)) this.#into.unnamedLinks++;
      else {
        this.#into.falseLinks.push(link.id);
        this.#into.wrongs.push(`false link ${link.id}`);
      }
    }
  }

  #session(truth: Session, found: Session): void {
    this.#offsets(truth, found);
    this.#lastAck(truth, found);
    this.#syncs(truth, found);
    this.#payload(truth, truth.payload, found.payload);
    this.#lag(truth, found);
    this.#intactCommands(truth, found);
    this.#into.commands += truth.stream.commands;
    this.#into.recovered += Math.min(found.stream.commands, truth.stream.commands);
    if (found.stream.commands > truth.stream.commands)
      this.#wrong(truth, 'commands', truth.stream.commands, found.stream.commands);
    for (const [name, count] of found.stream.byCommand) {
      const known = truth.stream.byCommand.get(name) ?? 0;
      if (count > known && truth.stream.bytes > 0) this.#wrong(truth, `command ${name}`, known, count);
    }
  }

  /** Counts the commands that the damage did not touch, and which of them were told. */
  #intactCommands(truth: Session, found: Session): void {
    const { end, basis } = truth.offsets;
    const isExact = basis === 'handshake' && found.offsets.basis === 'handshake';
    if (end === null || !isExact || truth.loss.missingBytes > 0) return;
    const key = keyOf(truth);
    const told = new Set(this.#analysis.commands.get(found)?.map(({ offset }) => offset));
    const shift = (this.#reached.get(key) ?? 0) - end;
    for (const { offset, bytes } of this.#whole.analysis.commands.get(truth) ?? []) {
      if (!this.#spans.hold(key, offset - bytes + shift, offset + shift)) continue;
      this.#into.intact++;
      if (told.has(offset)) this.#into.intactTold++;
    }
  }

  #offsets(truth: Session, found: Session): void {
    const { start, end } = truth.offsets;
    const told = found.offsets;
    const isInferred = told.basis === 'inferred';
    const captured =
      (end ?? 0) - ((this.#reached.get(keyOf(truth)) ?? 0) - (this.#left.get(keyOf(truth)) ?? 0));
    const least = Math.max(start ?? 0, captured);
    const endIsRight =
      told.end === end || (told.end !== null && end !== null && told.end >= least && told.end <= end);
    if (told.start === null) this.#count('start', start === null ? 'right' : 'unknown');
    else if (told.start === start) this.#count('start', 'right');
    // Inferred: too low by what was not applied; or, the stream having been found later, where it was found.
    else if (isInferred && (start === null || told.start < start || endIsRight))
      this.#count('start', 'inferred');
    else this.#countWrong('start', truth, start, told.start);

    if (told.end === null) this.#count('end', end === null ? 'right' : 'unknown');
    else if (end === null || start === null) this.#count('end', isInferred ? 'inferred' : 'wrong');
    else if (endIsRight) this.#count('end', 'right');
    else if (isInferred && told.start! < start && told.end < end) this.#count('end', 'inferred');
    else this.#countWrong('end', truth, `${least} to ${end}`, told.end);
  }

  /** The last one that is left is the one to tell. */
  #lastAck(truth: Session, found: Session): void {
    const said = this.#whole.analysis.acks.filter((ack) => ack.session === truth);
    const left = said.filter((ack) => this.#intact.has(ack.packet)).at(-1)?.offset ?? null;
    const { lastAck } = found.offsets;
    if (lastAck === left) this.#count('lastAck', lastAck === null && said.length > 0 ? 'unknown' : 'right');
    else if (lastAck === null) this.#count('lastAck', 'unknown');
    else if (said.some(({ offset }) => offset === lastAck)) this.#count('lastAck', 'inferred');
    else this.#countWrong('lastAck', truth, left, lastAck);
  }

  #syncs(truth: Session, found: Session): void {
    const free = [...found.syncs];
    for (const sync of truth.syncs) {
      if (sync.decision === null) continue;
      const at = free.findIndex((each) => this.#isSame(sync, each));
      const same = at >= 0 ? free.splice(at, 1)[0]! : null;
      if (same?.decision == null) {
        this.#count('decision', 'unknown');
        continue;
      }
      if (same.decision !== sync.decision) {
        this.#countWrong('decision', truth, sync.decision, same.decision);
        continue;
      }
      this.#count('decision', 'right');
      if (same.cause === sync.cause) this.#count('cause', 'right');
      else if (same.cause === 'unknown' || same.cause === null) this.#count('cause', 'unknown');
      else this.#countWrong('cause', truth, sync.cause, same.cause);
      const isRight = same.grantedOffset === sync.grantedOffset && same.grantedReplid === sync.grantedReplid;
      const isUnknown =
        (same.grantedOffset === null || same.grantedOffset === sync.grantedOffset) &&
        (same.grantedReplid === null || same.grantedReplid === sync.grantedReplid);
      if (isRight) this.#count('granted', 'right');
      else if (isUnknown) this.#count('granted', 'unknown');
      else this.#countWrong('granted', truth, granted(sync), granted(same));
    }
    for (const sync of free) {
      if (sync.decision === null) continue;
      this.#countWrong('decision', truth, truth.syncs.map((each) => each.decision).join(), sync.decision);
    }
  }

  /** The same request or the same answer, by the packets that hold them; or what was concluded from something else. */
  #isSame(truth: Sync, found: Sync): boolean {
    const request = this.#numbers[found.requestPacket - 1];
    const answer = found.decisionPacket === null ? null : this.#numbers[found.decisionPacket - 1];
    return (
      truth.requestPacket === request || truth.decisionPacket === answer || truth.decision === found.decision
    );
  }

  #payload(session: Session, truth: Payload | null, found: Payload | null): void {
    if (truth === null) {
      if (found === null) return;
      this.#countWrong('payload', session, null, found.bytes);
    } else if (found === null || (!found.complete && found.bytes <= truth.bytes)) {
      const isSame = found !== null && found.bytes === truth.bytes && !truth.complete;
      this.#count('payload', isSame ? 'right' : 'unknown');
    } else if (found.bytes === truth.bytes && (found.sha256 === null || found.sha256 === truth.sha256))
      this.#count('payload', 'right');
    else
      this.#countWrong('payload', session, truth.bytes, `${found.bytes}${found.complete ? ' complete' : ''}`);
  }

  /** Bytes cannot lag that were not sent; and the last lag is what the offsets say. */
  #lag(truth: Session, found: Session): void {
    const { lastBytes, maxBytes, lastMs, maxMs } = found.lag;
    if (lastBytes === null || maxBytes === null) {
      this.#count('lag', 'unknown');
      return;
    }
    const { start, end, lastAck } = found.offsets;
    const most = Math.max(0, (end ?? 0) - Math.min(start ?? 0, lastAck ?? start ?? 0));
    const duration = (this.#whole.packets.at(-1)!.time - this.#whole.packets[0]!.time) / 1000 + 400_000;
    const told = Math.max(
      0,
      (end ?? 0) - Math.max(lastAck ?? 0, Math.min(start ?? 0, lastAck ?? start ?? 0)),
    );
    const isSound =
      maxBytes >= 0 &&
      maxBytes <= most &&
      lastBytes >= 0 &&
      lastBytes <= maxBytes &&
      lastBytes === told &&
      (lastMs ?? 0) >= 0 &&
      (maxMs ?? 0) <= duration;
    if (isSound) this.#count('lag', 'right');
    else
      this.#countWrong(
        'lag',
        truth,
        `last ${told}, at most ${most}`,
        `last ${lastBytes}, at most ${maxBytes}, ${maxMs} ms`,
      );
  }

  #count(fact: Fact, verdict: Verdict): void {
    this.#into.facts[fact][verdict]++;
  }

  #countWrong(fact: Fact, session: Session, truth: unknown, found: unknown): void {
    this.#count(fact, 'wrong');
    this.#wrong(session, fact, truth, found);
  }

  #wrong(session: Session, what: string, truth: unknown, found: unknown): void {
    this.#into.wrongs.push(`${keyOf(session)} ${what}: is ${truth}, told ${found}`);
  }
}

function granted(sync: Sync): string {
  return `${sync.grantedReplid} at ${sync.grantedOffset}`;
}

/** What tells connections apart: who was asked, and who asked. */
function keyOf(session: Session): string {
  return `${session.link.master} ${session.clientAddress}:${session.clientPort}`;
}

/**
 * How far each connection's server spoke: bytes from its first packet in the whole capture (`origins`, filled on the way) to the last
 * one that is there before a reset, by the key of the connection's session.
 */
function reachOf(
  packets: readonly NumberedPacket[],
  origins: Map<string, number>,
  spans?: Spans,
): Map<string, number> {
  const decoder = new PacketDecoder();
  const segment = new TcpSegment();
  const reach = new Map<string, number>();
  const ended = new Set<string>();
  for (const { data, originalLength, linkType, time } of packets) {
    if (!decoder.decode(data, 0, data.length, originalLength, linkType, time, segment)) continue;
    const key = segmentKey(segment);
    // A reset ends a connection where it was captured: what was on its way and was captured behind it does not count.
    if ((segment.flags & RST) !== 0) ended.add(key).add(turned(key));
    else if ((segment.flags & SYN) !== 0) {
      ended.delete(key);
      ended.delete(turned(key));
    }
    if (segment.payloadLength === 0 || ended.has(key)) continue;
    const origin = origins.get(key) ?? segment.sequence;
    origins.set(key, origin);
    const start = sequenceDistance(origin, segment.sequence);
    const end = start + segment.payloadLength;
    spans?.add(key, start, start + segment.payloadEnd - segment.payloadStart);
    reach.set(key, Math.max(reach.get(key) ?? Number.NEGATIVE_INFINITY, end));
  }
  return reach;
}

/** The key of what the other side says. */
function turned(key: string): string {
  return key.split(' ').reverse().join(' ');
}

function segmentKey(segment: TcpSegment): string {
  const { source0, source1, source2, source3, destination0, destination1, destination2, destination3 } =
    segment;
  const source = formatAddress(source0, source1, source2, source3);
  const destination = formatAddress(destination0, destination1, destination2, destination3);
  return `${endpoint(source, segment.sourcePort)} ${destination}:${segment.destinationPort}`;
}

/** Bytes of connections that were captured, by the keys of their sessions. */
class Spans {
  readonly #of = new Map<string, { start: number; end: number }[]>();
  #isSorted = true;

  add(key: string, start: number, end: number): void {
    const spans = this.#of.get(key) ?? [];
    this.#of.set(key, spans);
    spans.push({ start, end });
    this.#isSorted = false;
  }

  /** True when all of [start, end) was captured. */
  hold(key: string, start: number, end: number): boolean {
    if (!this.#isSorted) this.#sort();
    const spans = this.#of.get(key) ?? [];
    let low = 0;
    let high = spans.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (spans[middle]!.start <= start) low = middle + 1;
      else high = middle;
    }
    return low > 0 && spans[low - 1]!.end >= end;
  }

  /** Sorts the spans, and joins those that touch. */
  #sort(): void {
    this.#isSorted = true;
    for (const [key, spans] of this.#of) {
      spans.sort((a, b) => a.start - b.start);
      const joined: { start: number; end: number }[] = [];
      for (const span of spans) {
        const last = joined.at(-1);
        if (last !== undefined && span.start <= last.end) last.end = Math.max(last.end, span.end);
        else joined.push({ ...span });
      }
      this.#of.set(key, joined);
    }
  }
}
