import type { DecisionFact, SessionFacts } from '../embedded/master/master-log.js';
import type { Endpoint } from '../embedded/net/network.js';
import { type PlayOptions, play } from '../embedded/scenarios/play.js';
import type { Scenario } from '../embedded/scenarios/scenario.js';
import { PcapWriter } from '../embedded/tap/pcap-file.js';
import type { LinkDocument, SummaryDocument, SyncDocument } from '../report/document.js';
import { parseMicros } from '../report/time.js';
import { analyzeBytes } from './analyze-bytes.js';

/** A sync as the capture shows it, beside what the master that decided it knows. */
export interface PlayedSync {
  link: LinkDocument;
  channel: 'main' | 'rdb';
  sync: SyncDocument;
  /** The master's own record: its reason, and the lines a 7.0 server writes to its log. */
  made: DecisionFact;
}

/** Plays a scenario on the simulated network and analyses its packets. */
export async function playSyncs(
  scenario: Scenario,
  options: Partial<PlayOptions> = {},
): Promise<{ document: SummaryDocument; syncs: PlayedSync[] }> {
  const pieces: Uint8Array[] = [];
  const frames = new PcapWriter((bytes) => pieces.push(bytes));
  const { actors } = await play(scenario, { live: false, seed: 1, ...options, frames });
  const document = await analyzeBytes(Buffer.concat(pieces));
  const told = actors.flatMap(({ node }) =>
    node.log.sessions.map((session) => ({ master: nameOf(node.endpoint), session })),
  );
  const syncs = document.links.flatMap((link) =>
    link.sessions.flatMap((session) => {
      const known = told
        .filter(
          (each) =>
            each.master === link.master &&
            each.session.clientPort === session.clientPort &&
            isNear(each.session.requests[0]?.at, session.syncs[0]?.requestedAt),
        )
        // Two hosts may have taken the same port; the link's name tells, unless another address is announced.
        .sort((a, b) => Number(isOf(b.session, link)) - Number(isOf(a.session, link)))[0];
      return session.syncs.flatMap((sync, i) => {
        const made = known?.session.decisions[i];
        return made === undefined || sync.decision === null
          ? []
          : [{ link, channel: session.channel, sync, made }];
      });
    }),
  );
  return { document, syncs };
}

function nameOf({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function isOf(
  { clientAddress, announcedAddress, listeningPort }: SessionFacts,
  { replica }: LinkDocument,
): boolean {
  return replica === nameOf({ host: announcedAddress ?? clientAddress, port: listeningPort });
}

/** Ports are used again, but not within the same second by the same master. */
function isNear(micros: number | undefined, iso: string | undefined): boolean {
  return micros !== undefined && iso !== undefined && Math.abs(micros - parseMicros(iso)) < 1_000_000;
}
