const lines = [
  'abliteration ai21 ai21_chat aihubmix aiml amazon_nova anthropic anyscale apertis assemblyai avian azure',
  'azure_ai baichuan baseten bedrock bedrock_mantle bytez cerebras charity_engine chutes clarifai cloudflare',
  'codestral cohere cometapi compactifai cortecs crusoe custom_openai dashscope databricks datarobot deepinfra',
  'deepgram deepseek docker_model_runner doubleword elevenlabs empower fastrouter featherless_ai fireworks_ai friendliai galadriel',
  'gemini github gmi gpustack gradient_ai groq helicone heroku hosted_vllm huggingface hyperbolic inception',
  'inference_net infinity io_net jina_ai lambda_ai lemonade libertai litellm_proxy llamacpp llamafile llamagate',
  'llmgateway lm_studio maritalk meta meta_llama minimax mistral mistralrs modelscope moonshot morph nano-gpt nebius',
  'neosantara novita nscale nvidia_nim ollama ollama_chat oobabooga openai openai_like openrouter ovhcloud',
  'parasail perplexity poe poolside publicai qianfan qiniu recraft replicate requesty sagemaker sagemaker_chat',
  'salad_cloud sambanova sarvam scaleway sglang siliconflow snowflake stackit stepfun synthetic targon tencent',
  'tensormesh text-completion-openai tgi tinfoil together_ai upstage v0 venice veniceai vercel_ai_gateway',
  'vertex_ai vllm volcengine voyage vultr wandb watsonx writer xai xiaomi_mimo xinference yi zai zenmux',
] as const

type Words<Line extends string> = Line extends `${infer Word} ${infer Rest}` ? Word | Words<Rest> : Line

/** Prefix of a built-in provider, as in `openai/…`. */
export type ProviderId = Words<(typeof lines)[number]>

/** The prefixes of all built-in providers. `createClient()` compares ids with them before any provider is loaded. */
export const providerPrefixes: ReadonlySet<string> = new Set(lines.join(' ').split(' '))
