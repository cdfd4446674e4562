import { hostErrors } from './errors-hosts.js'
import { nativeErrors } from './errors-native.js'

/**
 * The class that each recorded error must become, set down by hand from its status and body. Two classes where the body
 * says one thing and the status another, and both are true.
 */
export const expectedErrors: Readonly<Record<string, string | readonly string[]>> = {
  // an image URL that the provider could not fetch
  'openai-error-0dfc27143613': 'ImageFetchError',
  // 404 without a code, whose text says that the model has no tools
  'openai-error-1c045c3c7949': ['BadRequestError', 'NotFoundError'],
  'openai-error-1c3d020192cc': 'AuthenticationError',
  'openai-error-1c6bb259ff4a': 'NotFoundError',
  'openai-error-1fb12527ed14': 'BadRequestError',
  'openai-error-20ee9846fec3': 'BadRequestError',
  'openai-error-216b868cc43a': 'BadRequestError',
  'openai-error-2476c2c0be53': 'PermissionDeniedError',
  'openai-error-25a7b4c714df': 'BadRequestError',
  'openai-error-2d8571ad4955': 'BadRequestError',
  'openai-error-31c257c9e2be': 'BadRequestError',
  'openai-error-33848012dd33': 'BadRequestError',
  'openai-error-36c4be217281': 'AuthenticationError',
  'openai-error-3e5cfae47678': 'BadRequestError',
  'openai-error-4b39941fd5d4': 'BadRequestError',
  'openai-error-527642c25958': 'BadRequestError',
  'openai-error-599b14efc53c': 'AuthenticationError',
  'openai-error-60aeaba70af9': 'BadRequestError',
  'openai-error-63faf5dd3f43': 'AuthenticationError',
  'openai-error-6a069da770ba': 'BadRequestError',
  // "Request too large … tokens per min": a limit of the account, not of the model's window
  'openai-error-6efa83f3dafb': 'ContextWindowExceededError',
  'openai-error-709329e8d755': 'BadRequestError',
  'openai-error-724142af593e': 'NotFoundError',
  'openai-error-772469218980': 'BadRequestError',
  'openai-error-8ae2a278d331': 'PermissionDeniedError',
  // the image was had, and is of no known kind
  'openai-error-91f8d68c81c3': 'BadRequestError',
  'openai-error-959aa13901f6': 'AuthenticationError',
  'openai-error-b128b9035d60': 'NotFoundError',
  // the code says model_not_found, whatever the status
  'openai-error-b412e50f9a1a': 'NotFoundError',
  'openai-error-bdd3eb3b6608': 'NotFoundError',
  'openai-error-c19498c95194': 'BadRequestError',
  'openai-error-d25e13431dff': 'BadRequestError',
  'openai-error-d2b41dda884a': 'AuthenticationError',
  'openai-error-d3e1202acb15': 'NotFoundError',
  'openai-error-d49769c45369': 'NotFoundError',
  'openai-error-d7caa2572b0b': 'AuthenticationError',
  'openai-error-d8ff10c32b0e': 'BadRequestError',
  'openai-error-e93acd465712': 'NotFoundError',
  'openai-error-f83190986c7d': 'NotFoundError',
  'openai-error-f835e6084704': 'PermissionDeniedError',

  'azure-error-196f125fc47f': 'ImageFetchError',
  'azure-error-3cdb3ab858ce': 'NotFoundError',
  'azure-error-9eb5cbe7e31c': 'AuthenticationError',
  'azure-error-a262e8609835': 'NotFoundError',
  'azure-error-beebfaae0dd6': 'ImageFetchError',
  'azure-error-c17c517a963c': 'NotFoundError',
  'azure-error-fbc92c664e6c': 'TimeoutError',

  'anthropic-error-03bc2a49c85f': 'AuthenticationError',
  'anthropic-error-13b212f9661a': 'BadRequestError',
  'anthropic-error-14bf3af59e77': 'NotFoundError',
  'anthropic-error-27d84d05898e': 'AuthenticationError',
  'anthropic-error-4254b015e487': 'ServiceUnavailableError',
  'anthropic-error-49a769f7650e': 'BadRequestError',
  'anthropic-error-50bf3d230087': 'ImageFetchError',
  'anthropic-error-58f896813ca0': 'BadRequestError',
  'anthropic-error-67eb6c3f7a64': 'AuthenticationError',
  'anthropic-error-85d02a651d21': 'NotFoundError',
  'anthropic-error-87835187eebb': 'AuthenticationError',
  'anthropic-error-8d5be1b4b899': 'NotFoundError',
  'anthropic-error-b686e34f73f2': 'BadRequestError',
  'anthropic-error-b7f5142e1d09': 'NotFoundError',
  'anthropic-error-d57c3829e7a3': 'AuthenticationError',
  'anthropic-error-e9e4cebaa75e': 'NotFoundError',

  'openrouter-error-02733f9c1f37': 'BadRequestError',
  'openrouter-error-0967f3f952ce': 'ContextWindowExceededError',
  'openrouter-error-0a4026fa61fd': 'NotFoundError',
  'openrouter-error-12ac3a9e75be': 'NotFoundError',
  'openrouter-error-22575d0133f4': 'NotFoundError',
  'openrouter-error-239d661996cd': 'NotFoundError',
  'openrouter-error-24387c5c857d': 'BadRequestError',
  'openrouter-error-28af50714ae5': 'BadRequestError',
  'openrouter-error-3c2f4b10a190': 'RateLimitError',
  'openrouter-error-48dc3a8e88a2': 'AuthenticationError',
  'openrouter-error-4c1ecdab189f': 'RateLimitError',
  'openrouter-error-607124ebf7d5': 'NotFoundError',
  'openrouter-error-6b0d940256ae': 'ContextWindowExceededError',
  'openrouter-error-6e42b18f6541': 'RateLimitError',
  'openrouter-error-741dcea4b6c2': 'NotFoundError',
  // xAI's safety check, behind OpenRouter's 403
  'openrouter-error-78822eb3c836': 'ContentPolicyViolationError',
  'openrouter-error-790343e858ad': 'ContentPolicyViolationError',
  'openrouter-error-83454127d295': 'NotFoundError',
  'openrouter-error-8b46b69766aa': 'RateLimitError',
  'openrouter-error-91e54bff7827': 'AuthenticationError',
  'openrouter-error-a130a19e98ea': 'AuthenticationError',
  'openrouter-error-bfa61f6d1616': 'NotFoundError',
  'openrouter-error-cff042343dde': 'RateLimitError',
  'openrouter-error-e8860d7c2a08': 'NotFoundError',
  // 400 without a code, whose text says that there is no such model
  'openrouter-error-fe33a11e43ec': ['NotFoundError', 'BadRequestError'],
  // 200, with nothing but an error whose code is 502
  'openrouter-chat-7032d3de79e6': 'ServiceUnavailableError',
  'openrouter-chat-stream-4f86c9f33108': 'ServiceUnavailableError',

  'groq-error-01a58f9c7c82': 'BadRequestError',
  'groq-error-191f5bf81a90': 'BadRequestError',
  // model_decommissioned: what OpenAI calls model_not_found
  'groq-error-37b286f92d92': 'NotFoundError',
  'groq-error-3ec1a927bbe3': 'NotFoundError',
  'groq-error-51053648612a': 'AuthenticationError',
  'groq-error-511fd6061394': 'AuthenticationError',
  'groq-error-534d044ab3d4': 'NotFoundError',
  'groq-error-a44c4baa06e7': 'NotFoundError',
  'groq-error-d40de9afcbe9': 'NotFoundError',
  'groq-error-e3953e810e16': 'NotFoundError',
  'groq-error-e895acb0088a': 'AuthenticationError',
  'groq-error-ec19caabfdb8': 'AuthenticationError',
  // error events whose status_code is 400
  'groq-chat-stream-165dac928d97': 'BadRequestError',
  'groq-chat-stream-ae34bcdaf065': 'BadRequestError',

  'deepseek-error-120dbcceb173': 'BadRequestError',
  'deepseek-error-2b647a6f3963': 'AuthenticationError',
  'deepseek-error-410410a2d8bd': 'UnprocessableEntityError',
  'deepseek-error-475b7928a24c': 'BadRequestError',
  'deepseek-error-7d939c3610c7': 'BadRequestError',
  'deepseek-error-8096afbe1854': 'BadRequestError',
  'deepseek-error-90a33965f031': 'AuthenticationError',
  'deepseek-error-9a4f9b2dda05': 'BadRequestError',
  'deepseek-error-b6ba7167971f': 'BadRequestError',

  // xAI answers a wrong key with 400
  'xai-error-174589c34706': 'AuthenticationError',
  'xai-error-28da849d2582': 'NotFoundError',
  'xai-error-66e9b157eb86': 'BadRequestError',
  'xai-error-6eb02c2b42f4': 'NotFoundError',
  'xai-error-aa25f552ff12': 'AuthenticationError',
  'xai-error-cee1ea209c23': 'AuthenticationError',
  'xai-error-d3476deb52c6': 'NotFoundError',

  'llamacpp-error-63d419689034': 'ContextWindowExceededError',
  'llamacpp-error-77be9e5e08da': 'BadRequestError',
  // 501: this server was started without the feature, and no other try will change that
  'llamacpp-error-7b02056f6c77': 'BadRequestError',
  'llamacpp-error-8673b6303120': 'BadRequestError',
  'llamacpp-error-8b558cb4cd31': 'BadRequestError',
  // 500 for requests that are wrong: a model without vision, an image URL that can't be fetched, tools without a template
  'llamacpp-error-aefef5c203a8': 'BadRequestError',
  'llamacpp-error-d5c2fddc1d67': 'ImageFetchError',
  'llamacpp-error-d604d7c21e95': 'BadRequestError',

  ...hostErrors,
  ...nativeErrors,
}

export function fitsExpectedError(id: string, name: string): boolean {
  const expected = expectedErrors[id]
  return typeof expected === 'string' ? expected === name : (expected?.includes(name) ?? false)
}
