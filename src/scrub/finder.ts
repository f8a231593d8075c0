import { parseAddress } from '../packet/address.js';
import type { TcpSegment } from '../packet/segment.js';
import type { Session } from '../replication/model.js';
import type { Connection } from '../tcp/connection.js';
import type { ConnectionInfo, Direction, StreamConsumer } from '../tcp/types.js';
import type { ScrubCounts } from './commands.js';
import { PatchBudget, Patches } from './patches.js';
import type { Policy } from './policy.js';
import { ClientSide, ServerSide } from './sides.js';

/** One direction of one connection: where its bytes stand, and what is to be overwritten of them. */
export interface FlowPatches {
  readonly patches: Patches;
  /** Number of the packet with which its connection was noticed. */
  readonly firstPacket: number;
  /** Sequence number of stream position 0; null: no byte was captured. */
  base: number | null;
  /** Position behind the last byte that was read; what comes behind it (after a reset, say) nobody has looked at. */
  end: number;
}

/** Finds what is to be overwritten, in all connections of a capture. */
export class SecretFinder {
  readonly counts: ScrubCounts = {
    ...{ secrets: 0, payloads: 0, partPayloads: 0, unreadPayloads: 0, heldBytes: 0 },
  };
  /** By `flowKey`: the connections that had these endpoints, one after the other. */
  readonly flows = new Map<string, FlowPatches[]>();
  /** Number of the current packet. */
  packet = 0;
  readonly #policy: Policy;
  readonly #budget = new PatchBudget();
  /** Replicas that were met mid-stream, as `address:port`. */
  readonly #joined: ReadonlySet<string>;

  /** @param joined sessions whose beginning was not captured. */
  constructor(policy: Policy, joined: readonly Session[]) {
    this.#policy = policy;
    this.#joined = new Set(joined.map(({ clientAddress, clientPort }) => `${clientAddress}:${clientPort}`));
  }

  /** Consumer of a connection of a TcpTracker. */
  open(info: ConnectionInfo): StreamConsumer {
    const connection = info as Connection;
    const { midstream } = connection;
    const isReplica = (side: Direction): boolean =>
      midstream && this.#joined.has(`${connection.address(side)}:${connection.port(side)}`);
    const client: Direction = isReplica(1) ? 1 : 0;
    const flows: [FlowPatches, FlowPatches] = [this.#flow(connection, 0), this.#flow(connection, 1)];
    const requests = new ClientSide(this.#policy, flows[client].patches, this.counts, midstream);
    const server = client === 0 ? 1 : 0;
    const isStream = isReplica(client);
    const replies = new ServerSide(this.#policy, flows[server].patches, this.counts, requests, isStream);
    return {
      data: (direction, bytes, start, end, position, _time, _packet, segmentStart) => {
        flows[direction].base ??= connection.flow(direction).sequenceOf(0);
        flows[direction].end = position + end - start;
        (direction === client ? requests : replies).data(bytes, start, end, position, segmentStart);
      },
      gap: (direction, position, length) => {
        flows[direction].base ??= connection.flow(direction).sequenceOf(0);
        flows[direction].end = position + length;
        // What is missing may still come, too late to be read.
        flows[direction].patches.add(position, position + length);
        (direction === client ? requests : replies).gap(position, length);
      },
      closed: () => {
        requests.end(flows[client].end);
        replies.end(flows[server].end);
      },
    };
  }

  #flow(connection: Connection, direction: Direction): FlowPatches {
    const back = direction === 0 ? 1 : 0;
    const key = [
      ...(parseAddress(connection.address(direction)) ?? []),
      ...(parseAddress(connection.address(back)) ?? []),
      connection.port(direction),
      connection.port(back),
    ].join();
    const flow: FlowPatches = {
      patches: new Patches(this.#budget),
      firstPacket: this.packet,
      base: null,
      end: 0,
    };
    const known = this.flows.get(key);
    if (known === undefined) this.flows.set(key, [flow]);
    else known.push(flow);
    return flow;
  }
}

/** The same key for a segment. */
export function flowKey(segment: TcpSegment): string {
  const { source0, source1, source2, source3, sourcePort } = segment;
  const { destination0, destination1, destination2, destination3, destinationPort } = segment;
  const source = `${source0},${source1},${source2},${source3}`;
  const destination = `${destination0},${destination1},${destination2},${destination3}`;
  return `${source},${destination},${sourcePort},${destinationPort}`;
}
