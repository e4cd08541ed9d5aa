import type { PowerCurve } from '../../../../shared/contract/stability.ts';
import { visibleText } from '../../../../shared/text.ts';
import type { PlotPoint } from '../../../components/charts/point-data.ts';

/** One colour for each term; more cannot be told apart. */
export const shownTerms = 8;

/** Share of opposite signs by number of rows, one series for each of the terms that flip most. */
export function powerPoints({ truth, sizes }: PowerCurve): PlotPoint[] {
  const worst = (at: number): number =>
    Math.max(0, ...sizes.map(({ terms }) => terms[at]?.opposite.share ?? 0));
  const places = truth
    .map((_, at) => at)
    .sort((a, b) => worst(b) - worst(a))
    .slice(0, shownTerms);
  return places.flatMap((at, index) =>
    sizes.flatMap(({ n, terms }): PlotPoint[] => {
      const outcome = terms[at]?.opposite;
      if (!outcome) return [];
      const { share, low, high } = outcome;
      const label = visibleText(truth[at]!.term);
      return [{ x: n, y: share, low, high, label, series: label, color: `series-${index + 1}` }];
    }),
  );
}
