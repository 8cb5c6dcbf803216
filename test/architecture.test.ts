/** House rules that `tsc` cannot check. ARCHITECTURE.md says why they stand. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import Handlebars from 'handlebars';
import { Project, type SourceFile, SyntaxKind, ts } from 'ts-morph';
import { describe, expect, test } from 'vitest';
import { formats } from '../src/formats/index.ts';
import { targets } from '../targets/index.ts';

const root = new URL('..', import.meta.url).pathname;
const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
const files = ts.parseJsonConfigFileContent(config, ts.sys, root).fileNames.map((path) => relative(root, path));
// What is asked is how files are written, which needs no types, and so no libraries.
const project = new Project({ skipFileDependencyResolution: true });
const product = files
  .filter((path) => /^(src|passes|targets)\//.test(path))
  .map((path) => ({ path, file: project.addSourceFileAtPath(`${root}${path}`) }));

/**
 * The rooms in reading order, each with what it may import besides itself and `src/diagnostic.ts`.
 * A room may only name rooms that stand above it.
 */
const rooms: Readonly<Record<string, readonly string[]>> = {
  'src/tensor': [],
  'src/loop': ['src/tensor'],
  'src/formats': ['src/tensor', 'src/loop'],
  'src/ops': ['src/tensor', 'src/loop', 'src/formats'],
  'src/graph': ['src/tensor', 'src/formats', 'src/ops'],
  'src/plan': ['src/tensor', 'src/loop', 'src/formats', 'src/ops', 'src/graph'],
  'src/recipe.ts': [],
  'src/plot': [],
  'src/target.ts': ['src/tensor', 'src/formats', 'src/ops', 'src/graph', 'src/plan', 'src/recipe.ts'],
  'src/pass.ts': ['src/graph'],
  'src/render.ts': ['src/target.ts'],
  'src/explain': ['src/tensor', 'src/formats', 'src/ops', 'src/graph', 'src/plan', 'src/plot', 'src/target.ts'],
  'src/compile.ts': ['src/graph', 'src/plan', 'src/pass.ts', 'src/target.ts'],
  'src/import': ['src/tensor', 'src/ops', 'src/graph'],
  'src/export': ['src/tensor', 'src/ops', 'src/graph', 'src/import'],
  'src/prune': ['src/tensor', 'src/ops', 'src/graph', 'src/import'],
  'src/quantize': ['src/tensor', 'src/loop', 'src/ops', 'src/graph', 'src/import'],
  'src/smartdeal': ['src/tensor', 'src/ops', 'src/graph', 'src/prune'],
  'src/toolchain': ['src/tensor', 'src/graph', 'src/recipe.ts', 'src/target.ts'],
  passes: [
    'src/tensor',
    'src/ops',
    'src/graph',
    'src/plan',
    'src/pass.ts',
    'src/target.ts',
    'src/quantize',
    'src/smartdeal',
  ],
  targets: [
    'src/tensor',
    'src/loop',
    'src/formats',
    'src/ops',
    'src/graph',
    'src/plan',
    'src/recipe.ts',
    'src/target.ts',
  ],
};

/** The rooms that put everything together: each may import all above it, and those of its like that stand above it. */
const assembly = [
  'src/config.ts',
  'src/make',
  'src/check',
  'src/bench',
  'src/tune',
  'src/index.ts',
  'src/plugin',
  'src/cli',
];

const within = (place: string, path: string): boolean => path === place || path.startsWith(`${place}/`);

const known = new Map<string, readonly string[]>();

/** Files of ours, which are imported by their paths. */
function importsOf({ file, path }: { readonly file: SourceFile; readonly path: string }): readonly string[] {
  const imports =
    known.get(path) ??
    [...file.getImportDeclarations(), ...file.getExportDeclarations()].flatMap((d) => {
      const to = d.getModuleSpecifierValue();
      return to?.startsWith('.') ? [join(dirname(path), to)] : [];
    });
  known.set(path, imports);
  return imports;
}

