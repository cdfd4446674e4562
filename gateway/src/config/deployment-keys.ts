/** The keys of `model_list`. */

import { furtherInfoKeys, furtherParamKeys } from './further-keys.js'
import { each, type KeyTable, never, no, yes } from './key-table.js'

const cost = yes('number', 'Price in US dollars per token, audio token, image, character, second or request.')
const capability = yes('flag', 'Ability of the model, for routing and `/model/info`.')

/** Prices, in `litellm_params` and in `model_info`. */
const priceKeys: KeyTable = {
  ...each(
    `input_cost_per_token output_cost_per_token cache_read_input_token_cost cache_creation_input_token_cost
cache_creation_input_token_cost_above_1hr output_cost_per_reasoning_token input_cost_per_audio_token output_cost_per_audio_token
input_cost_per_image output_cost_per_image input_cost_per_second output_cost_per_second input_cost_per_request
input_cost_per_query input_cost_per_character`,
    cost,
  ),
}

export const deploymentKeys: KeyTable = {
  model_name: yes('text', 'The model group that clients name. `*` matches any text.'),
  litellm_params: yes('map', 'Model, credentials, limits and default parameters.'),
  model_info: yes('map', 'Id, prices and facts.'),
  ...each('rpm tpm', yes('number', 'As in `litellm_params`.')),
}

export const paramKeys: KeyTable = {
  model: yes('text', '`provider/model`.'),
  custom_llm_provider: yes('text', 'Provider of a model without a prefix.'),
  api_key: yes('text', 'Credential. It is never shown.'),
  ...each('api_base base_url', yes('text', 'Base URL.')),
  api_version: yes('text', 'API version in the address (Azure).'),
  organization: yes('any', "OpenAI's organization; a list makes one deployment of each."),
  ...each('region_name aws_region_name', yes('text', "Region of the provider's servers.")),
  ...each(
    'aws_access_key_id aws_secret_access_key aws_session_token aws_profile_name',
    yes('text', 'Credentials of AWS.'),
  ),
  ...each(
    'aws_role_name aws_session_name aws_web_identity_token aws_sts_endpoint aws_external_id',
    never('Roles of AWS come from the environment (AWS_ROLE_ARN, AWS_WEB_IDENTITY_TOKEN_FILE) or a profile.'),
  ),
  aws_bedrock_runtime_endpoint: yes('text', 'Base URL of Bedrock.'),
  ...each(
    'vertex_project vertex_location vertex_ai_project vertex_ai_location',
    yes('text', 'Project and location of Vertex AI.'),
  ),
  ...each(
    'vertex_credentials vertex_ai_credentials',
    yes('any', 'Service account of Vertex AI: its JSON, or the path of its file.'),
  ),
  project_id: yes('text', 'Project of watsonx.ai.'),
  space_id: yes('text', 'Deployment space of watsonx.ai.'),
  azure_ad_token: yes('text', 'Bearer token of Azure.'),
  ...each(
    'tenant_id client_id client_secret azure_username azure_password',
    never('Set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET; @azure/identity reads them.'),
  ),
  ...each('timeout request_timeout', yes('number', 'Seconds of one attempt.')),
  stream_timeout: yes('number', 'Seconds to the first content of a stream, and between two.'),
  ...each('max_retries num_retries', no('Retries belong to `router_settings.num_retries` and `retry_policy`.')),
  rpm: yes('number', 'Requests in any 60 seconds: steers calls to deployments with capacity.'),
  tpm: yes('number', 'Tokens in any 60 seconds: steers calls to deployments with capacity.'),
  max_parallel_requests: yes('whole', 'Requests in flight.'),
  weight: yes('number', 'Share of the traffic.'),
  order: yes('number', 'Lower orders are used first.'),
  tags: yes('texts', 'Takes calls with one of these tags.'),
  max_budget: yes('number', 'US dollars per `budget_duration`.'),
  budget_duration: yes('text', 'Period of `max_budget`.'),
  cooldown_time: yes('number', 'Seconds of a cooldown.'),
  ...each('extra_headers headers default_headers', yes('map', 'Headers of its requests.')),
  extra_body: yes('map', 'Fields that are added to its requests.'),
  drop_params: yes('flag', 'Drops parameters that the model does not support.'),
  additional_drop_params: no('Only unsupported parameters are dropped. See `drop_params`.'),
  allowed_openai_params: no("A provider's own fields are always sent."),
  mock_response: yes('text', 'Answers with this text, without a provider.'),
  base_model: yes('text', 'As `model_info.base_model`.'),
  ...each('mock_timeout mock_tool_calls mock_delay', no('Failures and tool calls are not simulated.')),
  ...each('fallbacks context_window_fallback_dict', no('Fallbacks belong to `router_settings`.')),
  ...each('retry_policy retry_strategy', no('Retries belong to `router_settings.num_retries` and `retry_policy`.')),
  ...each(
    'initial_prompt_value roles final_prompt_value bos_token eos_token hf_model_name custom_prompt_dict',
    no('The server applies the template of its model.'),
  ),
  ...each('api_type deployment_id use_litellm_proxy no-log', no('Not needed.')),
  litellm_credential_name: yes('text', 'Name in `credential_list`.'),
  use_in_pass_through: yes('flag', 'Its credential is used by pass-through routes.'),
  configurable_clientside_auth_params: never('A body of a client names no base URL and no credential.'),
  ...each('use_chat_completions_api merge_reasoning_content_in_choices', no('Not needed: the SDK selects the API.')),
  ...each('hidden_params litellm_trace_id', no('Internal to LiteLLM.')),
  ...each('guardrails', never('Guardrails of LiteLLM are not run. Use hooks.')),
  ...each(
    'auto_router_config auto_router_config_path auto_router_default_model auto_router_embedding_model',
    never('The semantic auto-router is not part of the gateway.'),
  ),
  ...each('s3_bucket_name s3_encryption_key_id', no('Batches are not served.')),
  ...each('cache_control_injection_points', no('Prompt caching is left to the client.')),
  ...each('ssl_verify', never('Certificates are always verified. Set NODE_EXTRA_CA_CERTS for a private authority.')),
  ...priceKeys,
  ...furtherParamKeys,
}

