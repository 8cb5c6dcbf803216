/** What makes a folder a Vitis HLS component: configuration, component file, Tcl script and a README with the commands. */
import type { Artefact } from '../../../src/target.ts';
import { printShape } from '../../../src/tensor/type.ts';
import { inComment } from './cpp.ts';
import type { HlsPort } from './ports.ts';
import type { Desk } from './stage.ts';
import { streamOf } from './stage.ts';
import { bytesOnBus } from './top.ts';

export interface Component {
  readonly name: string;
  readonly top: string;
  /** One of the parts that are known. */
  readonly part: string;
  /** Nanoseconds. */
  readonly clock: number;
  readonly ports: readonly HlsPort[];
  /** The table of stages, in lines. */
  readonly table: readonly string[];
}

export function printComponent(component: Component, artefacts: readonly Artefact[], desk: Desk): readonly Artefact[] {
  const { name, top, part, clock, ports, table } = component;
  const { render, pipeline } = desk;
  const paths = artefacts.map(({ path }) => path);
  const view = {
    name,
    top,
    part,
    clock,
    sources: paths.filter((path) => path.startsWith('src/') && path.endsWith('.cpp')),
    benches: paths.filter((path) => /^tb\/[^/]*\.(?:cpp|dat)$/.test(path)),
    ports: ports.map(({ symbol, direction, stream, host, name: given }) => {
      const about = streamOf(pipeline, stream);
      const bytes = bytesOnBus(about);
      return {
        symbol,
        direction: `${direction === 'in' ? 'input' : 'output'} "${inComment(given)}"`,
        shape: printShape(about.shape),
        bits: 8 * bytes,
        perBeat: 4 / bytes,
        host: host ? '; the host has real numbers' : '',
      };
    }),
    table: table.map((line) => ({ line })),
  };
  const file = (path: string, contents: string, role: Artefact['role']): Artefact => ({ path, contents, role });
  return [
    file('hls_config.cfg', render('fpga/hls/hls_config.cfg.hbs', view), 'build'),
    file('vitis-comp.json', componentFile(name), 'build'),
    file('run_hls.tcl', render('fpga/hls/run_hls.tcl.hbs', view), 'build'),
    file('README.md', render('fpga/hls/README.md.hbs', view), 'documentation'),
  ];
}

const componentFile = (name: string): string =>
  `${JSON.stringify(
    {
      name,
      type: 'HLS',
      configuration: { componentType: 'HLS', configFiles: ['hls_config.cfg'], work_dir: name },
    },
    null,
    2,
  )}\n`;
