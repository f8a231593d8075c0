import { Analyzer } from '../analyzer.js';
import { type Played, type PlayOptions, play } from '../embedded/scenarios/play.js';
import type { Scenario } from '../embedded/scenarios/scenario.js';
import { PacketFeed } from '../embedded/tap/packet-feed.js';
import type { SummaryDocument } from '../report/document.js';
import { type AccountedLink, accountOf } from './pair-account.js';
import { WireWitness } from './wire-witness.js';

/** Bytes of the stream that a server wrote, and when they came to the wire, µs; null: never. */
export interface Delivery {
  readonly writtenAt: number;
  readonly passedAt: number | null;
}

/** A story, what the analyzer tells of it, and what those know who played it. */
export interface ToldAndKnown {
  readonly played: Played;
  readonly summary: SummaryDocument;
  readonly internalErrors: readonly string[];
  readonly account: AccountedLink[];
  readonly witness: WireWitness;
}

/** Plays a story and has its packets analyzed. */
export async function playAndTell(
  scenario: Scenario,
  options: Omit<PlayOptions, 'frames' | 'observe'>,
): Promise<ToldAndKnown> {
  const analyzer = new Analyzer();
  let witness: WireWitness | null = null;
  const played = await play(scenario, {
    ...options,
    frames: new PacketFeed((batch, from, to) => analyzer.run(batch, from, to)),
    observe: (clock) => {
      witness = new WireWitness(clock);
      return witness;
    },
  });
  analyzer.finish();
  return {
    played,
    summary: analyzer.summary([]),
    internalErrors: analyzer.internalErrors,
    account: accountOf(played.actors, witness!),
    witness: witness!,
  };
}

/** Of all that the masters of a story wrote into their streams. */
export function deliveries({ played, witness }: ToldAndKnown): Delivery[] {
  return played.actors.flatMap(({ node }) =>
    node.log.sessions.flatMap(({ clientAddress, clientPort, fed }) => {
      const wire = witness.between(node.endpoint, { host: clientAddress, port: clientPort });
      return fed.map(({ at, position }) => ({
        writtenAt: at,
        passedAt: wire?.timeOf('server', position) ?? null,
      }));
    }),
  );
}
