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
    const shown = typeof value === 'number' ? new Intl.NumberFormat(locale).format(value) : value
    if (other === undefined) return shown
    const form = new Intl.PluralRules(locale).select(Number(value)) === 'one' ? (one ?? other) : other
    return form.replaceAll('#', shown)
  })
}
