import { describe, expect, it } from 'vitest';
import { LinkStage, REPLID } from '../../testing/link-stage.js';
import { encodeRequest } from '../wire/encode-request.js';

const MARK = 'a1'.repeat(20);
const PAYLOAD = 'REDIS0011 the payload';
const SET = encodeRequest(['SET', 'a', '1']);
const BODY = `$EOF:${MARK}\r\n${PAYLOAD}${MARK}`;

function resp(words: string): string {
  return Buffer.from(encodeRequest(words.split(' '))).toString();
}

describe("Redis 8's RDB channel", () => {
  function begun(): LinkStage {
    const stage = new LinkStage(
      { style: 'redis-8.0', twoConnections: true, masterAuth: 'pw', loadTime: 2_500_000 },
      [[/^PSYNC/, null]],
    );
    stage.link.start();
    stage.run(10);
    stage.connection.say('+RDBCHANNELSYNC 8\r\n');
    stage.run(10);
    return stage;
  }

  it('goes as the protocol has it', () => {
    const stage = begun();
    const [main, rdb] = stage.connections;
    // AUTH and REPLCONF at once, then PSYNC.
    expect(rdb!.text).toBe(
      resp('AUTH pw') +
        resp('REPLCONF capa eof rdb-only 1 rdb-channel 1 main-ch-client-id 8 listening-port 6380') +
        resp('PSYNC ? -1'),
    );
    const before = main!.text.length;
    rdb!.say(`\n+FULLRESYNC ${REPLID} 500\r\n\n$EOF:${MARK}\r\n`);
    main!.say(SET);
    stage.run(100);
    rdb!.say(PAYLOAD + MARK);
    stage.run(100);
    expect(stage.link.state).toBe('loading');
    expect(stage.host.applied).toEqual([]);
    main!.say(SET);
    rdb!.say('more than was wanted');
    rdb!.close();
    stage.run(2_500);
    expect(stage.host.payloads).toEqual([{ text: PAYLOAD, point: { replid: REPLID, offset: 500 } }]);
    expect(stage.host.applied).toEqual(['SET a 1', 'SET a 1']);
    // While it loaded: newlines, on the main connection. The first ACK comes once what had waited is applied.
    expect(main!.text.slice(before)).toMatch(/^\n\n\*3/);
    expect(main!.acks[0]?.offset).toBe(500 + 2 * SET.length);
    expect(stage.link.state).toBe('online');
    expect(stage.facts('decision')).toMatchObject([
      { decision: 'two-connections', replid: null, offset: null },
      { decision: 'full', replid: REPLID, offset: 500 },
    ]);
  });

  it.each([
    ['an error', '-ERR no\r\n'],
    ['no offset', '+CONTINUE\r\n'],
    ['no payload', `+FULLRESYNC ${REPLID} 500\r\n+OK\r\n`],
  ])('gives both connections up at %s', (_, line) => {
    const stage = begun();
    const [main, rdb] = stage.connections;
    rdb!.say(line);
    stage.run(10);
    expect([main!.closedHow, rdb!.closedHow]).toEqual(['fin', 'fin']);
    expect(stage.link.state).toBe('down');
    stage.run(1_000);
    expect(stage.connections).toHaveLength(3);
  });

  it('gives both up when one is lost', () => {
    for (const lost of [0, 1]) {
      const stage = begun();
      stage.connections[lost]!.close('rst');
      stage.run(10);
      expect(stage.connections[1 - lost]!.closedHow).toBe('fin');
      stage.run(1_500);
      expect(stage.requests.filter((request) => request.startsWith('PING')).length).toBe(2);
    }
  });

  it('freezes both connections', () => {
    const stage = begun();
    const [main, rdb] = stage.connections;
    stage.link.pauseReading();
    rdb!.say(`+FULLRESYNC ${REPLID} 500\r\n${BODY}`);
    main!.say(SET);
    stage.run(5_000);
    expect(stage.link.state).toBe('transfer');
    stage.link.resumeReading();
    stage.run(3_000);
    expect(stage.link.state).toBe('online');
    expect(stage.host.offset).toBe(500 + SET.length);
  });
});

describe("Valkey's dual channel", () => {
  function begun(): LinkStage {
    const stage = new LinkStage({ style: 'valkey-8.0', twoConnections: true, loadTime: 500_000 }, [
      [/^(PSYNC|SYNC|REPLCONF set-rdb-client-id)/, null],
    ]);
    stage.link.start();
    stage.run(10);
    stage.connection.say('+DUALCHANNELSYNC\r\n');
    stage.run(10);
    return stage;
  }

  it('goes as the protocol has it', () => {
    const stage = begun();
    const [main, rdb] = stage.connections;
    expect(rdb!.text).toBe(
      `${resp('REPLCONF capa eof rdb-only 1 rdb-channel 1 listening-port 6380')}SYNC\r\n`,
    );
    let before = main!.text.length;
    rdb!.say(`\n$ENDOFF:500 ${REPLID} 0 17\r\n`);
    stage.run(10);
    expect(main!.text.slice(before)).toBe(resp('REPLCONF set-rdb-client-id 17'));
    before = main!.text.length;
    main!.say('+OK\r\n');
    stage.run(10);
    expect(main!.text.slice(before)).toBe(resp(`PSYNC ${REPLID} 501`));
    main!.say(Buffer.concat([Buffer.from(`+CONTINUE ${REPLID}\r\n`), SET]));
    rdb!.say(BODY);
    stage.run(100);
    expect(stage.link.state).toBe('loading');
    stage.run(500);
    expect(stage.host.payloads).toEqual([{ text: PAYLOAD, point: { replid: REPLID, offset: 500 } }]);
    expect(stage.host.continuations).toEqual([]);
    expect(main!.acks.map(({ offset }) => offset)).toEqual([500 + SET.length]);
    expect(rdb!.closedHow).toBe('fin');
    expect(stage.facts('decision').map(({ decision }) => decision)).toEqual([
      'two-connections',
      'full',
      'continue',
    ]);
  });

  it('loads only when the stream is on its way', () => {
    const stage = begun();
    const [main, rdb] = stage.connections;
    rdb!.say(`$ENDOFF:500 ${REPLID} 0 17\r\n${BODY}`);
    stage.run(1_000);
    expect(stage.link.state).toBe('transfer');
    main!.say(`+OK\r\n\n+CONTINUE ${REPLID}\r\n`);
    stage.run(1_000);
    expect(stage.link.state).toBe('online');
    expect(stage.host.offset).toBe(500);
  });

  it.each([
    ['the client id refused', '-ERR Unrecognized RDB client id 17\r\n'],
    ['a full sync instead', `+OK\r\n+FULLRESYNC ${REPLID} 1\r\n`],
  ])('gives both up: %s', (_, answer) => {
    const stage = begun();
    const [main, rdb] = stage.connections;
    rdb!.say(`$ENDOFF:500 ${REPLID} 0 17\r\n`);
    main!.say(answer);
    stage.run(10);
    expect([main!.closedHow, rdb!.closedHow]).toEqual(['fin', 'fin']);
  });
});
