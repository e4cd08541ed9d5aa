import type { RunDetail } from '../../../shared/contract/runs.ts';
import type { App } from '../../state/app.svelte.ts';

interface Words {
  readonly label: string;
  readonly notes: string;
}

/** Changes label and notes of a run; it can be taken back. */
export async function setRunWords(app: App, detail: RunDetail, words: Words): Promise<void> {
  const project = app.session?.id;
  if (project === undefined) return;
  const before = { label: detail.run.label, notes: detail.notes };
  if (before.label === words.label && before.notes === words.notes) return;
  const set = (to: Words) =>
    app.client.call('runs.setLabel', { project, run: detail.run.id, ...to });
  try {
    await set(words);
    app.undo.did(
      before.label === words.label ? 'Changed the notes of a run' : 'Changed the label of a run',
      async () => void (await set(before)),
    );
  } catch (error) {
    app.messages.fail('The run could not be changed', error);
  }
}
