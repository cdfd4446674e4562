/** Text in tool results only, `system` for `developer`, `max_tokens`: what the plainer hosts have in common. */
export const plain = { maxTokens: 'max_tokens', developerAsSystem: true, mediaInToolResults: false } as const
