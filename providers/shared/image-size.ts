import { base64 } from '../../src/platform/index.js'
import type { Upload } from './media-dialects.js'

/** Width and height of a size such as `1536x1024`. */
export function dimensionsOf(size: string): readonly [width: number, height: number] | undefined {
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(size) ?? []
  return width === undefined || height === undefined ? undefined : [Number(width), Number(height)]
}

/** The nearest aspect ratio of a size such as `1536x1024`, or the ratio itself. */
export function aspectRatio(size: string, known: readonly string[]): string | undefined {
  if (known.includes(size)) return size
  const [width, height] = dimensionsOf(size) ?? []
  if (width === undefined || height === undefined) return undefined
  const wanted = Math.log(width / height)
  const distance = (ratio: string) => {
    const [across = 1, down = 1] = ratio.split(':').map(Number)
    return Math.abs(Math.log(across / down) - wanted)
  }
  return [...known].sort((one, other) => distance(one) - distance(other))[0]
}

/** An image in the body of a request. */
export const dataUri = ({ type, data }: Upload): string => `data:${type};base64,${base64(data)}`

/** The content of a data URI, or base64 as it is. */
export const contentOf = (text: string): string => text.replace(/^data:[^,]{0,100};base64,/, '')
