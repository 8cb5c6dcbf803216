/** How programs run a network: by itself, or on a pool that they start and stop. */

export interface Running {
  /** Of the command line, and what a comment says about them. */
  readonly options: string;
  readonly optionsDoc: string;
  /** Declarations, and statements of main. */
  readonly pool: readonly string[];
  readonly parsed: readonly string[];
  readonly begun: readonly string[];
  readonly ended: readonly string[];
  /** The expression that runs the network once, and is 0 if it could. */
  readonly run: string;
}

interface Named {
  readonly symbol: string;
  readonly upper: string;
}

export const runningAlone = ({ symbol }: Named): Running => ({
  options: '',
  optionsDoc: '',
  pool: [],
  parsed: [],
  begun: [],
  ended: [],
  run: `${symbol}_run(&inputs, &outputs, workspace)`,
});

/** On all threads that the network may have. */
export const runningTogether = ({ symbol, upper }: Named): Running => ({
  ...runningAlone({ symbol, upper }),
  pool: [`static ${symbol}_pool pool;`],
  begun: [`if (${symbol}_pool_start(&pool, ${upper}_MOST_THREADS) != 0) return 1;`],
  ended: [`${symbol}_pool_stop(&pool);`],
  run: `${symbol}_run_on(&pool, &inputs, &outputs, workspace)`,
});

/** On as many as the command line says. */
export const runningAsTold = (named: Named): Running => ({
  ...runningTogether(named),
  options: '[--threads T] ',
  optionsDoc: '\n * It runs on as many threads as it may have, unless --threads says on how many.',
  parsed: [
    `int threads = ${named.upper}_MOST_THREADS;`,
    'if (count - at > 1 && strcmp(arguments[at], "--threads") == 0) {',
    '  threads = atoi(arguments[at + 1]);',
    '  at += 2;',
    '}',
  ],
  begun: [
    `if (${named.symbol}_pool_start(&pool, threads) != 0) {`,
    '  fprintf(stderr, "%d threads cannot be had\\n", threads);',
    '  return 1;',
    '}',
  ],
});
