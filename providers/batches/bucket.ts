import { BadRequestError, got } from '../../src/errors.js'

/** Objects in buckets: `s3://bucket/key`, `gs://bucket/key`. */

export interface BucketObject {
  readonly bucket: string
  /** Empty for the bucket itself; without a slash at its end. */
  readonly key: string
}

/** @throws {BadRequestError} if it is no such URI */
export function bucketObject(uri: unknown, scheme: 's3' | 'gs', param: string, provider: string): BucketObject {
  const found =
    typeof uri === 'string' ? /^(s3|gs):\/\/([a-z0-9][a-z0-9._-]{1,220}[a-z0-9])(?:\/(.*?))?\/?$/.exec(uri) : null
  if (found?.[1] === scheme && !/(?:^|\/)\.{1,2}(?:\/|$)/.test(found[3] ?? '')) {
    return { bucket: found[2] ?? '', key: found[3] ?? '' }
  }
  throw new BadRequestError(`'${param}' must be '${scheme}://bucket/folder' for ${provider}; ${got(uri)}.`, { param })
}

export const under = ({ bucket, key }: BucketObject, name: string): BucketObject => ({
  bucket,
  key: key === '' ? name : `${key}/${name}`,
})

/** Everything but letters, digits and `-._~`, as signatures need it. */
export const strict = (part: string): string =>
  encodeURIComponent(part).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)

export const nameIn = (key: string): string => key.slice(key.lastIndexOf('/') + 1)
