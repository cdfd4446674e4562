import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ErrorKind } from '../../../providers/contract.js'
import { openai } from '../../../providers/dialects/openai/index.js'
import { type Body, freeze } from './helpers.js'

const facts = (status: number, body: unknown) =>
  openai.error({
    status,
    body: typeof body === 'string' ? undefined : freeze(body),
    text: typeof body === 'string' ? body : (JSON.stringify(body) ?? ''),
  })

const error = (message: string, code: unknown = null, type: unknown = 'invalid_request_error', more: Body = {}) => ({
  error: { message, type, param: null, code, ...more },
})

type Row = readonly [status: number, body: unknown, kind: ErrorKind]

// Bodies of our own. A row without a page has a shape and words seen in recordings.
const families: Record<string, readonly Row[]> = {
  'limits that no wait removes': [
    [
      429,
      error('Request too large on tokens per min (TPM): Limit 1000, Requested 2000.', 'rate_limit_exceeded', 'tokens'),
      'context_window_exceeded',
    ],
    [
      429,
      error(
        'Rate limit reached on tokens per min (TPM): Limit 3000, Used 2900, Requested 2000. Please try again in 2s.',
        'rate_limit_exceeded',
        'tokens',
      ),
      'rate_limit',
    ],
    [429, error('Rate limit exceeded: free-models-per-day. Add credits.', 429), 'quota_exceeded'],
    [429, error('Rate limit exceeded: free-models-per-min. ', 429), 'rate_limit'],
    [
      429,
      error(
        'Rate limit reached on requests per day (RPD): Limit 200, Used 200, Requested 1. Please try again in 7m12s.',
        'rate_limit_exceeded',
      ),
      'rate_limit',
    ],
    [
      403,
      { code: 'permission', error: "Your newly created team doesn't have any credits or licenses yet." },
      'quota_exceeded',
    ],
    [403, { code: 'permission', error: 'The API key is not allowed to use this model.' }, 'permission_denied'],
  ],
  'words of single hosts': [
    [400, error('Your request exceeded model token limit: 1000'), 'context_window_exceeded'],
    [400, error('Range of input length should be [1, 1000]', 'invalid_parameter_error'), 'context_window_exceeded'],
    [
      413,
      error('Request too large on tokens per minute (TPM): Limit 1000, Requested 2000, please reduce it.', 'limit'),
      'context_window_exceeded',
    ],
    [400, error('some/model is not a valid model ID', 400), 'not_found'],
    [400, error("The model 'some/model' is not supported by any provider you have enabled."), 'not_found'],
    [400, error('Potentially unsafe or sensitive content in the input.', '1301'), 'content_policy_violation'],
    [400, error('Make sure your account is in good standing.', 'Arrearage'), 'quota_exceeded'],
    [412, error('The account is suspended, as it reached its monthly spending limit.'), 'quota_exceeded'],
    [403, { error_code: '403', message: 'Invalid access token.' }, 'authentication'],
  ],
  'words of 2026': [
    [
      400,
      {
        code: 'invalid argument',
        error: "This model's maximum prompt length is 100 but the request contains 200 tokens.",
      },
      'context_window_exceeded',
    ],
    // Z.ai's code 1261: https://docs.z.ai/api-reference/api-code
    [400, error('Prompt exceeds max length', '1261'), 'context_window_exceeded'],
    [400, error('Stopped.', 'misalignment_policy_violation'), 'content_policy_violation'],
    [200, error('Too Many Requests', 'too_many_requests', 'too_many_requests'), 'rate_limit'],
    [
      400,
      error('/chat/completions: Invalid model name passed in model=x. Call `/v1/models` to view models.', '400'),
      'not_found',
    ],
  ],
  // https://platform.openai.com/docs/guides/error-codes for what is not recorded: 429, 500, 503
  OpenAI: [
    [401, error('Incorrect API key provided: sk-x.', 'invalid_api_key'), 'authentication'],
    [403, error('You are not allowed to sample from this model'), 'permission_denied'],
    [
      403,
      error('Country, region, or territory not supported', 'unsupported_country_region_territory', 'request_forbidden'),
      'permission_denied',
    ],
    [404, error('The model `x` does not exist or you do not have access to it.', 'model_not_found'), 'not_found'],
    [
      400,
      error("The requested model 'x' does not exist.", 'model_not_found', undefined, { param: 'model' }),
      'not_found',
    ],
    [404, error('tools is not supported in this model. For a list of supported models, see the guide.'), 'bad_request'],
    [400, error("Invalid 'temperature': decimal below minimum value.", 'decimal_below_min_value'), 'bad_request'],
    [
      400,
      error("Unsupported parameter: 'stop' is not supported with this model.", 'unsupported_parameter'),
      'bad_request',
    ],
    [
      400,
      error(
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
        'context_length_exceeded',
      ),
      'context_window_exceeded',
    ],
    [400, error('Your input exceeds the context window of this model.'), 'context_window_exceeded'],
    [
      400,
      error(
        "Invalid 'messages[0].content': string too long. Expected a string with maximum length 10485760.",
        'string_above_max_length',
        undefined,
        { param: 'messages[0].content' },
      ),
      'context_window_exceeded',
    ],
    [
      400,
      error(
        "Invalid 'user': string too long. Expected a string with maximum length 512.",
        'string_above_max_length',
        undefined,
        { param: 'user' },
      ),
      'bad_request',
    ],
    [400, error('Error while downloading https://example.com/a.png.', 'invalid_image_url'), 'image_fetch'],
    [400, error('You uploaded an unsupported image.', 'invalid_image_format'), 'bad_request'],
    [
      400,
      error('Your request was rejected as a result of our safety system.', 'content_policy_violation'),
      'content_policy_violation',
    ],
    [
      400,
      error('Invalid prompt: your prompt was flagged as potentially violating our usage policy.', 'invalid_prompt'),
      'content_policy_violation',
    ],
    [
      429,
      error(
        'Rate limit reached for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000.',
        'rate_limit_exceeded',
        'tokens',
      ),
      'rate_limit',
    ],
    [
      429,
      error(
        'Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 50000.',
        'rate_limit_exceeded',
        'tokens',
      ),
      'context_window_exceeded',
    ],
    [
      429,
      error(
        'You exceeded your current quota, please check your plan and billing details.',
        'insufficient_quota',
        'insufficient_quota',
      ),
      'quota_exceeded',
    ],
    [
      429,
      error('Your account is not active, please check your billing details.', 'billing_not_active'),
      'quota_exceeded',
    ],
    [500, error('The server had an error while processing your request.', null, 'server_error'), 'internal_server'],
    [503, error('The engine is currently overloaded, please try again later.', null, 'server_error'), 'overloaded'],
    [502, '<html><head><title>502 Bad Gateway</title></head></html>', 'service_unavailable'],
  ],
  // https://learn.microsoft.com/azure/ai-services/openai/concepts/content-filter for the filter, …/quotas-limits for 429
  Azure: [
    [
      401,
      { error: { code: '401', message: 'Access denied due to invalid subscription key or wrong API endpoint.' } },
      'authentication',
    ],
    [
      404,
      { error: { code: 'DeploymentNotFound', message: 'The API deployment for this resource does not exist.' } },
      'not_found',
    ],
    [404, { error: { code: '404', message: 'Resource not found' } }, 'not_found'],
    [400, error('The provided image url is not accessible.', 'BadRequest', null), 'image_fetch'],
    [400, error('The provided image url can not be accessed. status code: 404.', 'BadRequest', null), 'image_fetch'],
    [
      400,
      error(
        "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
        'content_filter',
        null,
        { innererror: { code: 'ResponsibleAIPolicyViolation' } },
      ),
      'content_policy_violation',
    ],
    [
      400,
      error('Blocked.', 'bad', null, { innererror: { code: 'ResponsibleAIPolicyViolation' } }),
      'content_policy_violation',
    ],
    [408, 'upstream request timeout', 'timeout'],
    [
      429,
      {
        error: {
          code: '429',
          message:
            'Requests to the ChatCompletions_Create Operation have exceeded call rate limit. Please retry after 26 seconds.',
        },
      },
      'rate_limit',
    ],
  ],
  OpenRouter: [
    [401, { error: { message: 'No auth credentials found', code: 401 } }, 'authentication'],
    [404, { error: { message: 'No endpoints found for acme/x:free.', code: 404 } }, 'not_found'],
    [400, { error: { message: 'Model acme/x does not exist', code: 400 } }, 'not_found'],
    [
      400,
      {
        error: {
          message:
            "This endpoint's maximum context length is 200000 tokens. However, you requested about 2500021 tokens.",
          code: 400,
        },
      },
      'context_window_exceeded',
    ],
    [429, { error: { message: 'Rate limit exceeded: free-models-per-min. ', code: 429 } }, 'rate_limit'],
    [
      429,
      {
        error: {
          message: 'Provider returned error',
          code: 429,
          metadata: { raw: 'acme/x is temporarily rate-limited upstream.' },
        },
      },
      'rate_limit',
    ],
    [
      400,
      {
        error: {
          message: 'Provider returned error',
          code: 400,
          metadata: { raw: '{"error":{"message":"too big","code":"context_length_exceeded"}}' },
        },
      },
      'context_window_exceeded',
    ],
    [
      403,
      {
        error: {
          message: 'Provider returned error',
          code: 403,
          metadata: { raw: '{"code":"no","error":"Content violates usage guidelines."}' },
        },
      },
      'content_policy_violation',
    ],
    [200, { error: { message: 'Upstream error from Venice', code: 502 } }, 'service_unavailable'],
    // https://openrouter.ai/docs/api-reference/errors
    [402, { error: { message: 'Insufficient credits. Add more.', code: 402 } }, 'quota_exceeded'],
    [
      403,
      { error: { message: 'acme/x requires moderation on Acme. Your input was flagged for "violence".', code: 403 } },
      'content_policy_violation',
    ],
    [408, { error: { message: 'Timed out', code: 408 } }, 'timeout'],
  ],
  Groq: [
    [
      401,
      { error: { message: 'Invalid API Key', type: 'invalid_request_error', code: 'invalid_api_key' } },
      'authentication',
    ],
    [
      400,
      error('The model `x` has been decommissioned and is no longer supported.', 'model_decommissioned'),
      'not_found',
    ],
    [400, error('Tool call validation failed', 'tool_use_failed'), 'bad_request'],
    [200, error('Tool call validation failed', 'tool_use_failed', undefined, { status_code: 400 }), 'bad_request'],
    // https://console.groq.com/docs/errors and …/rate-limits
    [
      429,
      error(
        'Rate limit reached for model `x` on tokens per minute (TPM): Limit 6000. Please try again in 7.66s.',
        'rate_limit_exceeded',
        'tokens',
      ),
      'rate_limit',
    ],
    [
      413,
      error(
        'Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 9000',
        'rate_limit_exceeded',
        'tokens',
      ),
      'context_window_exceeded',
    ],
    [498, error('No room in the flex tier'), 'overloaded'],
  ],
  DeepSeek: [
    [
      401,
      error('Authentication Fails, Your api key: ****x is invalid', 'invalid_request_error', 'authentication_error'),
      'authentication',
    ],
    [400, error('Thinking mode does not support this tool_choice', 'invalid_request_error'), 'bad_request'],
    [422, 'Failed to deserialize the JSON body into the target type: messages[0]: x', 'unprocessable_entity'],
    // https://api-docs.deepseek.com/quick_start/error_codes
    [402, error('Insufficient Balance', 'invalid_request_error', 'unknown_error'), 'quota_exceeded'],
    [503, error('Server overloaded', null, 'server_error'), 'overloaded'],
  ],
  xAI: [
    [
      400,
      { code: 'Client specified an invalid argument', error: 'Incorrect API key provided: in***ey.' },
      'authentication',
    ],
    [
      404,
      { code: 'Some requested entity was not found', error: 'The model x was deprecated and is no longer accessible.' },
      'not_found',
    ],
    [
      400,
      { code: 'Client specified an invalid argument', error: 'Model x does not support parameter reasoningEffort.' },
      'bad_request',
    ],
    [
      403,
      { code: 'The caller does not have permission', error: 'Content violates usage guidelines.' },
      'content_policy_violation',
    ],
  ],
  'llama.cpp': [
    [
      400,
      error(
        'request (2009 tokens) exceeds the available context size (512 tokens), try increasing it',
        400,
        'exceed_context_size_error',
      ),
      'context_window_exceeded',
    ],
    [
      501,
      error('This server does not support embeddings. Start it with `--embeddings`', 501, 'not_supported_error'),
      'bad_request',
    ],
    [
      500,
      error('image input is not supported - hint: you may need to provide the mmproj', 500, 'server_error'),
      'bad_request',
    ],
    [500, error('tools param requires --jinja flag', 500, 'server_error'), 'bad_request'],
    [500, error('error: cannot make GET request', 500, 'server_error'), 'image_fetch'],
    // https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md
    [503, error('Loading model', 503, 'unavailable_error'), 'service_unavailable'],
  ],
  // https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html
  vLLM: [
    [
      404,
      { object: 'error', message: 'The model `x` does not exist.', type: 'NotFoundError', param: 'model', code: 404 },
      'not_found',
    ],
    [
      400,
      {
        object: 'error',
        message: "This model's maximum context length is 4096 tokens.",
        type: 'BadRequestError',
        param: null,
        code: 400,
      },
      'context_window_exceeded',
    ],
    [
      400,
      error("This model's maximum context length is 4096 tokens.", 400, 'BadRequestError'),
      'context_window_exceeded',
    ],
    [401, { error: 'Unauthorized' }, 'authentication'],
    [200, { object: 'error', message: 'EngineCore died', type: 'InternalServerError', code: 500 }, 'internal_server'],
  ],
  TGI: [
    [
      422,
      {
        error: 'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 1512. Given: 2',
        error_type: 'validation',
      },
      'context_window_exceeded',
    ],
    [422, { error: 'Template error: template not found', error_type: 'template_error' }, 'unprocessable_entity'],
    // https://huggingface.co/docs/text-generation-inference
    [429, { error: 'Model is overloaded', error_type: 'overloaded' }, 'overloaded'],
    [401, { error: 'Invalid username or password.' }, 'authentication'],
  ],
  Mistral: [
    [401, { detail: 'Unauthorized' }, 'authentication'],
    [
      400,
      { object: 'error', message: 'Invalid model: x', type: 'invalid_model', param: null, code: '1500' },
      'not_found',
    ],
    [
      400,
      {
        object: 'error',
        message: 'Logprobs are not enabled for this model',
        type: 'invalid_request_invalid_args',
        code: '3051',
      },
      'bad_request',
    ],
    [
      429,
      { object: 'error', message: 'Rate limit exceeded', type: 'rate_limited', param: null, code: '1300' },
      'rate_limit',
    ],
    // https://docs.mistral.ai/api: FastAPI's list of what is wrong where
    [422, { detail: [{ loc: ['body', 'n'], msg: 'Input should be 1' }] }, 'unprocessable_entity'],
    [
      400,
      {
        object: 'error',
        message: 'Prompt contains 40000 tokens, too large for model with 32768 maximum context length',
        type: 'invalid_request_invalid_args',
        code: '3051',
      },
      'context_window_exceeded',
    ],
  ],
  'Perplexity, Together, Venice, Voyage, Hyperbolic, GitHub, GPUStack, doubleword': [
    [
      400,
      {
        error: { message: 'The total length of all messages is too long.', type: 'too_many_prompt_tokens', code: 400 },
      },
      'context_window_exceeded',
    ],
    [401, { error: { message: 'Invalid API key provided.', type: 'invalid_api_key', code: 401 } }, 'authentication'],
    [
      401,
      {
        id: 'o',
        error: { message: 'Invalid API key provided.', type: 'invalid_request_error', code: 'invalid_api_key' },
      },
      'authentication',
    ],
    [404, { error: 'Specified model not found: x. Did you mean: y?' }, 'not_found'],
    [400, { detail: "Model x is not supported. Supported models are ['voyage-2']." }, 'not_found'],
    [
      400,
      { object: 'error', message: 'Only a/b && c/d allowed now, your model x/y', type: '', param: null, code: 40301 },
      'not_found',
    ],
    [429, 'Too many requests. For more on scraping GitHub, please review our Terms of Service', 'rate_limit'],
    [401, { code: 401, reason: 'Unauthorized', message: 'Invalid authentication credentials' }, 'authentication'],
    [
      400,
      { code: 400, message: 'Validation: Temperature must be between 0 and 2, got 100', type: 'Bad Request' },
      'bad_request',
    ],
    [403, { error: { code: 'forbidden', message: 'Forbidden', type: 'invalid_request_error' } }, 'permission_denied'],
  ],
}

