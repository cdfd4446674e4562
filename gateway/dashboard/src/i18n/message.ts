/** Values for the places of a message. */
export type Values = Readonly<Record<string, string | number>>

const place = /\{(\w+)(?:, plural, one \{([^{}]*)\} other \{([^{}]*)\})?\}/g

/**
 * Fills the places of a message: `{name}`, or `{count, plural, one {# key} other {# keys}}`.
 * Numbers are written in the language of the reader.
 */
export function fill(message: string, values: Values, locale: string): string {
  return message.replace(place, (whole, name: string, one: string | undefined, other: string | undefined) => {
    const value = values[name]
    if (value === undefined) return whole
    const shown = typeof value === 'number' ? rulesOf(locale).number.format(value) : value
    if (other === undefined) return shown
    const form = rulesOf(locale).plural.select(Number(value)) === 'one' ? (one ?? other) : other
    return form.replaceAll('#', shown)
  })
}

interface Rules {
  readonly number: Intl.NumberFormat
  readonly plural: Intl.PluralRules
}

const known = new Map<string, Rules>()

function rulesOf(locale: string): Rules {
  const found = known.get(locale) ?? { number: new Intl.NumberFormat(locale), plural: new Intl.PluralRules(locale) }
  known.set(locale, found)
  return found
}
