import { notableAuc } from '../../../shared/domain/metrics.ts';
import type { ReportContext } from '../context.ts';
import type { PropertyRecovery } from '../report-data.ts';
import { renderTable, type ShownColumn } from '../table.ts';
import { featureId } from '../viewer/feature-card.ts';
import { formatShare } from '../viewer/format.ts';
import { html, type Markup } from '../viewer/html.ts';

const columns: ShownColumn[] = [
  { title: 'property', align: 'left', key: 'property' },
  {
    title: 'share of tokens',
    definition: 'Tokens that have the property, of all that were counted',
    align: 'right',
    key: 'share',
  },
  { title: 'feature', align: 'right', key: 'feature' },
  {
    title: 'AUC where chosen',
    definition: 'On the sequences that the feature was chosen on: flattered by the choice',
    align: 'right',
    key: 'chosenAuc',
  },
  {
    title: 'AUC',
    definition: 'On the other sequences. 0.5 is chance, 1 tells every token',
    align: 'right',
    key: 'auc',
  },
  {
    title: 'token alone',
    definition: 'AUC on the same sequences of a guess from the token itself, without its context',
    align: 'right',
    key: 'tokenAuc',
  },
];

/** Which feature tells each ground-truth property, and how well on tokens that did not choose it. */
export function recoveryTable(
  recovery: readonly PropertyRecovery[],
  id: string,
  context: ReportContext,
): Markup {
  if (recovery.length === 0) return html``;
  const keys = ['property', 'share', 'feature', 'chosenAuc', 'auc', 'tokenAuc'] as const;
  const tableId = context.addTable(`${id}-properties`, {
    name: 'properties',
    columns: keys,
    rows: recovery.map((item) => keys.map((key) => item[key])),
  });
  const told = recovery.filter(({ auc }) => auc > notableAuc).length;
  return html`<h3 id="${id}-recovery">Ground truth</h3>
    ${renderTable({
      id: tableId,
      caption: context.tableCaption(
        `${told} of ${recovery.length} properties are told by one feature with an AUC above ${notableAuc}. Each feature was chosen as the best for its property on the sequences of even number; “AUC” is its score on those of odd number, beside that of a guess from the token alone.`,
      ),
      columns,
      data: context.tables[tableId]!,
      rows: recovery.map((item) => [
        item.property,
        formatShare(item.share),
        html`<a href="#${featureId(id, item.feature)}">${item.feature}</a>`,
        item.chosenAuc.toFixed(3),
        item.auc > notableAuc ? html`<b>${item.auc.toFixed(3)}</b>` : item.auc.toFixed(3),
        item.tokenAuc.toFixed(3),
      ]),
    })}`;
}
