import { BadRequestError } from '../../src/errors.js'

/**
 * A model's name as one segment of a path.
 * @throws {BadRequestError} for `.` and `..`, which URL parsers resolve even if they are encoded
 */
export function encodeSegment(name: string, provider: string): string {
  if (name !== '.' && name !== '..') return encodeURIComponent(name)
  throw new BadRequestError(`'model' must not contain the path segment '${name}'.`, { provider, param: 'model' })
}

/** A model's name as one segment or more, of which none leaves the path. @throws {BadRequestError} */
export const encodeSegments = (name: string, provider: string): string =>
  name
    .split('/')
    .map((segment) => encodeSegment(segment, provider))
    .join('/')
