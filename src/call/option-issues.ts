import { BadRequestError, shortened } from '../errors.js'
import { closestName } from '../suggest.js'

/** Errors for wrong options, for calls, clients and Routers alike. */

/** @param path of the wrong option, such as `modelList[0].params.rpm`. The error's `param` is `modelList.0.params.rpm`. */
export const optionError = (message: string, path: string | undefined): BadRequestError =>
  new BadRequestError(message, { param: path?.replaceAll(/\[(\d+)\]/g, '.$1') })

/** `modelList[0].params.rpm`. */
export const showPath = (path: readonly PropertyKey[]): string =>
  path
    .map((key, at) =>
      /^\d+$/.test(String(key)) ? `[${String(key)}]` : `${at > 0 ? '.' : ''}${shortened(String(key))}`,
    )
    .join('')

/** ` Did you mean 'x'?`, or the known names if none is close. */
export const suggestion = (name: string, known: readonly string[], label = 'Known options'): string => {
  const closest = closestName(name, known)
  return closest ? `Did you mean '${closest}'?` : `${label}: ${known.join(', ')}.`
}
