/** What a connection has told by REPLCONF before it asked for a synchronization, and may go on to tell. */
export interface Announcement {
  listeningPort: number;
  /** REPLCONF ip-address; null: the peer's is taken. */
  address: string | null;
  readonly capabilities: Set<string>;
  version: string | null;
  /** rdb-only: closed behind the payload. */
  rdbOnly: boolean;
  /** rdb-filter-only: what the payload is to hold (`functions`, or nothing at all); null: everything. */
  filter: string | null;
  /** rdb-channel: this is the second connection of a synchronization. */
  rdbChannel: boolean;
  /** main-ch-client-id (Redis 8): the connection it belongs to. */
  mainClientId: number | null;
  /** set-rdb-client-id (Valkey 8): the connection that carries this one's payload. */
  rdbClientId: number | null;
}

export function emptyAnnouncement(): Announcement {
  return {
    listeningPort: 0,
    address: null,
    capabilities: new Set(),
    version: null,
    rdbOnly: false,
    filter: null,
    rdbChannel: false,
    mainClientId: null,
    rdbClientId: null,
  };
}
