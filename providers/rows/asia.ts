import type { CompatibleRow } from '../compatible.js'
import { plain } from './plain.js'

/** Makers and hosts in Asia. Most have another base for callers in China, given through the environment or as apiBase. */
export const asia = [
  {
    // https://api-docs.deepseek.com/guides/thinking_mode; `prefix` needs the base https://api.deepseek.com/beta
    id: 'deepseek',
    name: 'DeepSeek',
    responses: true,
    base: 'https://api.deepseek.com',
    env: ['DEEPSEEK_API_KEY'],
    baseEnv: ['DEEPSEEK_API_BASE'],
    keyUrl: 'https://platform.deepseek.com/api_keys',
    quirks: { formats: 'object', ...plain, prefix: true, replayReasoning: 'reasoning_content' },
  },
  {
    // in China https://api.moonshot.cn/v1
    id: 'moonshot',
    name: 'Moonshot AI',
    base: 'https://api.moonshot.ai/v1',
    env: ['MOONSHOT_API_KEY'],
    baseEnv: ['MOONSHOT_API_BASE'],
    keyUrl: 'https://platform.moonshot.ai/console/api-keys',
    quirks: { ...plain, replayReasoning: 'reasoning_content' },
  },
  {
    // in China https://open.bigmodel.cn/api/paas/v4; the coding plan https://api.z.ai/api/coding/paas/v4
    id: 'zai',
    name: 'Z.ai',
    base: 'https://api.z.ai/api/paas/v4',
    env: ['ZAI_API_KEY', 'Z_AI_API_KEY'],
    baseEnv: ['ZAI_API_BASE'],
    keyUrl: 'https://z.ai/manage-apikey/apikey-list',
    quirks: { formats: 'object', ...plain, replayReasoning: 'reasoning_content' },
  },
  {
    // in China https://dashscope.aliyuncs.com/compatible-mode/v1
    // https://alibabacloud.com/help/en/model-studio/embedding-interfaces-compatible-with-openai: ten inputs
    // its rerank is at another base, https://dashscope-intl.aliyuncs.com/compatible-api/v1/reranks
    id: 'dashscope',
    name: 'Alibaba Model Studio',
    base: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
    env: ['DASHSCOPE_API_KEY'],
    baseEnv: ['DASHSCOPE_API_BASE'],
    keyUrl: 'https://modelstudio.console.alibabacloud.com/?tab=dashboard#/api-key',
    quirks: { maxInputs: 10 },
  },
  {
    id: 'volcengine',
    name: 'Volcengine Ark',
    base: 'https://ark.cn-beijing.volces.com/api/v3',
    env: ['VOLCENGINE_API_KEY', 'ARK_API_KEY'],
    baseEnv: ['VOLCENGINE_API_BASE'],
    keyUrl: 'https://console.volcengine.com/ark',
  },
  {
    // in China https://api.minimaxi.com/v1
    id: 'minimax',
    name: 'MiniMax',
    base: 'https://api.minimax.io/v1',
    env: ['MINIMAX_API_KEY'],
    baseEnv: ['MINIMAX_API_BASE'],
    keyUrl: 'https://platform.minimax.io/user-center/basic-information/interface-key',
  },
  {
    // its page knows the limit of an answer as max_completion_tokens; its questions and answers ask for reasoning_content to be sent back
    id: 'xiaomi_mimo',
    name: 'Xiaomi MiMo',
    base: 'https://api.xiaomimimo.com/v1',
    env: ['XIAOMI_MIMO_API_KEY', 'XIAOMI_API_KEY', 'MIMO_API_KEY'],
    baseEnv: ['XIAOMI_MIMO_API_BASE'],
    keyUrl: 'https://platform.xiaomimimo.com',
    quirks: { maxTokens: 'max_completion_tokens', replayReasoning: 'reasoning_content' },
  },
  {
    // in China https://api.siliconflow.cn/v1
    id: 'siliconflow',
    name: 'SiliconFlow',
    base: 'https://api.siliconflow.com/v1',
    env: ['SILICONFLOW_API_KEY'],
    baseEnv: ['SILICONFLOW_API_BASE'],
    keyUrl: 'https://cloud.siliconflow.com/account/ak',
    rerank: true,
  },
  {
    // outside of China https://api.stepfun.ai/v1
    id: 'stepfun',
    name: 'StepFun',
    base: 'https://api.stepfun.com/v1',
    env: ['STEPFUN_API_KEY'],
    baseEnv: ['STEPFUN_API_BASE'],
    keyUrl: 'https://platform.stepfun.com/interface-key',
  },
  {
    id: 'modelscope',
    name: 'ModelScope',
    base: 'https://api-inference.modelscope.cn/v1',
    env: ['MODELSCOPE_API_KEY', 'MODELSCOPE_SDK_TOKEN'],
    baseEnv: ['MODELSCOPE_API_BASE'],
    keyUrl: 'https://modelscope.cn/my/myaccesstoken',
  },
  {
    // older code has https://api.upstage.ai/v1/solar
    id: 'upstage',
    name: 'Upstage',
    base: 'https://api.upstage.ai/v1',
    env: ['UPSTAGE_API_KEY'],
    baseEnv: ['UPSTAGE_API_BASE'],
    keyUrl: 'https://console.upstage.ai/api-keys',
  },
  {
    id: 'sarvam',
    name: 'Sarvam',
    base: 'https://api.sarvam.ai/v1',
    env: ['SARVAM_API_KEY'],
    baseEnv: ['SARVAM_API_BASE'],
    keyUrl: 'https://dashboard.sarvam.ai',
    quirks: { maxTokens: 'max_tokens' },
  },
  {
    // its page has a second address, https://openai.qiniu.com/v1
    id: 'qiniu',
    name: 'Qiniu AI',
    base: 'https://api.qnaigc.com/v1',
    env: ['QINIU_API_KEY'],
    baseEnv: ['QINIU_API_BASE'],
  },
  {
    id: 'baichuan',
    name: 'Baichuan',
    base: 'https://api.baichuan-ai.com/v1',
    env: ['BAICHUAN_API_KEY'],
    baseEnv: ['BAICHUAN_API_BASE'],
    keyUrl: 'https://platform.baichuan-ai.com/console/apikey',
  },
  {
    id: 'tencent',
    name: 'Tencent Hunyuan',
    base: 'https://api.hunyuan.cloud.tencent.com/v1',
    env: ['TENCENT_API_KEY', 'HUNYUAN_API_KEY'],
    baseEnv: ['TENCENT_API_BASE'],
    keyUrl: 'https://console.cloud.tencent.com/hunyuan/api-key',
  },
  {
    id: 'qianfan',
    name: 'Baidu Qianfan',
    base: 'https://qianfan.baidubce.com/v2',
    env: ['QIANFAN_API_KEY'],
    baseEnv: ['QIANFAN_API_BASE'],
  },
  {
    // its own cookbook, of 2024, has this address, and https://api.01.ai/v1 abroad; it may no longer be served
    id: 'yi',
    name: '01.AI',
    base: 'https://api.lingyiwanwu.com/v1',
    env: ['YI_API_KEY'],
    baseEnv: ['YI_API_BASE'],
    keyUrl: 'https://platform.lingyiwanwu.com/apikeys',
  },
] as const satisfies readonly CompatibleRow[]
