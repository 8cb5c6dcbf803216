/** A turning sign for a person who waits: on a terminal alone, and only once something takes a while. */
import type { Ora } from 'ora';

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
  let doing: string | null = null;
  let turning: Ora | undefined;
  let timer: NodeJS.Timeout | undefined;
  const start = async (): Promise<void> => {
    turning ??= await newOra(stream);
    if (doing !== null) turning?.start(doing);
  };
  const say = (what: string | null): void => {
    doing = what;
    if (what === null) {
      clearTimeout(timer);
      timer = undefined;
      if (turning?.isSpinning) turning.stop();
    } else if (turning) turning.text = what;
    if (what !== null && !turning?.isSpinning) timer ??= setTimeout(() => void start(), patience);
  };
  return {
    say,
    clear: () => void (turning?.isSpinning && turning.clear()),
    stop: () => say(null),
  };
}

/** Undefined where this Node is too old for ora, which needs 20.10: a spinner is no reason to fail. */
async function newOra(stream: NodeJS.WriteStream): Promise<Ora | undefined> {
  // Of a terminal that has no width, or loses it, ora would clear lines without end.
  const measured: NodeJS.WriteStream = Object.create(stream, { columns: { get: () => stream.columns || 80 } });
  const found = await import('ora').catch(() => undefined);
  return found?.default({ stream: measured, discardStdin: false });
}
