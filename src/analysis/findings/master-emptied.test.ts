import { describe, expect, it } from 'vitest';
import { granted, ID, OTHER_ID } from '../../testing/finding-talk.js';
import { RdbWriter, string } from '../../testing/rdb-writer.js';
import { ack, type Call, Network, resp } from '../../testing/talk.js';

const SET = resp('SET', 'key', 'some value');

function rdbOf(keys: number): Uint8Array {
  const rdb = new RdbWriter(9).selectDb(0);
  for (let i = 0; i < keys; i++) rdb.key(0, `key:${i}`, string('v'));
  return rdb.end();
}

interface Options {
  replid?: string;
  offset?: number;
  asked?: [string, string];
}

/** A replica that is sent a payload of so many keys, and acknowledges it. */
function sent(network: Network, keys: number, { replid = ID, offset = 0, asked }: Options = {}): Call {
  const rdb = rdbOf(keys);
  return granted(network, { replid, granted: offset, ...(asked && { asked }) })
    .master(`$${rdb.length}\r\n`, rdb)
    .replica(ack(offset));
}

const BACK: Options = { replid: OTHER_ID, asked: [ID, '40'] };

/** What is found when a link that held `keys`, and was written to, comes back to a master with `left` of them. */
function found(keys: number, left: number, written: string[] = [SET], back: Options = BACK) {
  const network = new Network();
  const stream = written.join('');
  sent(network, keys).master(stream).replica(ack(stream.length)).close('master');
  sent(network, left, back);
  network.finish();
  return network.findings.all.filter(({ code }) => code === 'master-emptied');
}

describe('master-emptied', () => {
  it('names what was held, and what came instead', () => {
    const [each, ...others] = found(50, 0);
    expect(others).toEqual([]);
    expect(each).toMatchObject({
      severity: 'error',
      evidence: {
        keys: 0,
        grantedReplid: OTHER_ID,
        grantedOffset: 0,
        heldKeys: 50,
        heldReplid: ID,
        heldOffset: SET.length,
        writesSince: 1,
      },
    });
    expect(each!.packets.length).toBe(3);
    expect(each!.sessions.map(({ number }) => number)).toEqual([2, 1, 1]);
  });

  it('is told up to a tenth of the keys, or whatever part is asked for', () => {
    expect(found(50, 5).length).toBe(1);
    expect(found(50, 6)).toEqual([]);
    const network = new Network(undefined, { thresholds: { emptiedShare: 0.5 } });
    sent(network, 50).master(SET).replica(ack(SET.length)).close();
    sent(network, 25, BACK);
    expect(network.finish()).toContain('master-emptied');
  });

  it('is told of writes alone, where the snapshot before was empty or not captured', () => {
    expect(found(0, 0).length).toBe(1);
    expect(found(0, 0, [resp('PING')])).toEqual([]);
    expect(found(0, 1)).toEqual([]);
    const network = new Network();
    const name = resp('REPLCONF', 'listening-port', '6380');
    const call = network
      .call()
      .replica(name)
      .master('+OK\r\n')
      .replica(resp('PSYNC', ID, '101'));
    call
      .master(`+CONTINUE ${ID}\r\n`, SET)
      .replica(ack(100 + SET.length))
      .close();
    sent(network, 0, BACK);
    expect(network.finish()).toContain('master-emptied');
  });

  it('adds up what was written over reconnections', () => {
    const network = new Network();
    sent(network, 50).master(SET).replica(ack(SET.length)).close();
    granted(network, { asked: ['?', '-1'] }).close();
    const again = network
      .call()
      .replica(resp('REPLCONF', 'listening-port', '6380'))
      .master('+OK\r\n');
    again.replica(resp('PSYNC', ID, String(SET.length + 1))).master(`+CONTINUE ${ID}\r\n`);
    again
      .master(SET, SET)
      .replica(ack(3 * SET.length))
      .close();
    sent(network, 0, BACK);
    network.finish();
    expect(network.findings.all.find(({ code }) => code === 'master-emptied')?.evidence).toMatchObject({
      heldKeys: 50,
      writesSince: 3,
    });
  });

  it('is not told of keys that were deleted on the way, nor of the same history, nor of a promoted node', () => {
    expect(found(50, 0, [resp('FLUSHALL')])).toEqual([]);
    expect(
      found(
        3,
        0,
        ['a', 'b', 'c'].map((key) => resp('DEL', key)),
      ),
    ).toEqual([]);
    expect(found(50, 0, [SET], { replid: ID, offset: 0 })).toEqual([]);
    // It counts on from where the old one was.
    expect(found(50, 0, [SET], { replid: OTHER_ID, offset: 500 })).toEqual([]);
  });

  it('is not told of a payload that was not read to its end', () => {
    const network = new Network();
    sent(network, 50).master(SET).replica(ack(SET.length)).close();
    granted(network, BACK).master('$500\r\n', rdbOf(0).subarray(0, 20)).close();
    expect(network.finish()).not.toContain('master-emptied');
  });
});
