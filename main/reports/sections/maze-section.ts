import type { StabilityDetail } from '../../../shared/contract/stability.ts';
import type { ReportContext } from '../context.ts';
import { formatNumber } from '../viewer/format.ts';
import { html, type Markup } from '../viewer/html.ts';
import { plainTable } from './plain-table.ts';

/** The maze study as it was done, beside what should have been done, with the differences in words. */
export function mazeParts({ maze }: StabilityDetail, id: string, context: ReportContext): Markup {
  if (!maze) return html``;
  const sets = maze.sets.map(({ name, terms, fits, unpenalised, vif, splits }) =>
    plainTable(
      `${id}-set-${name}`,
      splits
        ? `Set ${name}: held-out accuracy ${formatNumber(splits.accuracy.mean, 4)} over ${formatNumber(splits.splits)} splits.`
        : `Set ${name}.`,
      ['term', ...fits.map(({ label }) => label), 'mean over splits', 'no penalty', 'SE', 'VIF'],
      [
        ...terms.map((term, j) => [
          term,
          ...fits.map(({ coefficients }) => coefficients[j]!),
          splits?.meanCoefficients[j] ?? null,
          unpenalised?.coefficients[j] ?? null,
          unpenalised?.se[j] ?? null,
          vif[j] ?? null,
        ]),
        [
          '(Intercept)',
          ...fits.map(({ intercept }) => intercept),
          splits?.meanIntercept ?? null,
          unpenalised?.intercept ?? null,
          unpenalised?.interceptSe ?? null,
          null,
        ],
      ],
      context,
    ),
  );
  return html`<h3>What the maze study concluded, and what its data bear</h3>
    ${maze.differences.map(
      ({ title, study, instead, why }) =>
        html`<h4>${title}</h4>
          <p><b>The study.</b> ${study}</p>
          <p><b>Instead.</b> ${instead}</p>
          <p><b>Why.</b> ${why}</p>`,
    )}
    ${plainTable(
      `${id}-verdicts`,
      'The candidates by the study’s rule and by bootstraps of the full model. Shares in %.',
      [
        'variable',
        'notebook flips',
        'zero',
        'opposite',
        'against alone',
        'study',
        'verdict',
        'why',
      ],
      maze.verdicts.map((row) => [
        row.term,
        100 * row.notebookFlips.share,
        100 * row.zero.share,
        100 * row.opposite.share,
        100 * row.againstAlone.share,
        row.keptByStudy ? 'kept' : 'dropped',
        row.verdict,
        row.why,
      ]),
      context,
    )}
    <h3>The nine variable sets</h3>
    ${sets}`;
}