describe('imports point one way', () => {
  for (const [place, above] of Object.entries(rooms)) {
    test(place, () => {
      const allowed = [place, 'src/diagnostic.ts', ...above];
      const strays = product
        .filter(({ path }) => within(place, path))
        .flatMap((entry) =>
          importsOf(entry)
            .filter((to) => !allowed.some((a) => within(a, to)))
            .map((to) => `${entry.path} -> ${to}`),
        );
      expect(strays).toEqual([]);
    });
  }

  test('no room names one that stands below it', () => {
    const order = Object.keys(rooms);
    expect(order.filter((room, i) => rooms[room].some((above) => order.indexOf(above) >= i))).toEqual([]);
  });

  test('what puts the parts together is known to none of them', () => {
    const strays = product.flatMap((entry) => {
      const own = assembly.findIndex((room) => within(room, entry.path));
      const below = assembly.slice(own + 1);
      return importsOf(entry)
        .filter((to) => below.some((room) => within(room, to)))
        .map((to) => `${entry.path} -> ${to}`);
    });
    expect(strays).toEqual([]);
  });

  test('targets know nothing of each other', () => {
    const folders = readdirSync(`${root}targets`, { withFileTypes: true }).filter((e) => e.isDirectory());
    // What the targets for GPUs share has no notation, is no target, and knows of none.
    const shared = ['gpu'];
    const sharedBy: Readonly<Record<string, readonly string[]>> = { webgpu: shared, cuda: shared };
    const families = folders.map(({ name }) => name);
    const strays = families.flatMap((name) =>
      product
        .filter(({ path }) => within(`targets/${name}`, path))
        .flatMap((entry) =>
          importsOf(entry)
            .filter((to) =>
              families.some(
                (other) => other !== name && !sharedBy[name]?.includes(other) && within(`targets/${other}`, to),
              ),
            )
            .map((to) => `${entry.path} -> ${to}`),
        ),
    );
    expect(strays).toEqual([]);
  });

  test('in a target for hardware, plans know of no engine and engines of no notation', () => {
    const order = ['contract', 'schedule', 'area', 'engines', 'fold.ts', 'pipeline', 'hls', 'rtl', 'emit.ts'];
    const place = (path: string): number => order.findIndex((part) => within(`targets/fpga/${part}`, path));
    const strays = product
      .filter(({ path }) => place(path) >= 0)
      .flatMap((entry) =>
        importsOf(entry)
          .filter((to) => place(to) > place(entry.path))
          .map((to) => `${entry.path} -> ${to}`),
      );
    expect(strays).toEqual([]);
  });

  test('only the toolchain starts processes', () => {
    const strays = product
      .filter(({ path }) => !within('src/toolchain', path))
      .filter(({ file }) => file.getImportDeclaration((d) => d.getModuleSpecifierValue() === 'node:child_process'));
    expect(strays.map(({ path }) => path)).toEqual([]);
  });
});

const exportsDefault = (file: SourceFile): boolean =>
  file
    .getStatements()
    .some((s) => s.getKind() === SyntaxKind.ExportAssignment || /^export default\b/.test(s.getText())) ||
  file
    .getExportDeclarations()
    .some((d) => d.getNamedExports().some((e) => (e.getAliasNode() ?? e.getNameNode()).getText() === 'default'));

test('no enum, class hierarchy, namespace or default export', () => {
  const strays = product.flatMap(({ file, path }) => [
    ...file.getEnums().map((n) => `${path}: enum ${n.getName()}`),
    ...file.getModules().map((n) => `${path}: namespace ${n.getName()}`),
    ...file
      .getClasses()
      .filter((c) => c.getExtends() && !/^(Error|KernelBackend)\b/.test(c.getExtends()?.getText() ?? ''))
      .map((c) => `${path}: class ${c.getName()} extends ${c.getExtends()?.getText()}`),
    ...(exportsDefault(file) ? [`${path}: default export`] : []),
  ]);
  expect(strays).toEqual([]);
});

