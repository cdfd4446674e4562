/** A file downloaded for a provider that accepts inline data only. */
export interface Media {
  /** Media type in lower case. */
  readonly type: string
  /** Content in base64. */
  readonly data: string
}