export const modelInfoKeys: KeyTable = {
  id: yes('text', 'Id of the deployment.'),
  mode: yes('text', 'Kind of model.'),
  base_model: yes('text', 'The model behind an opaque name, for prices and limits.'),
  access_groups: yes('texts', 'Groups that keys and teams may name in `models`.'),
  supported_environments: yes('texts', 'Left out unless LITELLM_ENVIRONMENT is one of them.'),
  ...each('max_tokens max_input_tokens max_output_tokens', yes('number', 'Limits of the model.')),
  ...each('rpm tpm', yes('number', 'As in `litellm_params`.')),
  ...each(
    `supports_vision supports_function_calling supports_tool_choice supports_parallel_function_calling supports_response_schema
supports_reasoning supports_prompt_caching supports_system_messages supports_assistant_prefill supports_web_search supports_pdf_input
supports_audio_input supports_audio_output supports_computer_use`,
    capability,
  ),
  ...each('health_check_model', no('Wildcard deployments are not checked.')),
  ...each('health_check_timeout', yes('number', 'Seconds of its health check.')),
  disable_background_health_check: no('Background checks are off unless `background_health_checks` is set.'),
  ...each('health_check_max_tokens health_check_voice', no('A health check asks for one short answer.')),
  team_id: yes('text', 'Only this team may use the deployment.'),
  team_public_model_name: yes('text', 'Name for the calls of that team. `model_name` if not set.'),
  custom_tokenizer: no("Tokens are counted with the provider's or OpenAI's tokenizer."),
  ...each(
    'description created_at updated_at created_by updated_by db_model key',
    yes('any', 'Shown by `/model/info`.'),
  ),
  ...priceKeys,
  ...furtherInfoKeys,
}
