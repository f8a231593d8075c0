import type { SessionDocument, SyncDocument } from '../document.js';

/** What live views add up over the sessions of a link, each from one session's part of the document. */
export const SESSION_SUMS = {
  denied: ({ syncs }) => syncs.filter(isDenied).length,
  streamBytes: ({ stream }) => stream.bytes,
  streamCommands: ({ stream }) => stream.commands,
  acks: ({ acks }) => acks.count,
  payloads: ({ payload }) => (payload?.complete === true ? 1 : 0),
  payloadBytes: ({ payload }) => payload?.bytes ?? 0,
  waitSeconds: ({ payload }) => (payload?.waitMs ?? 0) / 1000,
  transferSeconds: ({ payload }) => (payload?.transferMs ?? 0) / 1000,
  loadSeconds: ({ payload }) => (payload?.loadMs ?? 0) / 1000,
  gaps: ({ loss }) => loss.gaps,
  missingBytes: ({ loss }) => loss.missingBytes,
  retransmittedBytes: ({ loss }) => loss.retransmittedBytes,
  outOfOrderSegments: ({ loss }) => loss.outOfOrderSegments,
  zeroWindowSeconds: ({ loss }) => loss.zeroWindowMs / 1000,
  decoderResyncs: ({ loss }) => loss.resyncs,
  payloadErrors: ({ payload }) => (payload?.rdb?.error == null ? 0 : 1),
} satisfies Record<string, (session: SessionDocument) => number>;

export type SessionSum = keyof typeof SESSION_SUMS;

/** As INFO's sync_partial_err: the replica offered a history and was sent a payload all the same. */
function isDenied({ command, replid, decision }: SyncDocument): boolean {
  return command === 'PSYNC' && replid !== '?' && (decision === 'FULLRESYNC' || decision === 'DUALCHANNEL');
}
