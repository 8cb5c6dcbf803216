/** From names that a model gives, which may be anything, to names that are safe to use. */

const longest = 80;

/** Letters, digits and underscores of a name, beginning with a letter; never empty, never long. */
export function identifier(name: string): string {
  const plain = name
    .replace(/^(?:Stateful)?PartitionedCall(?:_\d+)?\//, '')
    .slice(0, 4 * longest)
    .replace(/\W+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, longest);
  return /^[A-Za-z]/.test(plain) ? plain : `v${plain === '' ? '' : `_${plain}`}`;
}

/** Gives ids that nothing else has: `stem`, `stem_1`, `stem_2`. */
export function uniqueIds(): (stem: string) => string {
  const taken = new Set<string>();
  const counts = new Map<string, number>();
  return (stem) => {
    let n = counts.get(stem) ?? 0;
    let id = n === 0 ? stem : `${stem}_${n}`;
    while (taken.has(id)) id = `${stem}_${++n}`;
    counts.set(stem, n + 1);
    taken.add(id);
    return id;
  };
}

const keywords: ReadonlySet<string> = new Set(
  (
    'auto break case char const continue default do double else enum extern float for goto if inline int long main ' +
    'register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while ' +
    'class delete function import export in instanceof let new null super this throw try typeof var with yield await'
  ).split(' '),
);

/** The last part of a path, whichever way its slashes lean. */
export const baseName = (file: string): string =>
  file.slice(1 + Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')));

/** What a graph from `file` is called: the file's name, or the name of its folder where the file is just a `model.json`. */
export function graphName(file: string, given?: string): string {
  if (given !== undefined) return safe(identifier(given));
  const [base, folder = ''] = file.split(/[/\\]/).toReversed();
  const stem = base.replace(/\.[^.]*$/, '');
  return safe(identifier(stem === 'model' && /\w/.test(folder) ? folder : stem));
}

/** Headers of C, POSIX and CUDA: a model's header of that name would be found in their place. */
const headers: ReadonlySet<string> = new Set(
  (
    'alloca ap_int arm_neon assert complex ctype cuda cuda_bf16 cuda_fp16 cuda_pipeline cuda_runtime cuda_runtime_api ' +
    'dlfcn endian errno fcntl features fenv float immintrin inttypes limits locale malloc math memory pthread sched setjmp ' +
    'signal stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string strings tgmath threads time uchar ' +
    'unistd wchar wctype'
  ).split(' '),
);

/** File systems may know no capitals. */
const safe = (name: string): string => (keywords.has(name) || headers.has(name.toLowerCase()) ? `${name}_model` : name);

/** The name that people use for a tensor: `Identity_1:0` is `Identity_1`. */
export const publicName = (name: string): string => name.replace(/:\d+$/, '');
