/**
 * The thread that answers to the terminal: it prints, turns the spinner, and on Ctrl-C ends the work at once and
 * removes what is half done.
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { Diagnostic } from '../diagnostic.ts';
import type { Held, Journal } from '../make/journal.ts';
import { journalIn, undo } from '../make/journal.ts';
import { printFault } from './desk.ts';
import { exits } from './io.ts';
import type { Appearance, Message, Orders } from './message.ts';
import type { Spinner } from './spinner.ts';
import { spinner } from './spinner.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Milliseconds for the worker to end what it started. */
const grace = 100;

/** What Ctrl-C gives; it may come when outputs are whole already. */
const interrupted = (whole: ReadonlySet<string>): Diagnostic => ({
  severity: 'error',
  code: 'cli/interrupted',
  message:
    whole.size === 0
      ? 'interrupted: nothing half-written is left, and what was there before is as it was'
      : `interrupted: nothing half-written is left; ${[...whole].join(', ')} was whole before, and stays`,
});

/** Runs the command on a worker thread that `main` starts; gives the exit code. */
export async function supervise(main: URL, argv: readonly string[]): Promise<number> {
  const { port1: inbox, port2: port } = new MessageChannel();
  const held: Held = new Map();
  const whole = new Set<string>();
  const turning = spinner(process.stderr);
  const receive = receiver(journalIn(held, whole), turning);
  const orders: Orders = { argv, out: appearance(process.stdout), err: appearance(process.stderr), port };
  // What libraries print to the console must not get between the lines of a result.
  const worker = new Worker(main, { workerData: orders, transferList: [port], stdout: true, stderr: true });

  return new Promise((done) => {
    let ending = false;
    const finish = async (code: number, fault?: () => Diagnostic): Promise<void> => {
      ending = true;
      await worker.terminate();
      for (const message of waiting(inbox)) if (isAboutDisk(message)) receive(message);
      inbox.close();
      turning.stop();
      undo(held);
      if (fault) printFault(fault(), streams(orders), argv.includes('--json'));
      for (const signal of signals) process.removeAllListeners(signal);
      done(code);
    };
    const stop = async (code: number, fault?: () => Diagnostic): Promise<void> => {
      if (ending) return;
      ending = true;
      // A compiler that runs on its own is ended by the worker, if it is not too busy to listen.
      inbox.postMessage('stop');
      await new Promise((later) => setTimeout(later, grace));
      await finish(code, fault);
    };
    inbox.on('message', (message: Message) => {
      if (!ending || isAboutDisk(message)) receive(message);
      if (!ending && message.kind === 'exit') void finish(message.code);
    });
    worker.on('error', (error) => void (ending || finish(...fatal(error))));
    worker.on('exit', () => {
      // It may be gone before its last words are read.
      if (ending) return;
      const last = waiting(inbox);
      last.forEach(receive);
      const exit = last.find((message) => message.kind === 'exit');
      void (exit ? finish(exit.code) : finish(...fatal('the work ended without a result')));
    });
    for (const signal of signals) process.on(signal, () => void stop(exits.failed, () => interrupted(whole)));
    // Whoever reads our output has had enough: `espalier inspect MODEL | head`.
    for (const stream of [process.stdout, process.stderr])
      stream.on('error', ({ code }: NodeJS.ErrnoException) => void stop(code === 'EPIPE' ? exits.ok : exits.failed));
  });
}

const isAboutDisk = ({ kind }: Message): boolean => kind === 'hold' || kind === 'release' || kind === 'keep';

/** What was sent and has not been read. */
function waiting(inbox: MessagePort): readonly Message[] {
  const messages: Message[] = [];
  for (let next = receiveMessageOnPort(inbox); next; next = receiveMessageOnPort(inbox))
    messages.push(next.message as Message);
  return messages;
}

const streams = ({ out, err }: Orders) => ({
  out: { ...out, write: (text: string) => void process.stdout.write(text) },
  err: { ...err, write: (text: string) => void process.stderr.write(text) },
});

const appearance = ({ isTTY, columns }: NodeJS.WriteStream): Appearance => ({
  colours: Boolean(isTTY) && !process.env.NO_COLOR && process.env.TERM !== 'dumb',
  columns: columns || 100,
});

function receiver(journal: Journal, turning: Spinner): (message: Message) => void {
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
      case 'keep':
        return journal.keep(message.path);
      case 'exit':
        return;
    }
  };
}

function fatal(error: unknown): readonly [number, () => Diagnostic] {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ERR_WORKER_OUT_OF_MEMORY')
    return [
      exits.failed,
      () => ({
        severity: 'error',
        code: 'cli/out-of-memory',
        message: 'the memory that Node may take is used up',
        hint: 'set NODE_OPTIONS=--max-old-space-size=8192, or more',
      }),
    ];
  return [exits.bug, () => ({ severity: 'error', code: 'cli/bug', message: String(message ?? error) })];
}
