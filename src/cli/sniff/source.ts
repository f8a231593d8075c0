import type { LiveBackend } from '../../capture/live/backend.js';
import { chooseBackend } from '../../capture/live/choose-backend.js';
import { chooseInterface } from '../../capture/live/choose-interface.js';
import { captureFilter } from '../../capture/live/filter.js';
import { type LiveListener, startCapture } from '../../capture/live/live-capture.js';
import { connectCapture, serverName } from '../../capture/live/pcap-over-ip.js';
import {
  type ConnectionNews,
  type Interruptions,
  startReconnecting,
} from '../../capture/live/reconnecting.js';
import { sshTcpdump } from '../../capture/live/ssh.js';
import type { LiveCapture } from '../../capture/live/types.js';
import type { SniffPlan } from './plan.js';

/** Ports that the default interface is chosen for when none is named. */
const USUAL_PORTS = [6379];

export interface SourceListener extends LiveListener {
  /** Of captures that come over a connection. */
  readonly onNews: (news: ConnectionNews) => void;
}

/** Where the packets come from. */
export interface Source {
  /** In messages: an interface, HOST:INTERFACE, HOST:PORT. */
  readonly name: string;
  /** What captures, for metrics and the screen. */
  readonly by: string;
  /** Behind `listening on `, once it does: what, with which filter, and what cannot be seen. */
  readonly listening: string;
  /** What to look at when there was no packet. */
  readonly emptyHint: string;
  /** Packets bear times of another host's clock. */
  readonly isRemote: boolean;
  /** Ports that are left to the analyzer to pick; the capture filter has them unless told. */
  readonly ports: readonly number[];
  start(listener: SourceListener): LiveCapture;
  /** How often a connection was lost; null where there is none to lose. */
  interruptions(): Interruptions | null;
}

/** @throws LiveError when nothing can capture there. */
export async function chooseSource(plan: SniffPlan): Promise<Source> {
  const { source } = plan;
  if (source.kind === 'ssh') return sshSource(plan, source);
  if (source.kind === 'server') return serverSource(plan, source);
  const ports = plan.ports.length === 0 ? USUAL_PORTS : plan.ports;
  const { name, why } = await chooseInterface(source.name, ports);
  if (why !== null) process.stderr.write(`psyncscope: no -i given: ${name}, as ${why}\n`);
  return interfaceSource(plan, name, await chooseBackend(source.captureWith, name));
}

function interfaceSource(plan: SniffPlan, name: string, backend: LiveBackend): Source {
  const filter = captureFilter(plan.ports, plan.userFilter);
  return {
    name,
    by: backend.name,
    listening: `${name} (${filter}), ${backend.notice}`,
    emptyHint: `no packet on ${name} matched ${filter}; psyncscope interfaces lists the others, -i any looks at all`,
    isRemote: false,
    ports: [],
    start: (listener) => startCapture(backend, { interface: name, filter, ...plan.limits }, listener),
    interruptions: () => null,
  };
}

type Of<Kind> = Extract<SniffPlan['source'], { kind: Kind }>;

function sshSource(
  { ports, userFilter, limits }: SniffPlan,
  { host, interface: device, retries }: Of<'ssh'>,
): Source {
  const backend = sshTcpdump(host);
  const filter = captureFilter(ports, userFilter);
  const name = `${host.destination}:${device}`;
  const options = { interface: device, filter, ...limits };
  return {
    name,
    by: backend.name,
    listening: `${name} (${filter}), ${backend.notice}`,
    emptyHint: `no packet on ${name} matched ${filter}`,
    isRemote: true,
    ports: [],
    ...reconnecting((listener) => startCapture(backend, options, listener, name), retries),
  };
}

function serverSource({ ports }: SniffPlan, { server, retries }: Of<'server'>): Source {
  const name = serverName(server);
  return {
    name,
    by: 'connect',
    listening: `${name}, as packets are handed over there`,
    emptyHint: `no packet came from ${name}`,
    isRemote: true,
    ports,
    ...reconnecting((listener) => connectCapture(server, listener), retries),
  };
}

function reconnecting(
  start: (listener: LiveListener) => LiveCapture,
  retries: number,
): Pick<Source, 'start' | 'interruptions'> {
  let interruptions = (): Interruptions | null => null;
  return {
    start: ({ onNews, ...listener }) => {
      const capture = startReconnecting(start, listener, { retries, onNews });
      interruptions = () => capture.interruptions;
      return capture;
    },
    interruptions: () => interruptions(),
  };
}
