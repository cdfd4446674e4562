import type { Documented, Unverified } from './evidence.js'

/**
 * Documentation pages of providers without recorded traffic. `says` states the facts read there. Repositories are
 * named with the commit that was read.
 */

const github = 'https://github.com'

const gateways = {
  aihubmix: {
    page: `${github}/AIhubmix/skills/blob/88cc2317fd4fe5539127ee1e05b4b5a617328bc8/skills/aihubmix-api/references/protocols-and-examples.md`,
    says: 'base, AIHUBMIX_API_KEY as a bearer token, chat and embeddings; it lists no rerank',
    base: 'https://aihubmix.com/v1',
  },
  aiml: {
    page: 'https://docs.aimlapi.com/quickstart/supported-sdks',
    says: 'base, AIML_API_KEY as a bearer token',
    base: 'https://api.aimlapi.com/v1',
  },
  apertis: {
    page: 'https://docs.apertis.ai/getting-started/quick-start',
    says: 'base, key as a bearer token',
    base: 'https://api.apertis.ai/v1',
  },
  assemblyai: {
    page: 'https://www.assemblyai.com/docs/llm-gateway/quickstart',
    says: "base, and that OpenAI's SDK works; its own samples send the key without Bearer",
    base: 'https://llm-gateway.assemblyai.com/v1',
  },
  cometapi: {
    page: `${github}/cometapi-dev/cometapi-python/blob/1617a6a59826ba4010ca7994c972ba8960efe84c/README.md`,
    says: 'base, COMETAPI_KEY, COMETAPI_BASE_URL',
    base: 'https://api.cometapi.com/v1',
  },
  cortecs: {
    page: 'https://docs.cortecs.ai/serverless-inference/api/chat-completions',
    says: 'the fields of a chat; the base stands in the tables of several SDKs',
  },
  fastrouter: {
    page: `${github}/fastrouter/docs/blob/8d3fbcef8691db858f0c0eabe80d7927d0730501/integrations/app/langchain.md`,
    says: 'base, FASTROUTER_API_KEY, models as provider/model',
    base: 'https://api.fastrouter.ai/api/v1',
  },
  helicone: {
    page: 'https://docs.helicone.ai/gateway/integrations/llamaindex',
    says: 'base, HELICONE_API_KEY as a bearer token, HELICONE_API_BASE',
    base: 'https://ai-gateway.helicone.ai/v1',
  },
  litellm_proxy: {
    page: 'https://docs.litellm.ai/docs/providers/litellm_proxy',
    says: 'LITELLM_PROXY_API_KEY, LITELLM_PROXY_API_BASE, chat, embeddings and rerank',
  },
  llmgateway: {
    page: 'https://docs.llmgateway.io/quick-start',
    says: 'base, LLM_GATEWAY_API_KEY as a bearer token',
    base: 'https://api.llmgateway.io/v1',
  },
  'nano-gpt': {
    page: 'https://docs.nano-gpt.com/api-reference/text-generation',
    says: 'base, key as a bearer token',
    base: 'https://nano-gpt.com/api/v1',
  },
  poe: {
    page: 'https://creator.poe.com/docs/external-applications/openai-compatible-api',
    says: 'base, POE_API_KEY',
    base: 'https://api.poe.com/v1',
  },
  requesty: {
    page: `${github}/requestyai/skills/blob/1551809760c31ecae020a643e43e3c17070a4bc3/requesty-api-integration/docs/quickstart.md`,
    says: 'base, key as a bearer token, models as provider/model',
    base: 'https://router.requesty.ai/v1',
  },
  zenmux: {
    page: 'https://docs.zenmux.ai/guide/quickstart',
    says: 'base, ZENMUX_API_KEY, models as provider/model',
    base: 'https://zenmux.ai/api/v1',
  },
} as const

