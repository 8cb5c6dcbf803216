/** The thread that does the work. It may be busy for seconds, so everything that must happen at once is told to the other thread. */
import { workerData } from 'node:worker_threads';
import type { Appearance, Message, Orders } from './message.ts';
import { runEspalier } from './program.ts';

export async function work(): Promise<void> {
  const { argv, out, err, port } = workerData as Orders;
  const tell = (message: Message): void => port.postMessage(message);
  const sink = (kind: 'out' | 'err', appearance: Appearance) => ({
    ...appearance,
    write: (text: string) => tell({ kind, text }),
  });
  const controller = new AbortController();
  port.on('message', () => controller.abort());
  const code = await runEspalier(argv, {
    env: process.env,
    signal: controller.signal,
    out: sink('out', out),
    err: sink('err', err),
    progress: (doing) => tell({ kind: 'progress', doing }),
    journal: {
      hold: (path, restoreTo) => tell({ kind: 'hold', path, restoreTo }),
      release: (path) => tell({ kind: 'release', path }),
      keep: (path) => tell({ kind: 'keep', path }),
    },
  });
  tell({ kind: 'exit', code });
  port.unref();
}
