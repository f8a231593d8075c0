import { SECOND } from '../net/clock.js';
import type { NodeSettings, OutputLimit } from './settings.js';

interface Option {
  get(settings: NodeSettings): string;
  /** Null: it cannot be changed while running. Returns false when the value is not one. */
  readonly set: ((settings: NodeSettings, value: string) => boolean) | null;
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1000,
  kb: 1024,
  m: 1e6,
  mb: 1 << 20,
  g: 1e9,
  gb: 1 << 30,
};

/** A size as redis.conf writes it: `1mb`; null when it is none. */
function readSize(text: string): number | null {
  const match = /^(\d{1,12})([kmg]b?)?$/i.exec(text);
  return match === null ? null : Number(match[1]) * UNITS[(match[2] ?? '').toLowerCase()]!;
}

function seconds(
  read: (settings: NodeSettings) => number,
  write: (settings: NodeSettings, time: number) => void,
  least = 1,
): Option {
  return {
    get: (settings) => `${Math.floor(read(settings) / SECOND)}`,
    set: (settings, value) => {
      if (!/^\d{1,9}$/.test(value) || Number(value) < least) return false;
      write(settings, Number(value) * SECOND);
      return true;
    },
  };
}

function yesNo(
  read: (settings: NodeSettings) => boolean,
  write: (settings: NodeSettings, on: boolean) => void,
): Option {
  return {
    get: (settings) => (read(settings) ? 'yes' : 'no'),
    set: (settings, value) => {
      if (!/^(yes|no)$/i.test(value)) return false;
      write(settings, value.toLowerCase() === 'yes');
      return true;
    },
  };
}

/** Empty: none. */
function text(
  read: (settings: NodeSettings) => string | null,
  write: (settings: NodeSettings, value: string | null) => void,
): Option {
  return {
    get: (settings) => read(settings) ?? '',
    set: (settings, value) => {
      write(settings, value === '' ? null : value);
      return true;
    },
  };
}

function fixed(read: (settings: NodeSettings) => string): Option {
  return { get: read, set: null };
}

/** `slave 256mb 64mb 60`, classes in any number; those of other clients are taken and have no effect. */
function setOutputLimit(settings: NodeSettings, value: string): boolean {
  const words = value.trim().split(/\s+/);
  if (words.length % 4 !== 0) return false;
  for (let i = 0; i < words.length; i += 4) {
    const hard = readSize(words[i + 1]!);
    const soft = readSize(words[i + 2]!);
    const time = /^\d{1,9}$/.test(words[i + 3]!) ? Number(words[i + 3]) : null;
    if (hard === null || soft === null || time === null) return false;
    const limit: OutputLimit = { hard, soft, softTime: time * SECOND };
    if (/^(slave|replica)$/i.test(words[i]!)) settings.outputLimit = limit;
    else if (!/^(normal|pubsub)$/i.test(words[i]!)) return false;
  }
  return true;
}

/** CONFIG's options, by name in lower case. */
export const CONFIG_OPTIONS: Readonly<Record<string, Option>> = {
  port: fixed(({ endpoint }) => `${endpoint.port}`),
  bind: fixed(({ endpoint }) => endpoint.host),
  databases: fixed(({ databases }) => `${databases}`),
  appendonly: fixed(() => 'no'),
  save: fixed(() => ''),
  requirepass: text(
    ({ password }) => password,
    (to, value) => (to.password = value),
  ),
  masterauth: text(
    ({ masterAuth }) => masterAuth,
    (to, value) => (to.masterAuth = value),
  ),
  masteruser: text(
    ({ masterUser }) => masterUser,
    (to, value) => (to.masterUser = value),
  ),
  'replica-announce-ip': text(
    ({ announceAddress }) => announceAddress,
    (to, value) => (to.announceAddress = value),
  ),
  'replica-announce-port': {
    get: ({ announcePort }) => `${announcePort}`,
    set: (settings, value) => {
      if (!/^\d{1,5}$/.test(value) || Number(value) > 65_535) return false;
      settings.announcePort = Number(value);
      return true;
    },
  },
  'repl-backlog-size': {
    get: ({ backlogSize }) => `${backlogSize}`,
    set: (settings, value) => {
      const size = readSize(value);
      if (size === null || size < 1) return false;
      settings.backlogSize = size;
      return true;
    },
  },
  'repl-backlog-ttl': seconds(
    ({ backlogTtl }) => backlogTtl,
    (to, time) => (to.backlogTtl = time),
    0,
  ),
  'repl-ping-replica-period': seconds(
    ({ pingPeriod }) => pingPeriod,
    (to, time) => (to.pingPeriod = time),
  ),
  'repl-timeout': seconds(
    ({ timeout }) => timeout,
    (to, time) => (to.timeout = time),
  ),
  'repl-diskless-sync': yesNo(
    ({ disklessSync }) => disklessSync,
    (to, on) => (to.disklessSync = on),
  ),
  'repl-diskless-sync-delay': seconds(
    ({ disklessDelay }) => disklessDelay,
    (to, time) => (to.disklessDelay = time),
    0,
  ),
  rdbchecksum: fixed(({ checksum }) => (checksum ? 'yes' : 'no')),
  rdbcompression: yesNo(
    ({ compression }) => compression,
    (to, on) => (to.compression = on),
  ),
  'client-output-buffer-limit': {
    get: ({ outputLimit: { hard, soft, softTime } }) =>
      `normal 0 0 0 slave ${hard} ${soft} ${Math.floor(softTime / SECOND)} pubsub 0 0 0`,
    set: setOutputLimit,
  },
};

/** Options that have an older name, too. */
export const CONFIG_ALIASES: Readonly<Record<string, string>> = {
  'slave-announce-ip': 'replica-announce-ip',
  'slave-announce-port': 'replica-announce-port',
  'repl-ping-slave-period': 'repl-ping-replica-period',
};
