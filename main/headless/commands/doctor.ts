import { describeVersions } from '../../host/versions.ts';
import type { Command } from '../cli/command.ts';
import { textTable } from '../cli/text-table.ts';
import { electronVersion, findPlaces } from '../places.ts';
import { askWorker } from './ask-worker.ts';

export const doctor: Command = {
  name: 'doctor',
  summary: 'Tells what this machine has: engines, devices and versions, and what is missing.',
  parameters: [],
  options: {},
  example: 'assay doctor',
  run: async ({ output, signal }) => {
    const places = findPlaces();
    const { engines, defaultEngine } = await askWorker('engines', {}, signal);
    const document = {
      assay: places.version,
      engines,
      defaultEngine,
      electron: electronVersion(places),
      ...describeVersions(),
    };
    output.answer(document, () =>
      [
        textTable([
          ['engine', 'available', 'device', 'version'],
          ...engines.map(({ name, available, device, version, why }) => [
            name === defaultEngine ? `${name} (auto)` : name,
            available ? 'yes' : 'no',
            device ?? why,
            version,
          ]),
        ]),
        '',
        `assay ${document.assay}, node ${document.node}, sqlite ${document.sqlite}, electron ${document.electron ?? 'not installed'}, ${document.platform}`,
      ].join('\n'),
    );
  },
};