describe.each(Object.keys(families))('an error of %s', (family) => {
  it.each((families[family] ?? []).map((row) => [...row] as const))('%i %j is %s', (status, body, kind) => {
    expect(facts(status, body).kind).toBe(kind)
  })
})

describe('an error', () => {
  it('has its message, code, param and hidden status', () => {
    expect(facts(400, error('No.', 'invalid_value', 'invalid_request_error', { param: 'messages[3]' }))).toMatchObject({
      message: 'No.',
      providerCode: 'invalid_value',
      param: 'messages[3]',
    })
    expect(facts(400, { error: { message: 'No.', type: 'x', code: 400 } }).status).toBeUndefined()
    expect(facts(200, { error: { message: 'No.', code: 502 } }).status).toBe(502)
    expect(facts(200, { error: { message: 'No.', status_code: 429 } })).toMatchObject({
      status: 429,
      kind: 'rate_limit',
    })
  })

  it.each<[unknown, string]>([
    [{ error: 'plain' }, 'plain'],
    [{ message: 'bare' }, 'bare'],
    [{ detail: 'fast' }, 'fast'],
    [{ detail: [{ loc: ['body', 'n'], msg: 'wrong' }, { msg: 'too' }] }, 'body.n: wrong; too'],
    [[{ error: { message: 'listed' } }], 'listed'],
    [{ error: { msg: 'short' } }, 'short'],
    [
      { error: { message: 'Provider returned error', metadata: { raw: 'the reason' } } },
      'Provider returned error: the reason',
    ],
    ['just text\n', 'just text'],
    ['<!doctype html><title> Gone </title>', 'Gone'],
    ['<html><body>x</body></html>', 'an HTML page'],
    ['', ''],
  ])('says why, whatever its shape: %j', (body, message) => {
    expect(facts(400, body).message).toBe(message)
  })

  it.each([
    ['Please try again in 7.66s.', 7660],
    ['Please try again in 1m3.5s.', 63_500],
    ['Please try again in 120ms.', 120],
    ['Please try again in 2h5m.', 7_500_000],
    ['Please retry after 26 seconds.', 26_000],
    ['Please try again in a moment.', undefined],
    ['Later.', undefined],
  ])('says how long to wait, where only its text does: %s', (message, expected) => {
    expect(facts(429, error(`Rate limit reached. ${message}`)).retryAfterMs).toBe(expected)
    expect(facts(400, error(message)).retryAfterMs).toBeUndefined()
  })

  it.each([
    'This is not a chat model and thus not supported in the v1/chat/completions endpoint. Did you mean to use v1/completions?',
    'This model is only supported in v1/responses and not in v1/chat/completions.',
  ])('about a model of the Responses API says what to do: %s', (message) => {
    // https://github.com/BerriAI/litellm/issues/9409, https://github.com/n8n-io/n8n/issues/18352
    expect(facts(404, error(message, null, undefined, { param: 'model' }))).toMatchObject({
      kind: 'bad_request',
      param: 'model',
      hint: expect.stringContaining('no Chat Completions'),
    })
    expect(facts(404, error('No.')).hint).toBeUndefined()
  })

  it('without a body is read from its status', () => {
    const statuses = [
      400, 401, 402, 403, 404, 405, 408, 409, 413, 418, 422, 429, 500, 501, 502, 503, 504, 524, 529, 599,
    ]
    expect(Object.fromEntries(statuses.map((status) => [status, facts(status, '').kind]))).toEqual({
      400: 'bad_request',
      401: 'authentication',
      402: 'quota_exceeded',
      403: 'permission_denied',
      404: 'not_found',
      405: 'bad_request',
      408: 'timeout',
      409: 'bad_request',
      413: 'bad_request',
      418: 'bad_request',
      422: 'unprocessable_entity',
      429: 'rate_limit',
      500: 'internal_server',
      501: 'bad_request',
      502: 'service_unavailable',
      503: 'service_unavailable',
      504: 'timeout',
      524: 'timeout',
      529: 'overloaded',
      599: 'internal_server',
    })
  })

  it('of any form is an error', () => {
    const part = fc.oneof(fc.anything(), fc.string())
    const shaped = fc.record(
      {
        error: fc.oneof(
          part,
          fc.record({ message: part, code: part, type: part, metadata: fc.record({ raw: part }), innererror: part }),
        ),
        detail: part,
        message: part,
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(
        fc.integer({ min: 200, max: 599 }),
        fc.oneof(fc.jsonValue(), shaped),
        fc.string(),
        (status, body, text) => {
          const { kind, message, status: hidden, retryAfterMs = 0 } = openai.error({ status, body, text })
          expect(typeof kind).toBe('string')
          expect(typeof message).toBe('string')
          expect(hidden === undefined || (hidden >= 400 && hidden < 600)).toBe(true)
          expect(retryAfterMs).toBeGreaterThanOrEqual(0)
        },
      ),
    )
  })

  it('is a rate limit if it mentions both rate and quota', () => {
    expect(facts(429, error('You exceeded your current quota of 15 requests per minute.')).kind).toBe('rate_limit')
  })

  it('inside a 200 or a 400 may name its own status, and no other may', () => {
    expect(facts(200, { error: { message: 'No.', code: '502' } })).toMatchObject({
      kind: 'service_unavailable',
      status: 502,
    })
    expect(facts(400, { error: { message: 'No.', code: 429 } }).kind).toBe('rate_limit')
    expect(facts(500, { error: { message: 'No.', code: 400 } }).kind).toBe('internal_server')
  })

  it('may have fields without text', () => {
    const odd = { toString: 1, valueOf: 1 }
    expect(facts(422, { detail: [{ loc: ['body', odd, 0], msg: odd }, odd, null] }).message).toBe('body..0: ; ')
    expect(facts(400, { error: { message: odd, code: odd, type: odd, param: odd } }).kind).toBe('bad_request')
  })

  it('is read in no time, however long its text is', () => {
    const texts = [
      'the model '.repeat(100_000),
      'image url '.repeat(100_000),
      'try again in '.repeat(80_000),
      '`inputs` tokens '.repeat(60_000),
    ]
    const start = performance.now()
    for (const text of texts) facts(400, error(text))
    expect(performance.now() - start).toBeLessThan(500)
  })
})
