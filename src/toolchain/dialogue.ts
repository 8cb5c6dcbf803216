/** Programs that stay alive between orders: one line in, one line of JSON out. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface Dialogue {
  /** The answer, or why there is none: what the program wrote as it ended. */
  readonly ask: (order: string) => Promise<Answer>;
  /** Ends the program. */
  readonly end: () => void;
}

export type Answer = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string };

export interface DialogueOptions {
  readonly signal?: AbortSignal | undefined;
  readonly cwd?: string | undefined;
}

/** Starts a program. It may think as long as it likes; orders are answered one after the other. */
export function startDialogue([program, ...args]: readonly string[], { signal, cwd }: DialogueOptions = {}): Dialogue {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], signal, cwd });
  const lines = createInterface({ input: child.stdout, crlfDelay: Infinity });
  const waiting: ((answer: Answer) => void)[] = [];
  const heard: string[] = [];
  let ended: string | undefined;
  lines.on('line', (line) => waiting.shift()?.(parsed(line)));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    heard.push(text);
    // What matters stands at the end.
    if (heard.length > 100) heard.shift();
  });
  const stop = (reason: string): void => {
    ended ??= reason;
    for (const answer of waiting.splice(0)) answer({ ok: false, reason: ended });
  };
  child.on('error', (error) => stop(error.message));
  child.on('close', (code, by) =>
    stop([`ended ${by ? `by ${by}` : `with ${code}`}`, complaint(heard)].filter(Boolean).join(': ')),
  );
  // It is gone already, which `close` tells.
  child.stdin.on('error', () => {});
  return {
    ask: (order) =>
      new Promise((answer) => {
        if (ended !== undefined) return answer({ ok: false, reason: ended });
        waiting.push(answer);
        child.stdin.write(`${order}\n`);
      }),
    end: () => void child.kill(),
  };
}

function parsed(line: string): Answer {
  try {
    return { ok: true, value: JSON.parse(line) };
  } catch {
    return { ok: false, reason: `answered "${line.slice(0, 200)}"` };
  }
}

/** The last line that names an error, or the last of all. */
function complaint(heard: readonly string[]): string {
  const lines = heard.join('').trim().split('\n');
  return (lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? '').trim();
}