const clouds = {
  bedrock_mantle: {
    page: 'https://docs.aws.amazon.com/bedrock/latest/userguide/inference-responses-api.html',
    says: 'base by region; some models are served under /openai/v1',
    base: 'https://bedrock-mantle.{region}.api.aws/v1',
  },
  datarobot: {
    page: 'https://docs.datarobot.com/en/docs/gen-ai/genai-code/dr-llm-gateway.html',
    says: "base, with OpenAI's SDK",
    base: 'https://app.datarobot.com/api/v2/genai/llmgw',
  },
  gradient_ai: {
    page: 'https://www.digitalocean.com/community/tutorials/migrating-from-openai-api-to-do-serverless-inference',
    says: "base, with OpenAI's SDK and a model access key",
    base: 'https://inference.do-ai.run/v1',
  },
  heroku: {
    page: 'https://devcenter.heroku.com/articles/heroku-inference-api-v1-chat-completions',
    says: 'the path /v1/chat/completions and its fields; an app has its base in INFERENCE_URL',
  },
  ovhcloud: {
    page: 'https://www.ovhcloud.com/en-in/public-cloud/ai-endpoints/catalog/gpt-oss-20b',
    says: 'base, OVH_AI_ENDPOINTS_ACCESS_TOKEN as a bearer token',
    base: 'https://oai.endpoints.kepler.ai.cloud.ovh.net/v1',
  },
  scaleway: {
    page: 'https://www.scaleway.com/en/docs/generative-apis/api-cli/using-chat-api',
    says: 'base, SCW_SECRET_KEY as a bearer token, fields',
    base: 'https://api.scaleway.ai/v1',
  },
  stackit: {
    page: 'https://docs.stackit.cloud/products/data-and-ai/ai-model-serving/how-tos/use-the-models',
    says: 'base, token as a bearer token, chat and embeddings',
    base: 'https://api.openai-compat.model-serving.eu01.onstackit.cloud/v1',
  },
  vultr: {
    page: 'https://api.vultrinference.com',
    says: 'the host, and the fields of a chat',
    base: 'https://api.vultrinference.com',
  },
  wandb: {
    page: 'https://docs.wandb.ai/inference/api-reference',
    says: 'base, key as a bearer token',
    base: 'https://api.inference.wandb.ai/v1',
  },
} as const

const hosted = {
  baseten: {
    page: 'https://docs.baseten.co/quickstart',
    says: "base, BASETEN_API_KEY, with OpenAI's SDK",
    base: 'https://inference.baseten.co/v1',
  },
  chutes: {
    page: 'https://chutes.ai/app/chute/pink325-howardtodd635-affine-top10-5gklpkfrwl3des2oxmn7r9u/llms.txt',
    says: 'base, CHUTES_API_KEY as a bearer token, models by their full name',
    base: 'https://llm.chutes.ai/v1',
  },
  clarifai: {
    page: 'https://docs.clarifai.com/compute/providers',
    says: 'base; the page for OpenAI beside it has CLARIFAI_PAT',
    base: 'https://api.clarifai.com/v2/ext/openai/v1',
  },
  deepinfra: {
    page: 'https://docs.deepinfra.com/chat/overview',
    says: 'base, DEEPINFRA_TOKEN, fields',
    base: 'https://api.deepinfra.com/v1/openai',
  },
  featherless_ai: {
    page: 'https://featherless.ai/docs/quickstart-guide',
    says: 'base, FEATHERLESS_API_KEY as a bearer token',
    base: 'https://api.featherless.ai/v1',
  },
  friendliai: {
    page: 'https://friendli.ai/docs/openapi/create-chat-completions',
    says: 'base, token as a bearer token, fields',
    base: 'https://api.friendli.ai/serverless/v1',
  },
  gmi: {
    page: `${github}/GMISWE`,
    says: 'base, GMI_API_KEY as a bearer token',
    base: 'https://api.gmi-serving.com/v1',
  },
  nscale: {
    page: 'https://docs.nscale.com/docs/inference/chat',
    says: 'base, NSCALE_API_KEY as a bearer token',
    base: 'https://inference.api.nscale.com/v1',
  },
  synthetic: {
    page: 'https://dev.synthetic.new/docs/openai/chat-completions',
    says: 'base, fields, models as hf:org/model',
    base: 'https://api.synthetic.new/openai/v1',
  },
} as const

