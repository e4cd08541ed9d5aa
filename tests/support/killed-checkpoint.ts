import { join } from 'node:path';
import { writeSafetensors } from '../../main/formats/safetensors-writer.ts';
import { saveCheckpoint } from '../../main/jobs/checkpoint.ts';
import { injectFault } from './file-faults.ts';

/**
 * Writes checkpoints at steps 10, 20 and 30, says each step once it is saved, and is killed at one of
 * the file operations: node killed-checkpoint.ts FOLDER N. With N = 0 it says how many there are.
 */
const [folder, at] = process.argv.slice(2);
const faults = injectFault('kill', Number(at));
for (const step of [10, 20, 30]) {
  saveCheckpoint(folder!, {
    step,
    specHash: 'spec',
    cursor: { step },
    write(target) {
      const data = new Float32Array(2000).fill(step);
      for (const name of ['weights', 'moments'])
        writeSafetensors(join(target, `${name}.safetensors`), [{ name, shape: [2000], data }]);
    },
  });
  process.send!(step);
}
process.send!({ operations: faults.count });
