/**
 * Logs of evaluations as every reader here gives them, whatever wrote them. A log is opened by its
 * header; samples are read one at a time.
 */
export interface EvalHeader {
  readonly format: 'inspect-eval' | 'inspect-json' | 'lm-evaluation-harness';
  readonly task: string;
  readonly model: string;
  /** As the log writes it; null where it does not say. */
  readonly created: string | null;
  /** `success`, `error`, `cancelled`; `started` for a log that was never finished. */
  readonly status: string;
  readonly solvers: readonly EvalSolver[];
  readonly tags: readonly string[];
  /** What the log itself names as its condition, in its metadata. */
  readonly condition: string | null;
  /** Settings that let the model think before it answers, such as `reasoning_effort high`. */
  readonly reasoning: readonly string[];
  /** Samples that the log holds. */
  readonly samples: number;
  readonly epochs: number;
  readonly scorers: readonly string[];
}

export interface EvalSolver {
  readonly name: string;
  /** `multiple_choice` with `cot`. */
  readonly cot: boolean;
}

/** One sample of one epoch. */
export interface EvalSample {
  readonly id: string;
  readonly epoch: number;
  /** The question, cut to an excerpt. */
  readonly input: string;
  /** Hash of the whole question and its answer: the same in two logs only for the same item. */
  readonly inputHash: string;
  /** By scorer; null where the value is missing or no number can stand for it. */
  readonly scores: ReadonlyMap<string, number | null>;
  readonly error: string | null;
  /** The limit that ended it, such as `token`. */
  readonly limit: string | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Null where the log holds no transcript of the sample. */
  readonly signs: ThoughtSigns | null;
  /** Reasoning tokens as counted by the provider, which a summary has too. */
  readonly reasoningTokens: number;
}

/** What shows that a model could think out of sight, or in more than one pass. */
export interface ThoughtSigns {
  readonly reasoningBlocks: number;
  /** Of these, those whose text is withheld. */
  readonly redactedBlocks: number;
  /** `<think>` in plain text. */
  readonly thinkTags: number;
  readonly toolCalls: number;
  readonly assistantTurns: number;
}

export interface EvalMessage {
  readonly role: string;
  readonly parts: readonly { readonly kind: string; readonly text: string }[];
}

/** A transcript as it is shown; long ones are cut. */
export interface EvalTranscript {
  readonly id: string;
  readonly epoch: number;
  readonly target: string;
  readonly messages: readonly EvalMessage[];
  readonly scores: readonly {
    readonly scorer: string;
    readonly value: string;
    readonly explanation: string;
  }[];
  readonly error: string | null;
  readonly limit: string | null;
  readonly isCut: boolean;
}

/** An open log. */
export interface EvalLog {
  readonly path: string;
  readonly header: EvalHeader;
  /** In the order of the file; `limits` and errors name file and place. */
  samples(): Generator<EvalSample>;
  /** @throws AppError `not-found` where the log holds no such sample. */
  transcript(id: string, epoch: number): EvalTranscript;
  close(): void;
}