test('modules have no side effects', () => {
  const strays = product
    .filter(({ path }) => path !== 'src/cli/main.ts')
    .flatMap(({ file, path }) =>
      file
        .getStatements()
        .filter((s) => s.getKind() === SyntaxKind.ExpressionStatement)
        .map((s) => `${path}:${s.getStartLineNumber()}`),
    );
  expect(strays).toEqual([]);
});

/** Paths below templates/. */
const templates = readdirSync(`${root}templates`, { recursive: true, encoding: 'utf8' }).filter((p) =>
  p.endsWith('.hbs'),
);

test('files stay small', () => {
  const texts = [...files, ...templates.map((path) => `templates/${path}`)];
  expect(texts.filter((path) => readFileSync(`${root}${path}`, 'utf8').split('\n').length > 300)).toEqual([]);
});

test('every file says what it is', () => {
  const silent = product
    .filter(({ path }) => basename(path) !== 'index.ts')
    .filter(({ file }) => !/^(#!.*\n)?(import[^;]*;\s*)*\/\*\*/.test(file.getFullText()));
  expect(silent.map(({ path }) => path)).toEqual([]);
});

const stems = (folder: string, besides: readonly string[]): readonly string[] =>
  readdirSync(`${root}${folder}`)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => basename(name, '.ts'))
    .filter((name) => !besides.includes(name))
    .sort();

test('a format is named after its file, a target after its folder, a kernel after its file', () => {
  const files = stems('src/formats', ['index', 'format']);
  expect(formats.filter(({ name }) => !files.includes(name)).map((f) => f.name)).toEqual([]);
  const folders = readdirSync(`${root}targets`, { withFileTypes: true }).filter((e) =>
    existsSync(`${root}targets/${e.name}/target.ts`),
  );
  expect(targets.map((t) => t.name).sort()).toEqual(folders.map((e) => e.name).sort());
  for (const family of targets) {
    const kernels = family.target({}).kernels.map((k) => k.name);
    expect(kernels.filter((name) => !existsSync(`${root}targets/${family.name}/kernels/${name}.ts`))).toEqual([]);
  }
});

/** What `espalier smartdeal` is called is what its format is called. */
const decompositions = ['src/cli/smartdeal.ts', 'src/make/smartdeal.ts'];

test('formats are named only where they are written, where kernels are tuned for them, and as patterns to prune to', () => {
  const names = new Set(formats.map((f) => f.name).filter((name) => name !== 'dense'));
  const strays = product
    .filter(
      ({ path }) => !['src/formats', 'src/prune', 'targets', ...decompositions].some((room) => within(room, path)),
    )
    .filter(({ file }) => [...names].some((name) => file.getFullText().includes(name)))
    .flatMap(({ file, path }) =>
      file
        .getDescendantsOfKind(SyntaxKind.StringLiteral)
        .filter((s) => names.has(s.getLiteralValue()))
        .map((s) => `${path}:${s.getStartLineNumber()}: ${s.getText()}`),
    );
  expect(strays).toEqual([]);
});

test('the top of the tree is what the architecture says', () => {
  const allowed = ['.ci', '.git', 'dist', 'examples', 'node_modules', 'passes', 'src', 'targets', 'templates', 'test'];
  const folders = readdirSync(root, { withFileTypes: true }).filter((e) => e.isDirectory());
  expect(folders.map((e) => e.name).filter((name) => !allowed.includes(name))).toEqual([]);
});

describe('templates decide nothing', () => {
  test.each(templates)('%s', (path) => {
    const used = new Set<string>();
    const visitor = new Handlebars.Visitor();
    visitor.BlockStatement = function (block) {
      used.add(`{{#${(block.path as hbs.AST.PathExpression).original}}}`);
      Handlebars.Visitor.prototype.BlockStatement.call(this, block);
    };
    visitor.SubExpression = (e) => used.add(`(${(e.path as hbs.AST.PathExpression).original})`);
    visitor.accept(Handlebars.parse(readFileSync(`${root}templates/${path}`, 'utf8')));
    used.delete('{{#each}}');
    expect([...used]).toEqual([]);
  });
});
