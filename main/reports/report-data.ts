import type { EvaluationDetail } from '../../shared/contract/evaluations.ts';
import type { ComparisonDetail, GroupFigures } from '../../shared/contract/comparisons.ts';
import type { DictionaryRow, FeatureDetail } from '../../shared/contract/features.ts';
import type { RunDetail, RunGroup, Series } from '../../shared/contract/runs.ts';
import type { PredictionDetail } from '../../shared/contract/predictions.ts';
import type { StabilityDetail } from '../../shared/contract/stability.ts';
import type { FitDiagnostics } from '../../shared/contract/fit-diagnostics.ts';
import type { FitDetail } from '../../shared/contract/statistics.ts';
import type { StudiedRun, StudyFigures } from '../../shared/domain/study.ts';
import type { ComparisonMeasure, PairDetail } from '../../shared/domain/comparison.ts';

/**
 * Everything that a report says, as plain data: whoever writes a report gathers this first. The
 * shapes are the contract's, so that a page and a report can never tell two different stories.
 * Equal data give equal bytes, but for `createdAt`.
 */
export interface ReportData {
  readonly title: string;
  /** Milliseconds since 1970; the only thing by which two reports of the same data differ. */
  readonly createdAt: number;
  /** Name of the project. */
  readonly project: string;
  /** Version of Assay. */
  readonly version: string;
  readonly sections: readonly ReportSectionData[];
}

export type ReportSectionData =
  | TextSectionData
  | RunsSectionData
  | FeaturesSectionData
  | FitSectionData
  | EvaluationSectionData
  | StudySectionData
  | ComparisonSectionData
  | StabilitySectionData
  | PredictionSectionData;

/** Words of the author; blank lines part paragraphs, line breaks are kept. */
export interface TextSectionData {
  readonly kind: 'text';
  readonly title: string;
  readonly text: string;
}

interface SectionData {
  /** Replaces the heading that the section would have. */
  readonly title?: string;
  /** Sentences on what the section leaves out, besides those it finds itself. */
  readonly notShown?: readonly string[];
}

export interface RunsSectionData extends SectionData {
  readonly kind: 'runs';
  readonly groups: readonly RunGroup[];
  /** Spec, provenance and files of the runs of the groups, in any order. */
  readonly details: readonly RunDetail[];
  readonly curves: readonly RunCurves[];
}

/** The curves of one run; replicates are best read on the same buckets. */
export interface RunCurves {
  readonly run: string;
  readonly series: readonly Series[];
}

export interface FeaturesSectionData extends SectionData {
  readonly kind: 'features';
  readonly dictionary: DictionaryRow;
  /** How the features were chosen, as the contract names it. */
  readonly choice: 'most-active' | 'best-per-property' | 'labelled' | 'listed';
  /** Where the features were chosen for what they tell of ground truth. */
  readonly recovery?: readonly PropertyRecovery[];
  /** In the order in which they are shown. Read once, so a large list may be a generator. */
  readonly features: Iterable<FeatureDetail> | AsyncIterable<FeatureDetail>;
}

/** The feature that tells a ground-truth property of tokens best: chosen on one half of the sequences. */
export interface PropertyRecovery {
  readonly property: string;
  /** Share of the tokens that have the property. */
  readonly share: number;
  readonly feature: number;
  /** Area under the ROC curve on the sequences that the feature was chosen on. */
  readonly chosenAuc: number;
  /** And on the others, which the choice did not see. */
  readonly auc: number;
  /** On these, what the token's identity alone tells. */
  readonly tokenAuc: number;
}

export interface EvaluationSectionData extends SectionData {
  readonly kind: 'evaluation';
  readonly evaluation: EvaluationDetail;
}

export interface FitSectionData extends SectionData {
  readonly kind: 'fit';
  readonly fit: FitDetail;
  /** Of the same table; where they are missing, `notShown` says why. */
  readonly diagnostics?: FitDiagnostics;
}

export interface StabilitySectionData extends SectionData {
  readonly kind: 'stability';
  readonly study: StabilityDetail;
}

export interface PredictionSectionData extends SectionData {
  readonly kind: 'prediction';
  readonly prediction: PredictionDetail;
}

export interface StudySectionData extends SectionData {
  readonly kind: 'study';
  readonly figures: StudyFigures;
  /** Trained in full on the way to the match, with other coefficients. */
  readonly trials: readonly NamedRun[];
  /** Shorter trainings, whose figures are not those of full ones. */
  readonly pilots: readonly NamedRun[];
  /** One run of each objective, in the order of `figures`. */
  readonly details: readonly RunDetail[];
}

/** A run with the name of its objective. */
export interface NamedRun {
  readonly name: string;
  readonly run: StudiedRun;
}

export interface ComparisonSectionData extends SectionData {
  readonly kind: 'comparison';
  readonly comparison: ComparisonDetail;
  readonly measures: readonly ComparedMeasure[];
}

/** A comparison by one measure, at its minimum count. */
export interface ComparedMeasure {
  readonly measure: ComparisonMeasure;
  readonly groups: readonly GroupFigures[];
  /** Those that are told one by one: pairs of replicates, where there are any. */
  readonly pairs: readonly {
    readonly a: number;
    readonly b: number;
    readonly detail: PairDetail;
  }[];
}
