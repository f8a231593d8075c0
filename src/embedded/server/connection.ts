import { encodeReply, error } from '../data/encode-reply.js';
import type { Command, Reply } from '../data/reply.js';
import { type Announcement, emptyAnnouncement } from '../master/announcement.js';
import type { Channel, ChannelHandler, CloseReason } from '../net/network.js';
import { RequestParser, type RequestSink } from '../wire/request-parser.js';
import type { ClientOutput, SyncPort } from './client.js';

/** What a connection tells its server. */
export interface ConnectionOwner {
  command(command: Command): void;
  /** A bare newline: a sign of life from a replica that loads. */
  newline(): void;
  /** The peer closed it. */
  lost(how: 'fin' | 'rst'): void;
  /** This end closed it. */
  closed(): void;
  /** It is a replica's by now: what the node says on it is the stream, no replies. */
  isReplica(): boolean;
}

/** A client's TCP connection: requests out of bytes, and replies into them, one write for all that came together. */
export class Connection implements ChannelHandler, RequestSink, SyncPort, ClientOutput {
  readonly clientId: number;
  readonly channel: Channel;
  readonly announcement: Announcement = emptyAnnouncement();
  readonly #owner: ConnectionOwner;
  readonly #parser: RequestParser;
  #replies: Uint8Array[] = [];
  #open = true;
  #closing = false;

  constructor(clientId: number, channel: Channel, makeOwner: (connection: Connection) => ConnectionOwner) {
    this.clientId = clientId;
    this.channel = channel;
    this.#parser = new RequestParser(this);
    this.#owner = makeOwner(this);
  }

  get hasPending(): boolean {
    return this.#replies.length > 0;
  }

  opened(): void {}

  data(bytes: Uint8Array): void {
    if (this.#open) this.#parser.feed(bytes);
    this.flush();
  }

  closed(reason: CloseReason): void {
    this.#open = false;
    this.#parser.stop();
    // A process closes its own end when it reads the end of the other's.
    if (reason === 'fin') this.channel.end();
    this.#owner.lost(reason === 'fin' ? 'fin' : 'rst');
  }

  command(command: Command): void {
    this.#owner.command(command);
  }

  newline(): void {
    this.#owner.newline();
  }

  broken(reason: string): void {
    this.reply(error(`ERR Protocol error: ${reason}`));
    this.flush();
    this.close('fin');
  }

  reply(reply: Reply): void {
    if (!this.#owner.isReplica()) this.#replies.push(encodeReply(reply));
  }

  flush(): void {
    if (this.#replies.length > 0) this.channel.write(Buffer.concat(this.#replies));
    this.#replies = [];
    if (this.#closing) this.close('fin');
  }

  closeAfterReplies(): void {
    this.#closing = true;
    this.#parser.stop();
  }

  close(how: 'fin' | 'rst'): void {
    if (!this.#open) return;
    this.#open = false;
    this.#parser.stop();
    if (how === 'fin') this.channel.end();
    else this.channel.reset();
    this.#owner.closed();
  }
}
