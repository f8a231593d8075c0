import { describe, expect, it } from 'vitest';
import { MILLISECOND } from '../net/clock.js';
import type { Channel, ChannelHandler } from '../net/network.js';
import { SimulatedClock } from '../net/simulated-clock.js';
import { SimulatedNetwork } from '../net/simulated-network.js';
import { Process } from './process.js';

const AT = { host: '10.0.0.1', port: 1 };

/** A process that listens, and a client outside of any process. */
function stage() {
  const clock = new SimulatedClock();
  const network = new SimulatedNetwork(clock);
  const process = new Process(clock, network);
  const events: string[] = [];
  const handler = (who: string): ChannelHandler => ({
    opened: () => events.push(`${who} opened`),
    data: (bytes) => events.push(`${who} ${Buffer.from(bytes).toString()}`),
    closed: (reason) => events.push(`${who} closed ${reason}`),
  });
  const accepted: Channel[] = [];
  process.listen(
    AT,
    (channel) => {
      accepted.push(channel);
      return handler('server');
    },
    () => events.push('listening'),
  );
  clock.runUntil(MILLISECOND);
  const client = network.connect('10.0.0.2', AT, handler('client'));
  const run = (ms: number): string[] => {
    clock.runUntil(clock.now() + ms * MILLISECOND);
    return events.splice(0);
  };
  return { clock, network, process, client, accepted, events, run, handler };
}

describe('a process', () => {
  it('has timers and sockets as the clock and the network give them', () => {
    const { process, client, accepted, events, run } = stage();
    process.after(500, () => events.push('timer'));
    process.after(600, () => events.push('never')).cancel();
    client.write(Buffer.from('hello'));
    expect(run(1)).toEqual(['listening', 'client opened', 'server opened', 'server hello', 'timer']);
    accepted[0]!.write(Buffer.from('back'));
    accepted[0]!.end();
    expect(run(1)).toEqual(['client back', 'client closed fin']);
  });

  it('runs nothing while it is frozen, and everything in its order when it thaws', () => {
    const { process, client, events, run } = stage();
    run(1);
    process.freeze();
    process.after(100, () => events.push('first timer'));
    process.after(200, () => events.push('never')).cancel();
    client.write(Buffer.from('one'));
    expect(run(50)).toEqual([]);
    client.write(Buffer.from('two'));
    client.end();
    process.after(100, () => events.push('second timer'));
    expect(run(50)).toEqual([]);
    process.thaw();
    const all = run(50);
    expect(all.filter((event) => event.includes('timer'))).toEqual(['first timer', 'second timer']);
    const read = all.filter((event) => event.startsWith('server'));
    expect(read.at(-1)).toBe('server closed fin');
    expect(read.slice(0, -1).join('').replaceAll('server ', '')).toBe('onetwo');
  });

  it('may be frozen again by what it catches up on', () => {
    const { process, events, run } = stage();
    run(1);
    process.freeze();
    process.after(1, () => {
      events.push('freezes');
      process.freeze();
    });
    process.after(2, () => events.push('later'));
    run(1);
    process.thaw();
    expect(run(5)).toEqual(['freezes']);
    process.thaw();
    expect(run(5)).toEqual(['later']);
  });

  it('does nothing more when it is killed: peers are told, the port is free', () => {
    const { process, network, client, events, run, handler } = stage();
    run(1);
    process.after(100, () => events.push('never'));
    client.write(Buffer.from('lost'));
    process.kill('rst');
    expect(run(5)).toEqual(['client closed rst']);
    network.connect('10.0.0.2', AT, handler('late'));
    expect(run(5)).toEqual(['late closed refused']);
    expect(process.alive).toBe(false);
  });
});
