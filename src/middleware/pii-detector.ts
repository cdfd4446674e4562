import { BadRequestError } from '../errors.js'

/** Personal data in a text. */
export interface Detection {
  /** Kind of the data, such as `EMAIL`: part of the placeholder. */
  readonly type: string
  /** The data, as it is in the text. */
  readonly value: string
}

/** Finds personal data: one of your own, a call to a service, or an `OpenRedaction` of `@openredaction/core`. */
export interface PIIDetector {
  /** Finds the data in a text. */
  detect(
    text: string,
  ): { readonly detections: readonly Detection[] } | Promise<{ readonly detections: readonly Detection[] }>
}

/** A pattern of `@openredaction/core`. */
interface Pattern {
  readonly type: string
  readonly regex: RegExp
  readonly validator?: (match: string, context: string) => boolean
}

const defaultTypes = [
  ...['EMAIL', 'PHONE_INTERNATIONAL', 'PHONE_US', 'PHONE_UK', 'PHONE_UK_MOBILE', 'CREDIT_CARD', 'IBAN', 'SSN'],
  ...['NATIONAL_INSURANCE_UK', 'NHS_NUMBER', 'OPENAI_API_KEY', 'AWS_ACCESS_KEY', 'GITHUB_TOKEN', 'STRIPE_API_KEY'],
]

/** Numbers with their country. The pattern of the package wants a letter or a digit in front of the plus sign. */
const international: Pattern = { type: 'PHONE', regex: /(?<![\w+])\+\d[\d\s().-]{6,18}\d\b/g }

/**
 * Patterns and checksums of `@openredaction/core`. Its rules about the text around a match are not used: they leave out real data beside
 * words such as 'example' or 'order'.
 * @throws {BadRequestError} if the package is not installed, or has no such pattern
 */
export async function loadDetector(types: readonly string[] = defaultTypes): Promise<PIIDetector> {
  const all = await loadPatterns()
  const patterns = types.map((type) => {
    if (type === 'PHONE_INTERNATIONAL') return international
    const found = all.find((one) => one.type === type)
    if (!found) throw new BadRequestError(`Unknown pattern '${type}' of '@openredaction/core'. See its allPatterns.`)
    return found
  })
  return {
    detect(text) {
      const detections: Detection[] = []
      for (const { type, regex, validator } of patterns) {
        const isPhone = type.startsWith('PHONE')
        const search = new RegExp(regex, regex.flags.includes('g') ? regex.flags : `${regex.flags}g`)
        for (let match = search.exec(text); match; match = search.exec(text)) {
          const value = match[1] ?? match[0]
          if (validator && !validator(value, match[0])) {
            // a number in front of the data may have been taken for its beginning
            search.lastIndex = match.index + 1
            continue
          }
          // digits alone are rather an id
          if (isPhone && /^\d+$/.test(value)) continue
          detections.push({ type: isPhone ? 'PHONE' : type, value })
        }
      }
      return { detections }
    },
  }
}

async function loadPatterns(): Promise<readonly Pattern[]> {
  try {
    const { allPatterns } = await import('@openredaction/core')
    return allPatterns
  } catch (error) {
    throw new BadRequestError(
      "maskPII() needs a 'detector', or the package '@openredaction/core': npm install @openredaction/core.",
      { cause: error },
    )
  }
}
