export interface SignalHandlers {
  /** SIGINT, SIGTERM or SIGHUP; again: it is not the first one. */
  readonly stop: (signal: NodeJS.Signals, again: boolean) => void;
  /** SIGUSR1, and SIGINFO (Ctrl-T) where there is one. */
  readonly show: () => void;
}

const STOPPING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const SHOWING: readonly NodeJS.Signals[] =
  process.platform === 'linux' ? ['SIGUSR1'] : ['SIGUSR1', 'SIGINFO'];

/** @returns what takes the handlers off again. */
export function onSignals({ stop, show }: SignalHandlers): () => void {
  let told = false;
  const end = (signal: NodeJS.Signals): void => {
    stop(signal, told);
    told = true;
  };
  for (const signal of STOPPING) process.on(signal, end);
  for (const signal of SHOWING) process.on(signal, show);
  return () => {
    for (const signal of STOPPING) process.off(signal, end);
    for (const signal of SHOWING) process.off(signal, show);
  };
}
