/** What hardware is asked for: checked, and with what is not said filled in. */
import type { Fault, Hardware } from '../../src/target.ts';
import { nearestPart, partNamed } from './parts.ts';

/** Nanoseconds. */
const defaultClock = 5;

export const clockOf = ({ clock = defaultClock }: Hardware): number => clock;

export function hardwareFault({ part, fps, reuse, dsp, lut, bram }: Hardware): Fault | undefined {
  if (part === undefined)
    return {
      code: 'fpga/no-part',
      message: 'no part is given',
      hint: 'name the device as the vendor does: espalier build --part xczu7ev-ffvc1156-2-e, or hardware.part in the config file',
    };
  if (!partNamed(part))
    return {
      code: 'fpga/unknown-part',
      message: `there is no part "${part.slice(0, 80)}"`,
      hint: `did you mean "${nearestPart(part)}"?`,
    };
  const goals = Object.entries({ '--fps': fps, '--reuse': reuse, '--dsp, --lut or --bram': dsp ?? lut ?? bram });
  const given = goals.filter(([, value]) => value !== undefined).map(([flag]) => flag);
  if (given.length > 1)
    return {
      code: 'fpga/several-goals',
      message: `${given.join(' and ')} exclude each other`,
      hint: 'give the speed that is wanted, how often a multiplier is used, or what there is of resources',
    };
  return undefined;
}