const asia = {
  baichuan: {
    page: `${github}/baichuan-inc/baichuan-mcp-servers/blob/0fcddf434905e1b7dbe629d4d964b885e91d0e7d/packages/baixiaoying-mcp-server/src/api/client.ts`,
    says: 'base, in a client of its own; BAICHUAN_API_KEY stands in the same repository',
    base: 'https://api.baichuan-ai.com/v1',
  },
  minimax: {
    page: 'https://platform.minimax.io/docs/api-reference/text-openai-api',
    says: "base, with OpenAI's SDK; the page for China, which was read, has api.minimaxi.com/v1 in its place",
    base: 'https://api.minimax.io/v1',
    through: 'https://www.developersdigest.tech/reference/api-compatibility/minimax',
  },
  modelscope: {
    page: `${github}/modelscope/ms-agent/blob/c9dbd48914046936fc1b446516ffb49a9952d52c/docs/en/Projects/DeepResearch.md`,
    says: 'base, with the access token as the key',
    base: 'https://api-inference.modelscope.cn/v1',
  },
  qianfan: {
    page: 'https://cloud.baidu.com/doc/WENXINWORKSHOP/s/2m3fihw8s',
    says: "base, with OpenAI's SDK",
    base: 'https://qianfan.baidubce.com/v2',
  },
  qiniu: {
    page: 'https://developer.qiniu.com/aitokenapi/12882/ai-inference-api',
    says: 'base, key as a bearer token; a second base, https://openai.qiniu.com/v1',
    base: 'https://api.qnaigc.com/v1',
  },
  sarvam: {
    page: 'https://docs.sarvam.ai/api-reference-docs/chat/chat-completions',
    says: 'base, key as a bearer token',
    base: 'https://api.sarvam.ai/v1',
  },
  siliconflow: {
    page: 'https://www.siliconflow.com/blog/openai-sdk-siliconflow-compatibility-checks',
    says: "base, with OpenAI's SDK",
    base: 'https://api.siliconflow.com/v1',
  },
  stepfun: {
    page: 'https://platform.stepfun.com/docs/zh/quickstart/overview',
    says: "base, with OpenAI's SDK",
    base: 'https://api.stepfun.com/v1',
  },
  tencent: {
    page: 'https://cloud.tencent.com/document/product/1729/111007',
    says: 'base, HUNYUAN_API_KEY as a bearer token',
    base: 'https://api.hunyuan.cloud.tencent.com/v1',
  },
  upstage: {
    page: 'https://console.upstage.ai/api-keys?api=chat-reasoning',
    says: "base, with OpenAI's SDK",
    base: 'https://api.upstage.ai/v1',
  },
  volcengine: {
    page: 'https://www.volcengine.com/docs/82379/1263482',
    says: 'base, ARK_API_KEY as a bearer token, chat and embeddings',
    base: 'https://ark.cn-beijing.volces.com/api/v3',
  },
  xiaomi_mimo: {
    page: 'https://platform.xiaomimimo.com/docs/zh-CN/api/chat/openai-api',
    says: 'base, MIMO_API_KEY as a bearer token, max_completion_tokens',
    base: 'https://api.xiaomimimo.com/v1',
  },
  yi: {
    page: `${github}/01-ai/Yi/blob/f73194cc16e82df438bc01240b8e4b622209f3eb/Cookbook/cn/api/rag/yi_rag_langchain.ipynb`,
    says: 'base, YI_API_KEY, as of August 2024',
    base: 'https://api.lingyiwanwu.com/v1',
  },
} as const

