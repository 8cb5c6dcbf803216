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
  if (!stream.isTTY) return { say: () => {}, clear: () => {}, stop: () => {} };
  // Of a terminal that has no width, or loses it, ora would clear lines without end.
  const measured: NodeJS.WriteStream = Object.create(stream, { columns: { get: () => stream.columns || 80 } });
  const turning = ora({ stream: measured, discardStdin: false });
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (turning.isSpinning) turning.stop();
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
