import { fileURLToPath } from 'node:url';
import { Chalk } from 'chalk';
import { describe, expect, it } from 'vitest';
import type { Topology } from '../../analysis/topology/model.js';
import { topologyOf } from '../../testing/analyze-topology.js';
import { fixture, replicationFixtures } from '../../testing/fixtures.js';
import type { TextOptions } from '../options.js';
import { displayWidth } from '../width.js';
import { dotText, mermaidText, topologyDot, topologyMermaid } from './graph.js';
import { topologyDocument } from './topology-document.js';
import { topologyText } from './topology-text.js';

const options = (changes: Partial<TextOptions> = {}): TextOptions => ({
  width: 80,
  chalk: new Chalk({ level: 0 }),
  ascii: false,
  zone: 'utc',
  ...changes,
});

const STORIES = ['failover-chain-redis-6.2.5', 'replicaof-switch-redis-4.0.14', 'multi-replica-redis-3.0.7'];

describe('goldens', () => {
  it.each(STORIES)('%s as text', async (name) => {
    const topology = await topologyOf(fixture(`${name}.pcap`).path);
    await expect(`${topologyText(topology, options())}\n`).toMatchFileSnapshot(`goldens/${name}.txt`);
  });

  it('siblings that differ, with where and by which packets', async () => {
    const path = fileURLToPath(
      new URL('../../../fixtures/findings/divergence-redis-7.0.15.pcap.gz', import.meta.url),
    );
    const topology = await topologyOf(path);
    await expect(`${topologyText(topology, options())}\n`).toMatchFileSnapshot('goldens/divergence.txt');
    const { siblings } = topologyDocument(topology);
    const differing = siblings.filter(({ firstDifference }) => firstDifference !== null);
    // The link through the proxy differs from both others, which are the same.
    expect([siblings.length, differing.length]).toEqual([3, 2]);
    for (const { firstDifference, links } of differing) {
      expect(firstDifference).toMatchObject({ fromOffset: 36_864, toOffset: 40_959 });
      expect(links).toContain('127.0.0.1:31328<-127.0.0.1:31330');
    }
  });

  it('in ASCII', async () => {
    const topology = await topologyOf(fixture('failover-chain-redis-6.2.5.pcap').path);
    const text = topologyText(topology, options({ ascii: true }));
    expect(text).toMatch(/^[\x20-\x7e\n]*$/);
    await expect(`${text}\n`).toMatchFileSnapshot('goldens/failover-chain-ascii.txt');
  });

  it('as graphs', async () => {
    const topology = await topologyOf(fixture('failover-chain-redis-6.2.5.pcap').path);
    await expect(`${topologyMermaid(topology, 'utc')}\n`).toMatchFileSnapshot('goldens/failover-chain.mmd');
    await expect(`${topologyDot(topology, 'utc')}\n`).toMatchFileSnapshot('goldens/failover-chain.dot');
  });
});

