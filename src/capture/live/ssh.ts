import type { LiveBackend } from './backend.js';
import { tcpdump } from './programs.js';
import { explainSsh } from './ssh-problems.js';
import type { SshHost } from './types.js';

/** ssh asks nothing: it has no terminal here. An own option of the same name comes first, and ssh takes the first. */
const SSH_OPTIONS = [
  'BatchMode=yes',
  'ConnectTimeout=10',
  // A dead connection is noticed after 15 s.
  'ServerAliveInterval=5',
  'ServerAliveCountMax=3',
  // Forwardings of the configuration are for its own sessions: a second one could not listen, and might end this one.
  'ClearAllForwardings=yes',
  // One that is there is used; none is left behind that would hold our pipes open.
  'ControlMaster=no',
  // No banner among the complaints.
  'LogLevel=ERROR',
];

/**
 * What the other host's shell runs; $1 is the filter, $2 `sudo -n` or nothing, then the arguments of tcpdump. In POSIX sh, and without a
 * single quote, backslash or line break, so that any login shell passes it on as it is.
 *
 * The port of its ssh server is left out, or each packet that is sent to us would be one more to send. Standard input is how it is told
 * things, since ssh passes no signals: each line makes tcpdump count its drops, and its end, which comes when the connection breaks too,
 * ends tcpdump, which would otherwise stay until it has something to write. sudo's child may be out of reach: then it is sudo that kills,
 * or nobody, and tcpdump ends when it next writes.
 */
const REMOTE_SCRIPT = [
  'export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin:/usr/local/sbin"',
  'filter=$1; as=$2; shift 2',
  'for program in $as tcpdump; do case $program in -*) continue;; esac; ' +
    'command -v $program >/dev/null || { echo "not found: $program" >&2; exit 127; }; done',
  'port=$(echo "$SSH_CONNECTION" | cut -d" " -f4)',
  'test "$port" || port=22',
  'count=INFO; test "$(uname)" = Linux && count=USR1',
  'exec 3<&0',
  '$as tcpdump "$@" "($filter) and not tcp port $port" </dev/null 3<&- & dump=$!',
  '{ while read -r line; do kill -$count $dump; done; kill -TERM $dump || $as kill -TERM $dump; } <&3 3<&- >/dev/null 2>&1 & guard=$!',
  'exec 3<&-',
  '{ wait $dump; code=$?; } 2>/dev/null',
  'kill $guard 2>/dev/null',
  'exit $code',
].join('; ');

/** tcpdump on another host. There is nothing to probe: the first connection shows what is wrong. */
export function sshTcpdump(host: SshHost): LiveBackend {
  const local = tcpdump('tcpdump');
  const { destination, options, sudo } = host;
  return {
    ...local,
    name: 'ssh',
    file: 'ssh',
    notice:
      'capturing with tcpdump over ssh: kernel times of that host, its ssh port left out; packets come a second late and more',
    captureArguments: ({ filter, ...capture }) => {
      const words = ['sh', '-c', REMOTE_SCRIPT, 'sh', filter, sudo ? 'sudo -n' : ''];
      const command = [...words, ...local.captureArguments({ ...capture, filter: '' }), '--'];
      return [
        '-T',
        ...[...options, ...SSH_OPTIONS].flatMap((option) => ['-o', option]),
        ...['--', destination, command.map(quoted).join(' ')],
      ];
    },
    isRemote: true,
    // A signal to what sudo started would be a command of sudo's own each second, and a line in its log.
    askForCounts: sudo ? null : (child) => child.tell(''),
    stop: (child) => child.endInput(),
    explain: (stderr, capture, end) => explainSsh(host, stderr, capture, end),
  };
}

/** A word for the shell over there, whatever is in it. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