const makers = {
  abliteration: {
    page: `${github}/abliteration-ai/abliteration-examples/blob/3854e583bb375cf97ec3858a2438100ed772789a/README.md`,
    says: 'base, ABLITERATION_API_KEY as a bearer token',
    base: 'https://api.abliteration.ai/v1',
  },
  amazon_nova: {
    page: `${github}/amazon-nova-api/getting-started-with-nova-api/blob/a3cd8e8ec00a125c77f69d7a026bef97f9289d46/00_getting_started.ipynb`,
    says: "base, NOVA_API_KEY, with OpenAI's SDK, reasoning_effort",
    base: 'https://api.nova.amazon.com/v1',
  },
  codestral: {
    page: 'https://docs.mistral.ai/capabilities/code_generation',
    says: 'the host, and that it has keys of its own',
    base: 'https://codestral.mistral.ai',
    through: `${github}/mistralai/platform-docs-public/blob/222f4ba9114f84ce9f2d718b9a12fbac1e527f4b/public/llms-full.txt`,
  },
  inception: {
    page: 'https://docs.inceptionlabs.ai/api-reference/chat/create-a-chat-completion',
    says: 'the path /v1/chat/completions, INCEPTION_API_KEY, reasoning_effort',
    base: 'https://api.inceptionlabs.ai',
    through: `${github}/anomalyco/models.dev/blob/f3fc692299671838c7c65fd8126bf84d81a2e817/providers/inception/provider.toml`,
  },
  maritalk: {
    page: `${github}/maritaca-ai/maritalk-api/blob/4e58d0b07333b7d93b3b1cfd9b201acabd693036/README.md`,
    says: "base, with OpenAI's SDK",
    base: 'https://chat.maritaca.ai/api',
  },
  meta: {
    page: 'https://dev.meta.ai/docs/quickstart',
    says: 'base, MODEL_API_KEY as a bearer token, Responses and Chat Completions',
    base: 'https://api.meta.ai/v1',
    through: 'https://ai-sdk.dev/providers/openai-compatible-providers/meta',
  },
  meta_llama: {
    page: `${github}/meta-llama/llama-cookbook/blob/0e0033518623d03ac5c1654bf04b7e480f7d5e5a/end-to-end-use-cases/structured_parser/README.md`,
    says: "base, with OpenAI's SDK",
    base: 'https://api.llama.com/compat/v1',
  },
  morph: {
    page: `${github}/morphllm/examples/blob/e064402956d80e37d2e9b49c63fddda3ce38cc34/compaction/one-prompt-integraion/one-prompt-integration-api.md`,
    says: 'base, key as a bearer token',
    base: 'https://api.morphllm.com/v1',
  },
  poolside: {
    page: `${github}/poolsideai/pool/blob/fcabc59ff67810ecec5429ec9d45fa1dda6c1136/README.md`,
    says: 'the host, POOLSIDE_API_KEY',
    base: 'https://inference.poolside.ai',
  },
  publicai: {
    page: `${github}/forpublicai/platform.publicai.co/blob/71f5820a37be10dd334dd3eb9d77fe6c2fdc5075/docs/pages/docs.mdx`,
    says: 'base, key as a bearer token',
    base: 'https://api.publicai.co/v1',
  },
  v0: {
    page: 'https://v0.app/docs/cursor',
    says: 'base, for tools that speak to OpenAI',
    base: 'https://api.v0.dev/v1',
  },
} as const