describe('every recorded capture', () => {
  it('keeps to its columns, and has every line of its document', async () => {
    for (const { name, path } of replicationFixtures()) {
      const topology = await topologyOf(path);
      for (const width of [60, 80, 120]) {
        const text = topologyText(topology, options({ width }));
        expect(
          text.split('\n').filter((line) => displayWidth(line) > width),
          `${name} at ${width}`,
        ).toEqual([]);
        expect(text).not.toMatch(/undefined|NaN|\[object/);
      }
      const { nodes, attachments } = topologyDocument(topology);
      const names = new Set(nodes.map((node) => node.name));
      expect(attachments.every(({ master, replica }) => names.has(master) && names.has(replica))).toBe(true);
    }
  }, 60_000);
});

/** What a hostile server may announce, be called and be versioned. */
const HOSTILE =
  'x"];\nn0 --> evil\u001b[31m\u202e<img src=x onerror=alert(1)>\\" ; click n0 "javascript:1" # `%%{}%%`';

function hostile(): Topology {
  const node = {
    aliases: [HOSTILE],
    assumed: true,
    tool: false,
    server: HOSTILE,
    replid: HOSTILE,
    offset: 1,
    roles: [],
  };
  return {
    at: 2_000_000,
    nodes: [
      { ...node, name: HOSTILE, master: null },
      { ...node, name: '10.0.0.2:6379', master: HOSTILE },
    ],
    attachments: [
      {
        replica: '10.0.0.2:6379',
        master: HOSTILE,
        links: [],
        from: 0,
        until: null,
        sessions: 1,
        state: 'online',
        joined: false,
        sync: null,
        refused: null,
        closedBy: null,
        replid: HOSTILE,
        offset: 1,
        lagBytes: 0,
      },
    ],
    siblings: [],
    histories: [{ replid: HOSTILE, masters: [HOSTILE], firstSeenAt: 0, highestOffset: 1, from: null }],
    changes: [{ kind: 'left', at: 1_000_000, node: HOSTILE, master: HOSTILE, by: 'replica' }],
  };
}

describe('hostile names', () => {
  it('cannot steer a terminal', () => {
    const text = topologyText(hostile(), options());
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(text.split('\n').filter((line) => line.includes('n0 --> evil') && line.startsWith('n0'))).toEqual(
      [],
    );
  });

  it('stay within the quotes of a Mermaid label', () => {
    const text = topologyMermaid(hostile(), 'utc');
    const lines = text.split('\n');
    expect(lines).toHaveLength(4);
    // Nothing but the forms that we write ourselves.
    const label = '"(?:[A-Za-z0-9 .,:_-]|#\\d+;|<br/>)*"';
    expect(lines[1]).toMatch(new RegExp(`^ {2}n0\\[${label}\\]$`));
    expect(lines[3]).toMatch(new RegExp(`^ {2}n0 -->\\|${label}\\| n1$`));
    expect(mermaidText('a"#b')).toBe('a#34;#35;b');
  });

  it('stay within the quotes of a DOT string', () => {
    const text = topologyDot(hostile(), 'utc');
    const lines = text.split('\n');
    expect(lines).toHaveLength(6);
    // Taken out as DOT reads strings, no label is left, and no quotation mark.
    for (const line of lines.slice(2, 5)) {
      const bare = line.replace(/"(?:[^"\\]|\\.)*"/g, 'S');
      expect(bare).toMatch(/^ {2}n\d( -> n\d)? \[label=S\];$/);
    }
    expect(dotText('a"\\N')).toBe('a\\"\\\\N');
  });

  it('stay JSON', () => {
    expect(JSON.parse(JSON.stringify(topologyDocument(hostile()))).nodes[0].name).toBe(HOSTILE);
  });
});

describe('odd topologies', () => {
  it('two that replicate from each other are drawn once', () => {
    const topology = hostile();
    topology.nodes[0]!.master = '10.0.0.2:6379';
    expect(topologyText(topology, options())).toContain('in a circle');
  });

  it('a chain of thousands is written to its end, indented no further than there is room', () => {
    const node = {
      aliases: [],
      assumed: false,
      tool: false,
      server: null,
      replid: null,
      offset: null,
      roles: [],
    };
    const count = 20_000;
    const name = (i: number): string => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}:6379`;
    const nodes = Array.from({ length: count }, (_, i) => ({
      ...node,
      name: name(i),
      master: i === 0 ? null : name(i - 1),
    }));
    const text = topologyText(
      { at: 0, nodes, attachments: [], histories: [], changes: [], siblings: [] },
      options(),
    );
    const lines = text.split('\n');
    expect(lines.filter((line) => line.includes(':6379'))).toHaveLength(count);
    expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(80);
  });

  it('an empty one is one line', () => {
    const empty = { at: null, nodes: [], attachments: [], histories: [], changes: [], siblings: [] };
    expect(topologyText(empty, options())).toBe('0 servers');
  });
});
