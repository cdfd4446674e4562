/** As `expectedErrors`, for the hosts that speak OpenAI's wire. */
export const hostErrors: Readonly<Record<string, string | readonly string[]>> = {
  'chatgpt-backend-error-a012931e32f6': 'AuthenticationError',

  'doubleword-error-64e1e812ce55': 'NotFoundError',
  'doubleword-error-6f9b81da850d': 'BadRequestError',
  'doubleword-error-9fe2d9ff46dc': 'BadRequestError',
  'doubleword-error-a24c338fb252': 'PermissionDeniedError',
  'doubleword-error-e31de97a3611': 'NotFoundError',

  // a page of GitHub's, in plain text
  'github-models-error-e3378b364092': 'RateLimitError',

  'gpustack-error-c6b5fa7ff12a': 'AuthenticationError',

  'huggingface-error-04b9bac6e49b': 'AuthenticationError',
  'huggingface-error-2197209a60cf': 'UnprocessableEntityError',
  // a base model, which has no chat template
  'huggingface-error-65b15dfc18fd': 'UnprocessableEntityError',
  'huggingface-error-80406613cb50': 'UnprocessableEntityError',
  'huggingface-error-84e592d81403': 'BadRequestError',
  'huggingface-error-9db8cdc93068': 'ContextWindowExceededError',
  'huggingface-error-d699c3bf2758': 'UnprocessableEntityError',

  // 400: "Only … allowed now, your model …"
  'hyperbolic-error-f3d650bb1c24': 'NotFoundError',

  'mistral-error-1713a13edce6': 'BadRequestError',
  'mistral-error-6ec830a8d715': 'AuthenticationError',
  'mistral-error-70a70ec0c3bd': 'BadRequestError',
  'mistral-error-80ebb27953ff': 'AuthenticationError',
  'mistral-error-aa08dfe7098a': 'BadRequestError',
  // 400 with the type invalid_model
  'mistral-error-b8555e547430': 'NotFoundError',
  'mistral-error-c928dd6f30fc': 'AuthenticationError',
  'mistral-error-cbdc6079060d': 'RateLimitError',
  'mistral-error-f1ba53acb4ca': 'NotFoundError',

  // too_many_prompt_tokens
  'perplexity-error-d16f4f95f77d': 'ContextWindowExceededError',
  'perplexity-error-ebf9d1d987a4': 'AuthenticationError',

  'together-error-b4eba59550e0': 'AuthenticationError',
  'venice-error-74e463601c24': 'NotFoundError',
  // 400 without a code, whose text says that there is no such model
  'voyage-error-e974b2e7ab0c': 'NotFoundError',
}
