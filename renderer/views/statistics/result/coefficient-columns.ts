import type { Coefficient, FitDetail } from '../../../../shared/contract/statistics.ts';
import { fromExtended } from '../../../../shared/domain/schemas.ts';
import { visibleText } from '../../../../shared/text.ts';
import type { Column } from '../../../components/data-table/columns.ts';
import { coefficientUnit } from '../family-words.ts';
import { exactNumber, formatNumber, formatP } from '../../../components/format.ts';

/** From here on a VIF is marked; the host warns from the same threshold. */
export const vifThreshold = 4;

export function isInflated({ vif }: Coefficient): boolean {
  return vif !== null && fromExtended(vif) > vifThreshold;
}

/** The coefficients as a table; cells that draw themselves are added by the view. */
export function coefficientColumns(fit: FitDetail): Column<Coefficient>[] {
  const { family } = fit.spec;
  const isNormal = family !== 'gaussian';
  const unit = family === 'gaussian' ? 'the units of the outcome' : coefficientUnit(fit.spec, '');
  const intervalKind = fit.spec.method === 'firth' ? '' : ' (Wald)';
  const columns: Column<Coefficient>[] = [
    { key: 'term', title: 'term', width: 180, text: ({ term }) => visibleText(term) },
    {
      ...figure('estimate', 'estimate', 92),
      definition: `Change of the outcome (in ${unit}) for one unit of the term, the other terms held fixed`,
      text: ({ estimate }) => (estimate === null ? 'left out' : formatNumber(estimate, 4)),
    },
    {
      ...figure('se', '± se', 76),
      definition: errorDefinition(fit.spec.errors?.kind),
      text: ({ se }) => formatNumber(se, 3),
    },
    {
      ...figure('statistic', isNormal ? 'z' : 't', 66),
      definition: `Estimate over standard error; compared with ${isNormal ? 'the normal distribution' : 'Student’s t'}`,
      text: ({ statistic }) => formatNumber(statistic, 3),
    },
    {
      ...figure('p', 'p', 80),
      definition: 'Probability of an estimate at least this far from 0 if the truth were 0',
      text: ({ p }) => formatP(p),
    },
    {
      ...figure('vif', 'VIF', 98),
      definition: `Variance inflation by the other terms: 1 is none, above ${vifThreshold} warns, ∞ means that the term depends exactly on others`,
      text: ({ vif }) => formatNumber(vif, 3),
    },
    {
      ...figure('low', '95 % from', 82),
      definition: `Lower end of the 95 % interval${isNormal ? intervalKind : ''}`,
      text: ({ low }) => formatNumber(low, 3),
    },
    {
      ...figure('high', 'to', 78),
      definition: `Upper end of the 95 % interval${isNormal ? intervalKind : ''}`,
      text: ({ high }) => formatNumber(high, 3),
    },
  ];
  // A penalised fit has no errors, and columns of dashes would ask why.
  return fit.penalised
    ? columns.filter(({ key }) => !['se', 'statistic', 'p', 'low', 'high'].includes(key))
    : columns;
}

function errorDefinition(kind = 'classical'): string {
  if (kind === 'classical') return 'Standard error of the estimate';
  return kind.startsWith('CR')
    ? `Standard error of the estimate, robust to dependence within clusters (${kind})`
    : `Standard error of the estimate, robust to unequal variance (${kind})`;
}

type Key = 'estimate' | 'se' | 'statistic' | 'p' | 'low' | 'high' | 'vif';

function figure(key: Key, title: string, width: number) {
  return {
    key,
    title,
    width,
    numeric: true,
    sortable: true,
    exact: (row: Coefficient): string => exactNumber(row[key]),
    value: (row: Coefficient): number | null => {
      const value = row[key];
      return value === null ? null : fromExtended(value);
    },
  };
}
