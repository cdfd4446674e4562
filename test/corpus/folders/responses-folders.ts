const both = ['responses', 'responses-stream'] as const

/** Folders of the corpus with the Responses API, whoever speaks it; and OpenAI's moderation. */
const folders: Readonly<Record<string, readonly string[]>> = {
  openai: [...both, 'moderation'],
  azure: both,
  bedrock: both,
  'chatgpt-backend': ['responses-stream'],
  deepseek: both,
  'github-copilot': both,
  llamacpp: ['responses'],
  mistralrs: ['responses'],
  openrouter: both,
  xai: both,
}

/** Adds them to what is replayed. */
export const withResponses = (
  replayed: Readonly<Record<string, readonly string[]>>,
): Record<string, readonly string[]> => {
  const all: Record<string, readonly string[]> = { ...replayed }
  for (const [folder, operations] of Object.entries(folders)) all[folder] = [...(all[folder] ?? []), ...operations]
  return all
}
