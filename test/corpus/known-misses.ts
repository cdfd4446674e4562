/**
 * Recordings that llmux does not reproduce, each looked at, by group and id. A miss that is not here fails the suite, and so
 * does an entry here that passes.
 */
export const knownMisses: Readonly<Record<string, string>> = {}
