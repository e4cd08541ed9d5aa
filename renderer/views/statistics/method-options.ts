import {
  errorKinds,
  missingPolicies,
  penaltyConventions,
  type Penalty,
  type RegressSpec,
} from '../../../shared/domain/regress-spec.ts';

/** How coefficients are estimated, as one choice: the spec tells it in several fields. */
export const estimators = ['', 'firth', 'exact', 'ridge', 'lasso', 'elastic-net'] as const;
export type Estimator = (typeof estimators)[number];

/** Choices about the method as the address carries them: texts, empty where the default holds. */
export interface MethodValues {
  readonly link: string;
  readonly estimator: string;
  readonly mixing: string;
  readonly strength: string;
  readonly convention: string;
  readonly standardise: string;
  readonly pathLength: string;
  readonly folds: string;
  readonly seed: string;
  readonly rule: string;
  readonly errors: string;
  readonly cluster: string;
  readonly missing: string;
  readonly weights: string;
}
export type MethodKey = keyof MethodValues;

export const emptyMethod: MethodValues = {
  link: '',
  estimator: '',
  mixing: '',
  strength: '',
  convention: '',
  standardise: '',
  pathLength: '',
  folds: '',
  seed: '',
  rule: '',
  errors: '',
  cluster: '',
  missing: '',
  weights: '',
};
export const methodKeys = Object.keys(emptyMethod) as MethodKey[];

/** Elastic nets start half way between ridge and lasso. */
export const usualMixing = 0.5;

/** Which choices there are for an outcome; the others are neither shown nor in the spec. */
export interface Applicable {
  readonly link: boolean;
  readonly estimators: readonly Estimator[];
  readonly penalty: boolean;
  readonly mixing: boolean;
  /** The strength is chosen by cross-validation. */
  readonly validation: boolean;
  readonly convention: boolean;
  readonly errors: boolean;
  readonly cluster: boolean;
}

export function applicableTo(values: MethodValues, family: RegressSpec['family']): Applicable {
  const isProbit = family === 'binomial' && values.link === 'probit';
  const offered = estimators.filter((name) => {
    if (name === '') return true;
    if (name === 'exact') return family === 'gaussian';
    if (name === 'firth') return family === 'binomial' && !isProbit;
    return family !== 'poisson' && !isProbit;
  });
  const estimator = estimatorOf(values, offered);
  const penalty = isPenalty(estimator);
  const errors = !penalty && estimator !== 'firth';
  const hasStrength = positive(values.strength) !== undefined;
  return {
    link: family === 'binomial',
    estimators: offered,
    penalty,
    mixing: estimator === 'elastic-net',
    validation: penalty && !hasStrength,
    convention: penalty && hasStrength,
    errors,
    cluster: errors && values.errors.startsWith('CR'),
  };
}

/** The estimator in force: one that the outcome does not allow gives way to the usual one. */
export function estimatorOf(values: MethodValues, offered: readonly Estimator[]): Estimator {
  return offered.find((name) => name === values.estimator) ?? '';
}

/** The part of a spec that the choices make, for an outcome of this family. */
export function methodFields(
  values: MethodValues,
  family: RegressSpec['family'],
): Partial<RegressSpec> {
  const applies = applicableTo(values, family);
  const estimator = estimatorOf(values, applies.estimators);
  const kind = applies.errors ? errorKinds.find((name) => name === values.errors) : undefined;
  const cluster = values.cluster.trim();
  const missing = missingPolicies.find((name) => name === values.missing);
  const weights = values.weights.trim();
  return {
    ...(applies.link && values.link === 'probit' ? { link: 'probit' as const } : {}),
    ...(estimator === 'firth' ? { method: 'firth' as const } : {}),
    ...(estimator === 'exact' ? { exact: true } : {}),
    ...(isPenalty(estimator) ? { penalty: penaltyOf(estimator, values, applies) } : {}),
    ...(kind && kind !== 'classical'
      ? { errors: { kind, ...(applies.cluster && cluster !== '' ? { cluster } : {}) } }
      : {}),
    ...(missing && missing !== 'drop-rows' ? { missing } : {}),
    ...(weights === '' ? {} : { weights }),
  };
}

function penaltyOf(kind: Penalty['kind'], values: MethodValues, applies: Applicable): Penalty {
  const strength = positive(values.strength);
  const convention = penaltyConventions.find((name) => name === values.convention);
  const pathLength = whole(values.pathLength);
  const folds = whole(values.folds);
  const seed = whole(values.seed);
  const validation = {
    ...(folds === undefined ? {} : { folds }),
    ...(seed === undefined ? {} : { seed }),
    ...(values.rule === 'one-standard-error' ? { rule: 'one-standard-error' as const } : {}),
  };
  return {
    kind,
    ...(applies.mixing ? { mixing: share(values.mixing) ?? usualMixing } : {}),
    ...(strength === undefined ? {} : { strength }),
    ...(applies.convention && convention ? { convention } : {}),
    ...(values.standardise === '' ? {} : { standardise: values.standardise === 'yes' }),
    ...(pathLength === undefined ? {} : { pathLength }),
    ...(applies.validation && Object.keys(validation).length > 0 ? { validation } : {}),
  };
}

/** The choices that a spec was made from. */
export function methodValues(spec: RegressSpec): MethodValues {
  const { penalty, errors } = spec;
  const written = (value: number | string | undefined): string => String(value ?? '');
  return {
    link: spec.link === 'probit' ? 'probit' : '',
    estimator: spec.method === 'firth' ? 'firth' : spec.exact ? 'exact' : (penalty?.kind ?? ''),
    mixing: written(penalty?.mixing),
    strength: written(penalty?.strength),
    convention: written(penalty?.convention),
    standardise: penalty?.standardise === undefined ? '' : penalty.standardise ? 'yes' : 'no',
    pathLength: written(penalty?.pathLength),
    folds: written(penalty?.validation?.folds),
    seed: written(penalty?.validation?.seed),
    rule: written(penalty?.validation?.rule),
    errors: written(errors?.kind),
    cluster: written(errors?.cluster),
    missing: written(spec.missing),
    weights: written(spec.weights),
  };
}

/** Whether anything is chosen that is not the default. */
export function hasChoices(values: MethodValues): boolean {
  return methodKeys.some((key) => values[key] !== '');
}

function isPenalty(estimator: Estimator): estimator is Penalty['kind'] {
  return estimator === 'ridge' || estimator === 'lasso' || estimator === 'elastic-net';
}

function positive(text: string): number | undefined {
  const value = number(text);
  return value !== undefined && value > 0 ? value : undefined;
}

function share(text: string): number | undefined {
  const value = number(text);
  return value !== undefined && value >= 0 && value <= 1 ? value : undefined;
}

function whole(text: string): number | undefined {
  const value = number(text);
  return value !== undefined && Number.isInteger(value) && value >= 0 ? value : undefined;
}

function number(text: string): number | undefined {
  const value = Number(text);
  return text.trim() === '' || !Number.isFinite(value) ? undefined : value;
}
