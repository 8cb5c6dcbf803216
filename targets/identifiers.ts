/** C identifiers for things that a model named. */

export const keywords: ReadonlySet<string> = new Set(
  `alignas alignof and and_eq asm auto bitand bitor bool break case catch char class compl const constexpr const_cast
  continue decltype default delete do double dynamic_cast else enum explicit export extern false float for friend goto
  if inline int long mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected public
  register reinterpret_cast restrict return short signed sizeof static static_assert static_cast struct switch template
  this thread_local throw true try typedef typeid typename typeof typeof_unqual union unsigned using virtual void
  volatile wchar_t while xor xor_eq linux unix`.split(/\s+/),
);

/** Macros of the standard library, of POSIX and of CUDA that are not in capitals. */
const macros: ReadonlySet<string> = new Set(
  `assert blockDim blockIdx errno gridDim math_errhandling max min offsetof sched_priority stderr stdin stdout threadIdx
  warpSize L_tmpnam L_ctermid P_tmpdir`.split(/\s+/),
);

/** Whether a header may have given the word another meaning. Two capitals or more are what macros are called, of which every system has its own. */
const isTaken = (word: string): boolean =>
  keywords.has(word) ||
  macros.has(word) ||
  /^(?:cuda|s[ai]_)\w/.test(word) ||
  (/^[A-Z][A-Z0-9_]+$/.test(word) && !/^(?:IN|OUT)PUT/.test(word));

/** Letters, digits and underscores that no C or C++ compiler takes for something else, one per name and all different. */
export function identifiers(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const letters = name.replace(/[^A-Za-z0-9]+/g, '_').replace(/^_+|_+$/g, '');
    const stem = /^[A-Za-z]/.test(letters) && !isTaken(letters) ? letters : `port_${letters}`.replace(/_$/, '');
    let identifier = stem;
    for (let n = 1; taken.has(identifier); n++) identifier = `${stem}_${n}`;
    taken.add(identifier);
    return identifier;
  });
}
