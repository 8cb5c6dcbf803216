/** A turning sign for a person who waits: on a terminal alone, and only once something takes a while. */
import ora from 'ora';

export interface Spinner {
  readonly say: (doing: string | null) => void;
  /** Makes room for a line of output. */
  readonly clear: () => void;
  readonly stop: () => void;
}

/** Milliseconds before anything is shown. */
const patience = 400;

export function spinner(stream: NodeJS.WriteStream): Spinner {
  // A terminal of unknown width, of which ora would clear lines without end, gets none either.
  if (!stream.isTTY || !stream.columns) return { say: () => {}, clear: () => {}, stop: () => {} };
  const turning = ora({ stream, discardStdin: false });
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    clearTimeout(timer);
    timer = undefined;
    turning.stop();
  };
  return {
    say: (doing) => {
      if (doing === null) return stop();
      turning.text = doing;
      if (!turning.isSpinning) timer ??= setTimeout(() => turning.start(), patience);
    },
    clear: () => void (turning.isSpinning && turning.clear()),
    stop,
  };
}
