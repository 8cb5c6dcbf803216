/**
 * The thread that answers to the terminal: it prints, turns the spinner, and on Ctrl-C ends the work at once and
 * removes what is half done.
 */
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { Held } from '../make/journal.ts';
import { journalIn, undo } from '../make/journal.ts';
import { exits } from './io.ts';
import type { Appearance, Message, Orders } from './message.ts';
import type { Spinner } from './spinner.ts';
import { spinner } from './spinner.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs the command on a worker thread that `main` starts; gives the exit code. */
export async function supervise(main: URL, argv: readonly string[]): Promise<number> {
  const { port1: inbox, port2: port } = new MessageChannel();
  const held: Held = new Map();
  const turning = spinner(process.stderr);
  const receive = receiver(held, turning);
  const orders: Orders = { argv, out: appearance(process.stdout), err: appearance(process.stderr), port };
  const worker = new Worker(main, { workerData: orders, transferList: [port] });

  return new Promise((done) => {
    let ending = false;
    const end = async (code: number, last = ''): Promise<void> => {
      if (ending) return;
      ending = true;
      await worker.terminate();
      for (let next = receiveMessageOnPort(inbox); next; next = receiveMessageOnPort(inbox))
        receive(next.message as Message);
      inbox.close();
      turning.stop();
      undo(held);
      if (last !== '') process.stderr.write(`${last}\n`);
      for (const signal of signals) process.removeAllListeners(signal);
      done(code);
    };
    inbox.on('message', (message: Message) => {
      if (message.kind === 'exit') void end(message.code);
      else if (!ending) receive(message);
    });
    worker.on('error', (error) => void end(...fatal(error)));
    worker.on('exit', () => setImmediate(() => void end(exits.bug, 'espalier: the work ended without a result')));
    for (const signal of signals)
      process.on(
        signal,
        () => void end(exits.failed, 'error: interrupted, and nothing half-written is left [cli/interrupted]'),
      );
    // Whoever reads our output has had enough: `espalier inspect MODEL | head`.
    for (const stream of [process.stdout, process.stderr])
      stream.on('error', (error: NodeJS.ErrnoException) => void end(error.code === 'EPIPE' ? exits.ok : exits.failed));
  });
}

const appearance = ({ isTTY, columns }: NodeJS.WriteStream): Appearance => ({
  colours: Boolean(isTTY) && !process.env.NO_COLOR && process.env.TERM !== 'dumb',
  columns: columns ?? 100,
});

function receiver(held: Held, turning: Spinner): (message: Message) => void {
  const journal = journalIn(held);
  return (message) => {
    switch (message.kind) {
      case 'out':
      case 'err':
        turning.clear();
        (message.kind === 'out' ? process.stdout : process.stderr).write(message.text);
        return;
      case 'progress':
        return turning.say(message.doing);
      case 'hold':
        return journal.hold(message.path, message.restoreTo);
      case 'release':
        return journal.release(message.path);
      case 'exit':
        return;
    }
  };
}

function fatal(error: unknown): readonly [number, string] {
  if ((error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY')
    return [
      exits.failed,
      'error: the memory that Node may take is used up [cli/out-of-memory]\n  hint: set NODE_OPTIONS=--max-old-space-size=8192, or more',
    ];
  return [exits.bug, `espalier: ${String((error as Error)?.message ?? error)}`];
}
