import { imageSize, type Size } from './image-size.js'
import { lookup } from './names.js'

/**
 * Cost of an image. `tiles`: a base plus a price per 512-pixel tile; `patches`: a price per 32-pixel patch; `area`:
 * pixels divided by a constant; `flat`: constant.
 */
export type ImageRule =
  | { readonly kind: 'tiles'; readonly base: number; readonly tile: number }
  | { readonly kind: 'patches'; readonly factor: number }
  | { readonly kind: 'area'; readonly divisor: number; readonly most: number }
  | { readonly kind: 'squares'; readonly each: number }
  | { readonly kind: 'flat'; readonly tokens: number }

/**
 * By model: https://platform.openai.com/docs/guides/images-vision#calculating-costs,
 * https://docs.anthropic.com/en/docs/build-with-claude/vision#calculate-image-costs,
 * https://ai.google.dev/gemini-api/docs/tokens#multimodal-tokens
 */
const rules: Readonly<Record<string, ImageRule>> = {
  'gpt-4o': { kind: 'tiles', base: 85, tile: 170 },
  'chatgpt-4o': { kind: 'tiles', base: 85, tile: 170 },
  'gpt-4.1': { kind: 'tiles', base: 85, tile: 170 },
  'gpt-4.5': { kind: 'tiles', base: 85, tile: 170 },
  'gpt-4': { kind: 'tiles', base: 85, tile: 170 },
  'gpt-4o-mini': { kind: 'tiles', base: 2833, tile: 5667 },
  'gpt-4.1-mini': { kind: 'patches', factor: 1.62 },
  'gpt-4.1-nano': { kind: 'patches', factor: 2.46 },
  o1: { kind: 'tiles', base: 75, tile: 150 },
  o3: { kind: 'tiles', base: 75, tile: 150 },
  'o4-mini': { kind: 'patches', factor: 1.72 },
  'gpt-5': { kind: 'tiles', base: 70, tile: 140 },
  'gpt-5-mini': { kind: 'patches', factor: 1.62 },
  'gpt-5-nano': { kind: 'patches', factor: 2.46 },
  claude: { kind: 'area', divisor: 750, most: 1600 },
  gemini: { kind: 'squares', each: 258 },
  'gemini-3': { kind: 'flat', tokens: 1120 },
  gemma: { kind: 'flat', tokens: 256 },
}

/** Default for providers without documented costs: GPT-4o's cost of a square image. */
const anyRule: ImageRule = { kind: 'tiles', base: 85, tile: 170 }

/** Assumed size of an image behind a URL, which is not downloaded. */
const ASSUMED: Size = { width: 1024, height: 1024 }

const PATCHES = 1536

export interface ImageTokens {
  readonly tokens: number
  /** Why the number is only an estimate. */
  readonly reason?: string
}

/** Tokens of an image, by its size and requested `detail`. Downloads nothing. */
export const imageTokens = (model: string, url: string, detail: string | undefined): ImageTokens => {
  const rule = lookup(rules, model)
  const size = imageSize(url)
  const tokens = Math.round(byRule(rule ?? anyRule, size ?? ASSUMED, detail))
  if (!rule) return { tokens, reason: 'an image, and how this model counts images is not known' }
  const sized = size !== undefined || rule.kind === 'flat' || (rule.kind === 'tiles' && detail === 'low')
  return sized ? { tokens } : { tokens, reason: 'an image of unknown size, taken for 1024 × 1024' }
}

const byRule = (rule: ImageRule, size: Size, detail: string | undefined): number => {
  switch (rule.kind) {
    case 'flat':
      return rule.tokens
    case 'tiles': {
      if (detail === 'low') return rule.base
      const { width, height } = shrink(shrink(size, 2048, 'long'), 768, 'short')
      return rule.base + rule.tile * Math.ceil(width / 512) * Math.ceil(height / 512)
    }
    case 'patches':
      return Math.min(patches(size), PATCHES) * rule.factor
    case 'area': {
      const { width, height } = shrink(size, 1568, 'long')
      return Math.min((width * height) / rule.divisor, rule.most)
    }
    case 'squares': {
      if (size.width <= 384 && size.height <= 384) return rule.each
      const unit = Math.min(768, Math.max(256, Math.floor(Math.min(size.width, size.height) / 1.5)))
      return rule.each * Math.ceil(size.width / unit) * Math.ceil(size.height / unit)
    }
  }
}

/** Scaled down, never up, until the long or the short side is no more than `limit`. */
const shrink = ({ width, height }: Size, limit: number, side: 'long' | 'short'): Size => {
  const now = side === 'long' ? Math.max(width, height) : Math.min(width, height)
  const scale = Math.min(1, limit / now)
  return { width: Math.round(width * scale), height: Math.round(height * scale) }
}

/** Above the budget the image is scaled so that whole patches fit it. */
const patches = ({ width, height }: Size): number => {
  const count = Math.ceil(width / 32) * Math.ceil(height / 32)
  if (count <= PATCHES) return count
  const ratio = Math.sqrt((PATCHES * 32 * 32) / (width * height))
  const across = (width * ratio) / 32
  const down = (height * ratio) / 32
  const exact = ratio * Math.min(Math.floor(across) / across, Math.floor(down) / down)
  return Math.ceil((width * exact) / 32 - 1e-9) * Math.ceil((height * exact) / 32 - 1e-9)
}
