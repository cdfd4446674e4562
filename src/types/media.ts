/** A file that was fetched for a provider that takes it inline only. */
export interface Media {
  /** Media type, lower case. */
  readonly type: string
  /** base64 */
  readonly data: string
}
