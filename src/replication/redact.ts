import { type ArgumentList, argumentText } from '../resp/arguments.js';

/** What stands for a secret. */
export const REDACTED = '(redacted)';
const REDACTED_BYTES = new TextEncoder().encode(REDACTED);

/** Arguments of these may be secrets; of others they are data. */
const BEARERS = new Set(
  [
    'AUTH HELLO MIGRATE CONFIG ACL SENTINEL EVAL EVAL_RO EVALSHA EVALSHA_RO FCALL FCALL_RO SCRIPT FUNCTION',
    'CLIENT REPLCONF MODULE',
  ].flatMap((names) => names.split(' ')),
);

/** What follows one of these words is a password, or a user's name and then a password. */
const BEFORE_SECRET =
  /^(auth2?|(sentinel-|auth-)?(pass|user)|requirepass|(master|primary)(auth|user)|setuser)$/i;

/** Settings whose value is a secret (redis.conf, valkey.conf, sentinel.conf). */
const SECRET_SETTING = /^(requirepass|(master|primary)(auth|user)|.*key-file-pass|sentinel-(pass|user))$/i;

/** ACL SETUSER: `>password`, `<password`, `#hash`, `!hash`. */
const SECRET_RULE = /^[><#!]/;

/** A script or library that has to do with passwords. */
const SECRET_SCRIPT = /auth|requirepass|masteruser|primaryuser|setuser|key-file-pass/i;

/** Characters of an argument that are looked at. */
const MOST_LOOKED_AT = 4096;

/**
 * Which words of a request are secrets, by their places: what follows AUTH in any form (`AUTH pw`, `AUTH user pw`, `HELLO 3 AUTH user
 * pw`, MIGRATE's AUTH and AUTH2), passwords of CONFIG SET, ACL SETUSER and SENTINEL SET, scripts and their arguments that look like any
 * of these. `words[0]` is the name, in any case.
 */
export function secretPlaces(words: readonly string[]): number[] {
  const name = words[0]?.toUpperCase() ?? '';
  const second = words[1]?.toUpperCase();
  const from = (first: number): number[] => places(words, (_, i) => i >= first);
  switch (name) {
    case 'AUTH':
      return from(1);
    case 'CONFIG':
      if (second === 'SET')
        return places(words, (_, i) => i > 2 && i % 2 === 1 && SECRET_SETTING.test(words[i - 1]!));
      break;
    case 'ACL':
      if (second === 'SETUSER') return places(words, (word, i) => i > 2 && SECRET_RULE.test(word));
      break;
    case 'EVAL':
    case 'EVAL_RO':
    case 'SCRIPT':
    case 'FUNCTION':
      if (words.some((word) => SECRET_SCRIPT.test(word)))
        return places(words, (word, i) => i > 0 && (SECRET_SCRIPT.test(word) || i > 2));
      break;
  }
  const before = words.findIndex((word, i) => i > 0 && BEFORE_SECRET.test(word));
  return before < 0 ? [] : from(before + 1);
}

/** A script as it may be kept and shown: servers up to 6.2 put those they know into the payload's auxiliary fields. */
export function shownScript(text: string): string {
  return SECRET_SCRIPT.test(text) ? REDACTED : text;
}

function places(words: readonly string[], isSecret: (word: string, place: number) => boolean): number[] {
  return words.flatMap((word, i) => (isSecret(word, i) ? [i] : []));
}

/** The words of a request as they may be kept and shown: the name in upper case, one REDACTED in place of each run of secrets. */
export function shownWords(words: readonly string[]): string[] {
  const secrets = new Set(secretPlaces(words));
  const shown: string[] = [];
  words.forEach((word, i) => {
    if (!secrets.has(i)) shown.push(i === 0 ? shownName(word) : word);
    else if (!secrets.has(i - 1)) shown.push(REDACTED);
  });
  return shown;
}

/** A name in upper case. One with a blank in it is a whole line that was sent as one word. */
function shownName(name: string): string {
  const blank = name.trim().search(/\s/);
  return blank < 0 ? name.toUpperCase() : `${name.trim().slice(0, blank).toUpperCase()} ${REDACTED}`;
}

/** A short text for the request that a reply belongs to. */
export function shownRequest(words: readonly string[]): string {
  const shown = shownWords(words);
  return shown.slice(0, shown[0] === 'REPLCONF' ? 2 : 4).join(' ');
}

/**
 * Takes the secrets out of a command's arguments.
 * @param args the leading arguments, to be shown; those that are secrets are replaced in place.
 * @param list where they lie in `bytes`, uncut.
 */
export function hideArguments(args: Uint8Array[], bytes: Uint8Array, list: ArgumentList): void {
  const name = argumentText(bytes, list, 0, MOST_LOOKED_AT)?.trim() ?? '';
  if (/\s/.test(name)) args[0] = new TextEncoder().encode(shownName(name));
  for (const place of hiddenPlaces(name, bytes, list)) if (place < args.length) args[place] = REDACTED_BYTES;
}

/** True for a command with secrets in it, whose arguments are known by `list`. */
export function hasSecrets(bytes: Uint8Array, list: ArgumentList): boolean {
  const name = argumentText(bytes, list, 0, MOST_LOOKED_AT) ?? '';
  return hiddenPlaces(name, bytes, list).length > 0;
}

function hiddenPlaces(name: string, bytes: Uint8Array, list: ArgumentList): number[] {
  if (!BEARERS.has(name.toUpperCase())) return [];
  const words = list.ranges
    .filter((_, i) => i % 2 === 0)
    .map((_, i) => argumentText(bytes, list, i, MOST_LOOKED_AT)!);
  return secretPlaces(words);
}

/** True for names of commands that may carry secrets; in upper case, without a subcommand. */
export function mayHaveSecrets(name: string): boolean {
  return BEARERS.has(name);
}

/** First bytes of replies (RESP2 and RESP3). */
const TYPES = '+-:$*%~>_,#!=(|';

/** What servers say where they quote what they were sent. */
const QUOTING =
  /unknown (sub)?command|number of arguments for|HELLO option|SETUSER modifier|invalid argument/i;

/** Names that may be quoted. */
const HARMLESS = /^(PSYNC|SYNC|REPLCONF|PING|AUTH|HELLO|REQUIREPASS|MASTERAUTH)$/i;

/** The servers' own answers to AUTH and HELLO (acl.c, networking.c; server.c up to 5.0). */
const ANSWERS_TO_AUTH =
  /^-(WRONGPASS invalid username-password pair( or user is disabled\.)?|NOAUTH [\w ,.]+|NOPROTO unsupported protocol version|NOPERM [\w ']+|ERR (invalid password|Client sent AUTH, but no password is set|AUTH <password> called without any password configured for the default user\. Are you sure your configuration is correct\?|wrong number of arguments for '(auth|hello)' command|operation not permitted|Syntax error))$/i;

/**
 * A reply line as it may be kept and shown: servers quote the arguments of a command that they do not know, a renamed AUTH's password
 * among them.
 */
export function shownReply(line: string): string {
  // What does not begin like a reply is the rest of one.
  if (!TYPES.includes(line[0]!)) return line === '' ? line : REDACTED;
  if (line[0] !== '-') return line;
  const args = line.search(/,? with args|args beginning with/);
  const head = args < 0 ? line : `${line.slice(0, args)} ${REDACTED}`;
  if (!QUOTING.test(head)) return head;
  return head.replace(/(['"`])(.*?)(\1|$)/g, (quoted, _mark, word: string) =>
    HARMLESS.test(word) ? quoted : REDACTED,
  );
}

/** The reply to an AUTH or a HELLO: its code, and what follows it where that is a server's own sentence. */
export function shownAuthReply(line: string): string {
  if (!line.startsWith('-') || ANSWERS_TO_AUTH.test(line) || line.endsWith(REDACTED)) return line;
  return `${/^-[A-Z]*/.exec(line)![0]} ${REDACTED}`;
}
