/** Questions to W&B's GraphQL server, each with no more fields than are shown or kept. */

export const projectsQuery = `
query Projects($entity: String!, $cursor: String, $count: Int!) {
  models(entityName: $entity, after: $cursor, first: $count) {
    edges { node { name description createdAt } }
    pageInfo { endCursor hasNextPage }
  }
}`;

export const runsQuery = `
query Runs($entity: String!, $project: String!, $cursor: String, $count: Int!) {
  project(name: $project, entityName: $entity) {
    runs(after: $cursor, first: $count, order: "-created_at") {
      edges { node { name displayName state createdAt group } }
      pageInfo { endCursor hasNextPage }
    }
  }
}`;

export const runQuery = `
query Run($entity: String!, $project: String!, $run: String!) {
  project(name: $project, entityName: $entity) {
    run(name: $run) { name displayName state createdAt heartbeatAt config summaryMetrics historyKeys }
  }
}`;

export const filesQuery = `
query Files($entity: String!, $project: String!, $run: String!, $cursor: String, $count: Int!) {
  project(name: $project, entityName: $entity) {
    run(name: $run) {
      files(after: $cursor, first: $count) {
        edges { node { name url(upload: false) directUrl sizeBytes md5 updatedAt } }
        pageInfo { endCursor hasNextPage }
      }
    }
  }
}`;

export const historyQuery = `
query History($entity: String!, $project: String!, $run: String!, $from: Int64!, $to: Int64!, $count: Int!) {
  project(name: $project, entityName: $entity) {
    run(name: $run) { history(minStep: $from, maxStep: $to, samples: $count) }
  }
}`;

export const sampledHistoryQuery = `
query SampledHistory($entity: String!, $project: String!, $run: String!, $specs: [JSONString!]!) {
  project(name: $project, entityName: $entity) {
    run(name: $run) { sampledHistory(specs: $specs) }
  }
}`;
