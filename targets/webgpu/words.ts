/** Words of two kinds: the names that WGSL and our shaders keep for themselves, and the numbers that a call is told. */

/** Words that a call can be told: those of the array `args` in the module's head. */
export const mostArgs = 64;

/** Names that generated functions give to nothing of their own: what WGSL keeps for itself, and what our shaders declare. */
export const reserved: ReadonlySet<string> = new Set([
  ...Array.from({ length: mostArgs }, (_, i) => `a${i}`),
  ...`NULL Self abstract active alias alignas alignof args array as asm asm_fragment async attribute auto await become bitcast bool break
  case cast catch class co_await co_return co_yield coherent column_major common compile compile_fragment concept const const_assert
  const_cast consteval constexpr constinit continue continuing crate debugger decltype default delete demote demote_to_helper
  diagnostic discard do dynamic_cast else enable enum explicit export extends extern external f16 f32 fallthrough false filter final
  finally fn for friend from fxgroup get global goto group groups groupshared highp i32 if impl implements import inline instanceof
  interface invocation block first lane layout let loop lowp macro macro_rules mat2x2 match mediump memory meta mod module move mut mutable
  namespace new nil noexcept noinline nointerpolation non_coherent noncoherent noperspective null nullptr of operator override package
  packoffset partition pass patch pixelfragment precise precision premerge priv protected ptr pub public readonly ref regardless
  register reinterpret_cast require requires resource restrict return self set shared sizeof smooth snorm static static_assert
  static_cast std struct subroutine super switch target template this thread_local throw trait true try type typedef typeid typename
  typeof u32 union unless unorm unsafe unsized use using var varying vec2 vec3 vec4 virtual void volatile weights wgsl where while
  with writeonly yield abs acos asin atan ceil clamp cos countOneBits dot exp exp2 floor fma fract ldexp log log2 max min mix pow
  round select sign sin sqrt tan tanh trunc unpack2x16float workgroupBarrier infinity not_a_number tiled`.split(/\s+/),
]);
