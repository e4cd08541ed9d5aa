import type { Command } from '../cli/command.ts';
import { bench } from './bench.ts';
import { cache } from './cache.ts';
import { conditions } from './conditions.ts';
import { compare } from './compare.ts';
import { demo } from './demo.ts';
import { doctor } from './doctor.ts';
import { encode } from './encode.ts';
import { exportDictionary } from './export.ts';
import { features } from './features.ts';
import { forward } from './forward.ts';
import { generate } from './generate.ts';
import { hub } from './hub.ts';
import { importCommand } from './import.ts';
import { predict } from './predict.ts';
import { regress } from './regress.ts';
import { report } from './report.ts';
import { run } from './run.ts';
import { runs } from './runs.ts';
import { serve } from './serve.ts';
import { show } from './show.ts';
import { study } from './study.ts';
import { tokenize } from './tokenize.ts';

/** The verbs of `assay`, in the order of its help. */
export const commands: readonly Command[] = [
  demo,
  serve,
  run,
  study,
  compare,
  runs,
  features,
  show,
  regress,
  predict,
  conditions,
  report,
  importCommand,
  hub,
  forward,
  encode,
  exportDictionary,
  generate,
  tokenize,
  cache,
  doctor,
  bench,
];
