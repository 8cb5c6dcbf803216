/** What passes between the thread that works and the thread that answers to the terminal. */
import type { MessagePort } from 'node:worker_threads';

export type Message =
  | { readonly kind: 'out' | 'err'; readonly text: string }
  | { readonly kind: 'progress'; readonly doing: string | null }
  | { readonly kind: 'hold'; readonly path: string; readonly restoreTo: string | undefined }
  | { readonly kind: 'release' | 'keep'; readonly path: string }
  | { readonly kind: 'exit'; readonly code: number };

export interface Orders {
  readonly argv: readonly string[];
  readonly out: Appearance;
  readonly err: Appearance;
  readonly port: MessagePort;
}

export interface Appearance {
  readonly colours: boolean;
  readonly columns: number;
}
