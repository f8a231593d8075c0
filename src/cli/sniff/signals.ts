/** Exit code of a program that was told twice to end. */
const EXIT_INTERRUPTED = 130;

export interface SignalHandlers {
  /** The first SIGINT, SIGTERM or SIGHUP. A second one ends the program at once. */
  readonly stop: () => void;
  /** SIGUSR1, and SIGINFO (Ctrl-T) where there is one. */
  readonly show: () => void;
}

const STOPPING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const SHOWING: readonly NodeJS.Signals[] =
  process.platform === 'linux' ? ['SIGUSR1'] : ['SIGUSR1', 'SIGINFO'];

/** @returns what takes the handlers off again. */
export function onSignals({ stop, show }: SignalHandlers): () => void {
  let told = false;
  const end = (): void => {
    if (told) process.exit(EXIT_INTERRUPTED);
    told = true;
    stop();
  };
  for (const signal of STOPPING) process.on(signal, end);
  for (const signal of SHOWING) process.on(signal, show);
  return () => {
    for (const signal of STOPPING) process.off(signal, end);
    for (const signal of SHOWING) process.off(signal, show);
  };
}
