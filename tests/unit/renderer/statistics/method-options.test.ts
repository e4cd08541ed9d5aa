import { describe, expect, it } from 'vitest';
import {
  applicableTo,
  emptyMethod,
  methodFields,
  methodValues,
} from '../../../../renderer/views/statistics/method-options.ts';
import { parseJobSpec, type RegressSpec } from '../../../../shared/domain/job-spec.ts';

const spec: RegressSpec = {
  kind: 'regress',
  name: 'fit',
  table: 't.csv',
  formula: 'y ~ x',
  family: 'binomial',
};

describe('choices about the method', () => {
  it('offers what the outcome allows, and gives way where it does not', () => {
    expect(applicableTo(emptyMethod, 'gaussian').estimators).toContain('exact');
    expect(applicableTo(emptyMethod, 'gaussian').estimators).not.toContain('firth');
    expect(applicableTo(emptyMethod, 'poisson').estimators).toEqual(['']);
    const probit = { ...emptyMethod, link: 'probit', estimator: 'lasso' };
    expect(methodFields(probit, 'binomial')).toEqual({ link: 'probit' });
    expect(methodFields(probit, 'gaussian')).toEqual({ penalty: { kind: 'lasso' } });
  });

  it('asks for folds while no strength is given, and for its convention once it is', () => {
    const validated = {
      ...emptyMethod,
      estimator: 'ridge',
      folds: '5',
      convention: 'scikit-learn',
    };
    expect(methodFields(validated, 'gaussian').penalty).toEqual({
      kind: 'ridge',
      validation: { folds: 5 },
    });
    expect(methodFields({ ...validated, strength: '0.1' }, 'gaussian').penalty).toEqual({
      kind: 'ridge',
      strength: 0.1,
      convention: 'scikit-learn',
    });
  });

  it('has no errors beside a penalty, and a cluster only for clustered ones', () => {
    const chosen = { ...emptyMethod, errors: 'HC3', cluster: 'site' };
    expect(methodFields(chosen, 'binomial').errors).toEqual({ kind: 'HC3' });
    expect(methodFields({ ...chosen, errors: 'CR1' }, 'binomial').errors).toEqual({
      kind: 'CR1',
      cluster: 'site',
    });
    expect(methodFields({ ...chosen, estimator: 'lasso' }, 'binomial').errors).toBeUndefined();
  });

  it('reads back every spec that it makes, and makes none that is refused', () => {
    for (const family of ['gaussian', 'binomial', 'poisson'] as const)
      for (const estimator of ['', 'firth', 'exact', 'ridge', 'lasso', 'elastic-net'])
        for (const errors of ['', 'HC2'])
          for (const missing of ['', 'mean-indicator']) {
            const chosen = { ...emptyMethod, estimator, errors, missing, weights: 'w', rule: '' };
            const made = { ...spec, family, ...methodFields(chosen, family) };
            expect(parseJobSpec(made, 'spec')).toEqual(made);
            expect(methodFields(methodValues(made), family)).toEqual(methodFields(chosen, family));
          }
  });
});
