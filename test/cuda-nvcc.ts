/** An `nvcc` for tests that compiles for this machine's processor with the headers in test/cuda-shim. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { shimFolder, warnings } from './cuda-shim.ts';

const script = `#!/bin/bash
# What nvcc has words of its own for is left out or said as g++ says it.
if [ "$1" = --version ]; then echo "Cuda compilation tools, release 13.0, V13.0.0"; exit; fi
args=()
for word in "$@"; do
  case "$word" in
    -gencode=*|-Xptxas=*|-O3) ;;
    -Xcompiler=*) args+=("\${word#-Xcompiler=}") ;;
    -lib) library=1 ;;
    *.cu) args+=(-x c++ "$word" -x none) ;;
    *) args+=("$word") ;;
  esac
done
if [ -n "$library" ]; then exec ar rcs "\${args[-1]}" "\${args[@]:0:\${#args[@]}-2}"; fi
exec g++ ${warnings.join(' ')} -I'${shimFolder}' "\${args[@]}"
`;

/** Puts it first on PATH until what is given back is called. `folder` shall be there as long. */
export function useShimNvcc(folder: string): () => void {
  const programs = join(folder, 'programs');
  mkdirSync(programs, { recursive: true });
  writeFileSync(join(programs, 'nvcc'), script);
  chmodSync(join(programs, 'nvcc'), 0o755);
  const { PATH } = process.env;
  process.env.PATH = `${programs}${delimiter}${PATH}`;
  return () => {
    process.env.PATH = PATH;
  };
}

/** With variables in the environment of the programs that `use` starts. */
export async function withEnvironment<T>(more: Readonly<Record<string, string>>, use: () => Promise<T>): Promise<T> {
  const before = Object.keys(more).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, more);
  try {
    return await use();
  } finally {
    for (const [name, value] of before)
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  }
}
