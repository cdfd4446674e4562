export type Group = 'answers' | 'streams' | 'embeddings' | 'rerank' | 'errors' | 'requests'

export const groups: readonly Group[] = ['answers', 'streams', 'embeddings', 'rerank', 'errors', 'requests']

/** How one recording did in one group. It passed where there is nothing wrong. */
export interface Outcome {
  readonly id: string
  readonly provider: string
  readonly group: Group
  readonly wrong: readonly string[]
}
