/** What the clients of a small web shop write: all types, so that a payload and a stream have something to show. */

const NAMES = ['ada', 'grace', 'edsger', 'barbara', 'dennis', 'frances', 'ken', 'radia'];
const CITIES = ['Oslo', 'Lisboa', 'Kyoto', 'Quito', 'Nairobi', 'Turku'];

/** Customers and articles: few enough that keys are written again and again. */
const CUSTOMERS = 40;
const ARTICLES = 25;

/** The first writes: one of each kind, so that every payload has every type. */
export function seedCommands(random: () => number): string[][] {
  const commands: string[][] = [];
  for (let i = 0; i < WRITERS.length; i++)
    for (let copy = 0; copy < 3; copy++) commands.push(WRITERS[i]!(random));
  commands.push(['SET', 'config:motd', 'welcome back']);
  return commands;
}

/** One write, as a client would send it. */
export function nextCommand(random: () => number): string[] {
  return pick(WRITERS, random)(random);
}

type Writer = (random: () => number) => string[];

const WRITERS: readonly Writer[] = [
  (random) => ['SET', `session:${customer(random)}`, token(random), 'EX', '1800'],
  (random) => ['INCR', `hits:page:${below(ARTICLES, random)}`],
  (random) => ['LPUSH', 'queue:mail', `welcome ${pick(NAMES, random)}`],
  (random) => ['SADD', `online:${pick(CITIES, random)}`, `user:${customer(random)}`],
  (random) => ['HSET', `user:${customer(random)}`, 'name', pick(NAMES, random), 'city', pick(CITIES, random)],
  (random) => ['ZADD', 'ranking', `${below(1000, random)}`, `user:${customer(random)}`],
  (random) => [
    'XADD',
    'orders',
    '*',
    'article',
    `${below(ARTICLES, random)}`,
    'by',
    `user:${customer(random)}`,
  ],
];

/** A write of about so many bytes that do not compress, to move the offset. */
export function bulkCommand(random: () => number, bytes: number): string[] {
  const value = Array.from({ length: bytes }, () => String.fromCharCode(0x21 + below(90, random)));
  return ['SET', `image:${below(ARTICLES, random)}`, value.join('')];
}

const customer = (random: () => number): number => below(CUSTOMERS, random);

function token(random: () => number): string {
  return Array.from({ length: 16 }, () => below(16, random).toString(16)).join('');
}

function below(limit: number, random: () => number): number {
  return Math.floor(random() * limit);
}

function pick<T>(items: readonly T[], random: () => number): T {
  return items[below(items.length, random)]!;
}
