import { BadRequestError } from '../errors.js'

/**
 * Looks at the names in the options of a function such as `memoryCache()`.
 * @param param of the error. @default the name that is not known
 * @throws {BadRequestError} where they are no object, or one is not known
 */
export function checkNames(maker: string, options: unknown, known: readonly string[], param?: string): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new BadRequestError(`${maker}() takes an object of options: ${known.join(', ')}.`, { param })
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue
    throw new BadRequestError(`${maker}() has no option '${name}'. It has ${known.join(', ')}.`, {
      param: param ?? name,
    })
  }
}