const small = {
  anyscale: {
    page: `${github}/anyscale/endpoint-cookbook/blob/25ff9da22990328128a010c3b3236b1b5ab160e5/App_AutoGen.ipynb`,
    says: 'base, as long as it was served; the endpoints are said to have closed',
    base: 'https://api.endpoints.anyscale.com/v1',
  },
  bytez: {
    page: `${github}/Bytez-com/docs/blob/80f8bcfe46a55c4126baabe0dc1efbf7148e84b3/docs/http-reference/examples/openai-compliant/chatCompletionsExample.mdx`,
    says: "base, with OpenAI's SDK",
    base: 'https://api.bytez.com/models/v2/openai/v1',
  },
  charity_engine: {
    why: 'its address stands in the client of Hugging Face, huggingface/huggingface.js packages/inference/src/providers/charity-engine.ts',
  },
  compactifai: {
    page: 'https://docs.compactif.ai/openai-compatibility/',
    says: "base, with OpenAI's SDK",
    base: 'https://api.compactif.ai/v1',
    through: `${github}/api-evangelist/multiverse-computing/blob/174b989a174ad8c59d9ed247ed47875065761240/packages/multiverse-computing-packages.yml`,
  },
  empower: {
    page: `${github}/empower-ai/empower-functions/blob/c339942f4ca318d6c5e937668e104dfbddfbbbaa/docs/inference/introduction.md`,
    says: "base, with OpenAI's SDK",
    base: 'https://app.empower.dev/api/v1',
  },
  galadriel: {
    page: `${github}/galadriel-ai/docs/blob/663d0b562f62210519b2a8af6e9141a2fbbe76de/api-reference/chat-completion-API.mdx`,
    says: 'base, fields',
    base: 'https://api.galadriel.com/v1',
  },
  inference_net: {
    page: `${github}/context-labs/inference-samples/blob/ddf5b1508a086b6662c5701119da500e53edf34d/examples/RAG-chroma/RAG-chroma.ipynb`,
    says: 'base, INFERENCE_API_KEY',
    base: 'https://api.inference.net/v1',
  },
  io_net: {
    page: `${github}/ionet-official/docs/blob/5d3be72c830ea5cc3b97c6835629d57edb8b62b3/docs/intelligence/io-intelligence.mdx`,
    says: 'base, key as a bearer token',
    base: 'https://api.intelligence.io.solutions/api/v1',
  },
  lambda_ai: {
    page: `${github}/LambdaLabsML/AI_Agent_Masterclass/blob/0e0ca63e8b6562ef0df680a721cb0f630321877a/README.md`,
    says: 'base, LAMBDA_API_KEY, LAMBDA_API_BASE; the service is said to have closed',
    base: 'https://api.lambda.ai/v1',
  },
  libertai: {
    page: `${github}/Libertai/libertai-docs/blob/4ee502fec2a0c7576eec3a46bf1950aef77a17e6/apis/embeddings/usage.md`,
    says: 'base, embeddings',
    base: 'https://api.libertai.io/v1',
  },
  llamagate: {
    why: 'its address stands in the table of LiteLLM, BerriAI/litellm litellm/llms/openai_like/providers.json',
  },
  neosantara: {
    page: `${github}/neosantara-xyz/examples/blob/afbbdb139a333bdadf9f9eb857c61d357ed36b8f/README.md`,
    says: 'base, NAI_API_KEY',
    base: 'https://api.neosantara.xyz/v1',
  },
  parasail: {
    page: `${github}/parasail-ai/openai-batch/blob/acb34aae30693f3dc133e1b73cb4d070c132e96d/openai_batch/providers.py`,
    says: 'base, PARASAIL_API_KEY',
    base: 'https://api.parasail.io/v1',
  },
  salad_cloud: {
    page: `${github}/SaladTechnologies/salad-cloud-docs/blob/504c704a8828f7f489c46523dc9fae106e83245f/ai-gateway/explanation/overview.mdx`,
    says: 'base, key as a bearer token',
    base: 'https://ai.salad.cloud/v1',
  },
  targon: {
    page: `${github}/manifold-inc/targon-hub/blob/d69c0d304dd1e001eee32323200c069334aa576c/src/app/_components/infrastructure/ModelSupportSection.tsx`,
    says: 'base, in a sample of its site',
    base: 'https://api.targon.com/v1',
  },
  tensormesh: {
    page: `${github}/Tensormesh-Production/tensormesh-ai-sdk-provider/blob/5758dc17fb4baad21aa40c052ec1a9e9af0053f2/README.md`,
    says: 'base, TENSORMESH_INFERENCE_API_KEY',
    base: 'https://serverless.tensormesh.ai/v1',
  },
  tinfoil: {
    page: `${github}/tinfoilsh/tinfoil-js/blob/6172d48b04f169c2c9fe1e425abc72b172f366a7/packages/tinfoil/test/client.browser.integration.test.ts`,
    says: 'base, TINFOIL_API_KEY, in a test of its client',
    base: 'https://inference.tinfoil.sh/v1',
  },
} as const

