import { describe, expect, it } from 'vitest';
import { continued, ID, online } from '../../testing/finding-talk.js';
import { ack, Network, resp } from '../../testing/talk.js';

const SET = resp('SET', 'key', 'v'.repeat(1_000));

const found = (network: Network) => network.findings.all.filter(({ code }) => code === 'output-buffer-limit');

/** An online replica that is cut off by its master; `sent`: how much of a command had been sent. */
function cut(sent: number, by: 'master' | 'replica' = 'master'): Network {
  const network = new Network();
  online(network).master(SET).replica(ack(SET.length)).wait(900).master(SET.slice(0, sent)).close(by);
  return network;
}

describe('output-buffer-limit', () => {
  it('is a connection closed inside a command, by a master that had more', () => {
    const network = cut(500);
    expect(found(network)).toEqual([]);
    network.wait(1_000);
    continued(network, SET.length + 501).close();
    expect(found(network)).toEqual([]);
    const sentOffset = SET.length + 500;
    const later = cut(500);
    later.wait(1_000);
    online(later, { asked: [ID, String(SET.length + 1)], granted: 300_000_000 });
    expect(found(later)).toMatchObject([
      {
        severity: 'warning',
        evidence: {
          sentOffset,
          lastAck: SET.length,
          unsentBytes: 300_000_000 - sentOffset,
          settingsWord: 'replica',
          advisedHardBytes: 1024 * 1024 * 1024,
          advisedSoftBytes: 1024 * 1024 * 1024,
        },
      },
    ]);
    expect(found(later)[0]!.packets.length).toBe(2);
  });

  it('is not told behind a whole command, of a replica that left, of a timeout, nor of a master that is gone', () => {
    const story = (network: Network): unknown[] => {
      network.wait(1_000);
      online(network, { asked: [ID, '1'], granted: 300_000_000 });
      network.finish();
      return found(network);
    };
    expect(story(cut(SET.length))).toEqual([]);
    expect(story(cut(500, 'replica'))).toEqual([]);
    const silent = new Network();
    online(silent).master(SET).wait(60_000).master(SET.slice(0, 500)).close('master');
    expect(story(silent)).toEqual([]);
    const gone = cut(500);
    gone.finish();
    expect(found(gone)).toEqual([]);
    const all = new Network();
    const other = online(all, { listeningPort: 6381 });
    const call = online(all).master(SET).replica(ack(SET.length)).master(SET.slice(0, 500));
    other.close('master');
    call.close('master');
    expect(story(all)).toEqual([]);
  });
});
