import { namesIn } from '../../../shared/formula/formula.ts';
import { deparse, parse, quoteName, type Node } from '../../../shared/formula/syntax.ts';

/** How a column enters the model: as it stands, z-scored, as groups, as a logarithm or as a curve. */
export type Coding = 'plain' | 'scale' | 'factor' | 'log' | 'square' | 'spline';

/** What each coding writes for a column that is written so. */
const written: Readonly<Record<Coding, (name: string) => string>> = {
  plain: (name) => name,
  scale: (name) => `scale(${name})`,
  factor: (name) => `factor(${name})`,
  log: (name) => `log(${name})`,
  square: (name) => `poly(${name}, 2)`,
  spline: (name) => `ns(${name}, df = 3)`,
};

export interface FormTerm {
  /** As the user wrote it. */
  readonly text: string;
  /** The column that it stands for; null for what only the formula can say, such as `a:b`. */
  readonly column: string | null;
  readonly coding: Coding;
  /** The level that the others are compared with, where the formula names one. */
  readonly reference?: string;
  /** Taken out of the model, as in `. - x`. */
  readonly removed: boolean;
}

/** A formula as a form shows it: an outcome and terms to click. */
export interface FormulaForm {
  /** Empty where none is chosen yet. */
  readonly outcome: string;
  /** Null where the outcome is an expression. */
  readonly outcomeColumn: string | null;
  readonly terms: readonly FormTerm[];
  readonly intercept: boolean;
}

export const emptyForm: FormulaForm = {
  outcome: '',
  outcomeColumn: null,
  terms: [],
  intercept: true,
};

/** @throws AppError `bad-formula` where the text is no formula */
export function readForm(formula: string): FormulaForm {
  if (formula.trim() === '') return emptyForm;
  const tree = parse(formula, 'formula');
  const isTilde = (tree.kind === 'binary' || tree.kind === 'unary') && tree.operator === '~';
  const left = isTilde ? (tree.kind === 'binary' ? tree.left : undefined) : tree;
  const right = isTilde ? (tree.kind === 'binary' ? tree.right : tree.operand) : undefined;
  const form = {
    outcome: left ? formula.slice(left.start, left.end) : '',
    outcomeColumn: left?.kind === 'name' ? left.name : null,
    terms: [] as FormTerm[],
    intercept: true,
  };
  if (right) addTerms(right, formula, false, form);
  return form;
}

function addTerms(
  node: Node,
  source: string,
  removed: boolean,
  form: { terms: FormTerm[]; intercept: boolean },
): void {
  if (node.kind === 'binary' && (node.operator === '+' || node.operator === '-')) {
    addTerms(node.left, source, removed, form);
    addTerms(node.right, source, removed !== (node.operator === '-'), form);
  } else if (node.kind === 'unary' && (node.operator === '+' || node.operator === '-'))
    addTerms(node.operand, source, removed !== (node.operator === '-'), form);
  else if (node.kind === 'number' && (node.value === 0 || node.value === 1))
    form.intercept = (node.value === 1) !== removed;
  else form.terms.push({ ...readTerm(node), text: source.slice(node.start, node.end), removed });
}

function readTerm(node: Node): { column: string | null; coding: Coding; reference?: string } {
  if (node.kind === 'name' && node.name !== '.') return { column: node.name, coding: 'plain' };
  const none = { column: null, coding: 'plain' as const };
  if (node.kind !== 'call') return none;
  const [first, level] = node.parts;
  if (first?.value.kind !== 'name' || first.label !== undefined) return none;
  const column = first.value.name;
  if (node.name === 'C' && level?.value.kind === 'text' && node.parts.length === 2)
    return { column, coding: 'factor', reference: level.value.value };
  const text = deparse(node);
  const codings = Object.keys(written) as Coding[];
  const coding = codings.find((name) => written[name](quoteName(column)) === text);
  return coding ? { column, coding } : none;
}

/** The formula of a form; the empty text where nothing is chosen. */
export function writeForm({ outcome, terms, intercept }: FormulaForm): string {
  if (outcome === '' && terms.length === 0 && intercept) return '';
  let right = terms.reduce((text, term) => {
    if (text === '') return term.removed ? `1 - ${term.text}` : term.text;
    return `${text} ${term.removed ? '-' : '+'} ${term.text}`;
  }, '');
  if (!intercept) right = right === '' ? '0' : `${right} - 1`;
  return `${outcome} ~ ${right === '' ? '1' : right}`.trimStart();
}

export function withOutcome(form: FormulaForm, column: string): FormulaForm {
  const terms = form.terms.filter((term) => term.column !== column);
  return { ...form, outcome: quoteName(column), outcomeColumn: column, terms };
}

export function termOf(form: FormulaForm, column: string): FormTerm | undefined {
  return form.terms.find((term) => term.column === column && !term.removed);
}

/** @param reference level that the others are compared with; the first where it is not given */
export function withTerm(
  form: FormulaForm,
  column: string,
  coding: Coding,
  reference?: string,
): FormulaForm {
  const name = quoteName(column);
  const term =
    reference === undefined
      ? { text: written[coding](name), column, coding, removed: false }
      : {
          text: `C(${name}, ${JSON.stringify(reference)})`,
          column,
          coding,
          reference,
          removed: false,
        };
  const known = termOf(form, column);
  if (known) return { ...form, terms: form.terms.map((other) => (other === known ? term : other)) };
  return { ...form, terms: [...form.terms, term] };
}

export function withoutTerm(form: FormulaForm, term: FormTerm): FormulaForm {
  return { ...form, terms: form.terms.filter((other) => other !== term) };
}

/** Names of columns in a formula or filter; none where it cannot be read. */
export function columnsIn(text: string, language: 'formula' | 'filter'): Set<string> {
  try {
    return namesIn(parse(text, language));
  } catch {
    return new Set();
  }
}