/** Self-hosted servers. */
const local = {
  docker_model_runner: {
    page: 'https://docs.docker.com/ai/model-runner/api-reference',
    says: 'port, path /engines/v1, chat and embeddings',
    base: 'http://localhost:12434/engines/v1',
  },
  infinity: {
    page: `${github}/michaelfeil/infinity/blob/fcb951cb679d0de185bf254600d9b7d2cd3a263a/README.md`,
    says: "embeddings after OpenAI's, rerank",
  },
  lemonade: {
    page: `${github}/lemonade-sdk/lemonade/blob/e385039ed33551de7f54cb73194cd08088772c08/README.md`,
    says: "base, with OpenAI's SDK",
    base: 'http://localhost:13305/api/v1',
  },
  lm_studio: {
    page: `${github}/lmstudio-ai/docs/blob/c6854fba2575bf21e07702ee210e1bed09e7c577/1_developer/3_openai-compat/index.mdx`,
    says: "base, with OpenAI's SDK",
    base: 'http://localhost:1234/v1',
  },
  oobabooga: {
    page: `${github}/oobabooga/text-generation-webui/blob/1dcde41d03d13fc768316f4d2256a8a6dd044268/docs/12%20-%20OpenAI%20API.md`,
    says: 'base, chat and text completions',
    base: 'http://127.0.0.1:5000/v1',
  },
  sglang: {
    page: `${github}/sgl-project/sglang/blob/004813e1dd464844bd92ddbca5cab8c024a75f78/docs/advanced_features/server_arguments.md`,
    says: 'port 30000 unless it is told another',
  },
  xinference: {
    page: `${github}/xorbitsai/inference/blob/7ecec16b63383e18e4af790c4b522fb7d79f7e77/doc/source/getting_started/using_xinference.rst`,
    says: "base, with OpenAI's SDK",
    base: 'http://127.0.0.1:9997/v1',
  },
} as const

const invoking = {
  page: 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html',
  says: 'the path /endpoints/{name}/invocations, signed with Signature Version 4; the body is up to the container',
  through: `${github}/boto/botocore/blob/cd9207757d459bba9c524475b601e59f55760a3a/botocore/data/sagemaker-runtime/2017-05-13/service-2.json`,
} as const

/** Providers with their own module. */
const coded = {
  recraft: {
    page: 'https://www.recraft.ai/docs/api-reference/endpoints',
    says: "base, key as a bearer token, /images/generations in OpenAI's form; it has images only",
    base: 'https://external.api.recraft.ai/v1',
  },
  elevenlabs: {
    page: 'https://elevenlabs.io/docs/api-reference/text-to-speech/convert',
    through: `${github}/elevenlabs/elevenlabs-js`,
    says: 'xi-api-key, the voice in the path, output_format in the query, the form of /v1/speech-to-text and its words with times',
    base: 'https://api.elevenlabs.io',
  },
  deepgram: {
    page: 'https://developers.deepgram.com/reference/speech-to-text/listen-pre-recorded.md',
    says: 'Token as the scheme of the key, the audio as the body of /v1/listen, all parameters in the query, channels and utterances of the answer',
    base: 'https://api.deepgram.com',
  },
  jina_ai: {
    page: `${github}/jina-ai/meta-prompt/blob/6676f7ad8c06bacd4b74d4a435925e5c1014e1b3/v9.txt`,
    says: 'base, JINA_API_KEY as a bearer token, embeddings and rerank',
    base: 'https://api.jina.ai/v1',
  },
  replicate: {
    page: 'https://replicate.com/docs/reference/http',
    says: 'predictions of models, versions and deployments, and their addresses',
    base: 'https://api.replicate.com',
  },
  sagemaker: invoking,
  sagemaker_chat: invoking,
} as const

/** By prefix. */
export const pages = Object.freeze({
  ...gateways,
  ...clouds,
  ...hosted,
  ...asia,
  ...makers,
  ...small,
  ...local,
  ...coded,
}) satisfies Readonly<Record<string, Documented | Unverified>>
