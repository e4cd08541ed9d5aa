import * as v from 'valibot';

const text = v.nullish(v.string(), null);

/** A page of a GraphQL connection. */
function connection<S extends v.GenericSchema>(node: S) {
  return v.object({
    edges: v.array(v.object({ node })),
    pageInfo: v.object({ endCursor: text, hasNextPage: v.boolean() }),
  });
}

/** Answer about a run; null where project or run is not there or not to be seen. */
export function aboutRun<S extends v.GenericSchema>(run: S) {
  return v.object({ project: v.nullable(v.object({ run: v.nullable(run) })) });
}

export const graphqlAnswer = v.object({
  data: v.nullish(v.unknown(), null),
  errors: v.optional(v.array(v.object({ message: v.optional(v.string(), '') })), []),
});

export const projectsAnswer = v.object({
  models: v.nullable(
    connection(v.object({ name: v.string(), description: text, createdAt: text })),
  ),
});

export const runsAnswer = v.object({
  project: v.nullable(
    v.object({
      runs: connection(
        v.object({
          name: v.string(),
          displayName: text,
          state: text,
          createdAt: text,
          group: text,
        }),
      ),
    }),
  ),
});

export const runAnswer = aboutRun(
  v.object({
    name: v.string(),
    displayName: text,
    state: text,
    createdAt: text,
    heartbeatAt: text,
    config: text,
    summaryMetrics: text,
    historyKeys: v.nullish(
      v.object({
        lastStep: v.nullish(v.number(), null),
        keys: v.nullish(v.record(v.string(), v.unknown()), {}),
      }),
      null,
    ),
  }),
);

export const wandbFile = v.object({
  name: v.string(),
  url: text,
  directUrl: text,
  /** Some servers write numbers of 64 bits as text. */
  sizeBytes: v.nullish(
    v.pipe(
      v.union([v.number(), v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number))]),
      v.safeInteger(),
      v.minValue(0),
    ),
    null,
  ),
  md5: text,
  updatedAt: text,
});
export type WandbFile = v.InferOutput<typeof wandbFile>;

export const filesAnswer = aboutRun(v.object({ files: v.nullable(connection(wandbFile)) }));
export const historyAnswer = aboutRun(v.object({ history: v.nullable(v.array(v.string())) }));
export const sampledHistoryAnswer = aboutRun(
  v.object({ sampledHistory: v.array(v.array(v.record(v.string(), v.unknown()))) }),
);
