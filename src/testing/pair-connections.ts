import type { SessionFacts } from '../embedded/master/master-log.js';
import type { Endpoint } from '../embedded/net/network.js';
import type { ConnectionRole, ReplicaFact, ReplicaLog } from '../embedded/replica/replica-log.js';
import type { WireWitness, WitnessedConnection } from './wire-witness.js';

export type Fact<K extends ReplicaFact['kind']> = Extract<ReplicaFact, { kind: K }>;

/** One TCP connection of a replica to a master, as both of them and the network know it. */
export interface Told {
  readonly channel: 'main' | 'rdb';
  readonly wire: WitnessedConnection;
  /** Null when nothing was asked for that the master took in. */
  readonly master: SessionFacts | null;
  readonly handshakes: Fact<'handshake'>[];
  readonly requests: Fact<'request'>[];
  readonly acks: Fact<'ack'>[];
  readonly newlines: Fact<'newline'>[];
  /** Two-connection synchronizations: of an rdb connection its main one, and the other way round. */
  main: Told | null;
  rdb: Told | null;
}

/** The connections of a link, in order. */
export function connectionsOf(
  log: ReplicaLog,
  master: Endpoint,
  witness: WireWitness,
  sessions: ReadonlyMap<string, SessionFacts>,
): Told[] {
  const all: Told[] = [];
  const current: Record<ConnectionRole, Told | null> = { main: null, rdb: null };
  for (const fact of log.facts) {
    if (fact.kind === 'connect') {
      const { local, connection } = fact;
      const wire = witness.between(master, local);
      if (wire === null) continue; // behind the end of the capture
      const told: Told = {
        channel: connection,
        wire,
        master: sessions.get(name(local)) ?? null,
        handshakes: [],
        requests: [],
        acks: [],
        newlines: [],
        main: connection === 'rdb' ? current.main : null,
        rdb: null,
      };
      if (told.main !== null) told.main.rdb = told;
      current[connection] = told;
      all.push(told);
    } else if (fact.kind === 'handshake') current[fact.connection]?.handshakes.push(fact);
    else if (fact.kind === 'request') current[fact.connection]?.requests.push(fact);
    else if (fact.kind === 'ack') current.main?.acks.push(fact);
    else if (fact.kind === 'newline') current.main?.newlines.push(fact);
  }
  return all;
}

/** A link shows by what only a replica says. */
export function isSeen({ wire, handshakes, requests }: Told): boolean {
  const announces = handshakes.some(
    ({ words, position }) => words[0] === 'REPLCONF' && wire.has('client', position),
  );
  return announces || requests.some(({ position }) => wire.has('client', position));
}

export function announced(told: Told): Endpoint {
  // The connection for the payload is the main one's, and does not repeat the address.
  if (told.main !== null) return announced(told.main);
  const option = (key: string): string | null => optionsOf(told, key)[0] ?? null;
  return {
    host: option('ip-address') ?? told.wire.client.host,
    port: Number(option('listening-port') ?? told.wire.client.port),
  };
}

/** Values of an option of REPLCONF that came to the wire. */
export function optionsOf({ wire, handshakes }: Told, key: string): string[] {
  return handshakes
    .filter(({ words, position }) => words[0] === 'REPLCONF' && wire.has('client', position))
    .flatMap(({ words }) => words.filter((_, i) => i > 0 && i % 2 === 0 && words[i - 1] === key));
}

/** `10.0.0.1:6379`, `[::1]:6379`. */
export function name({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
