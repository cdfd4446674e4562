/**
 * Every documented key of LiteLLM's config.yaml, and its treatment; those of a deployment are in `deployment-keys.ts`.
 * `docs/gateway-config.md` is generated from these tables.
 */

import { furtherGeneralKeys, furtherLitellmKeys, furtherRouterKeys } from './further-keys.js'
import { each, type KeyTable, never, no, risky, yes } from './key-table.js'

const python = 'Names Python code, which the gateway does not run. Use hooks in TypeScript.'
const hooks = 'Files and webhooks with guardrails. See [gateway-hooks.md](gateway-hooks.md).'
const database = 'A matter of Prisma, which the gateway does not use.'
const verbosity = 'Verbosity of LiteLLM. Use --debug.'

export const topLevelKeys: KeyTable = {
  model_list: yes('list', 'The deployments, grouped by `model_name`.'),
  router_settings: yes('map', 'See below.'),
  litellm_settings: yes('map', 'See below.'),
  general_settings: yes('map', 'See below.'),
  llmux_settings: yes('map', "The gateway's own settings, see below."),
  environment_variables: yes('map', 'Set as environment variables before everything else is read.'),
  credential_list: yes('list', 'Named credentials for `litellm_credential_name`.'),
  hooks: yes('any', hooks),
  include: yes('list', 'Further files. Their lists are appended; of other keys, those of the including file win.'),
  callback_settings: yes('map', 'Settings of the callback `otel`, see below.'),
  guardrails: yes(
    'list',
    'Guardrails whose code is a file of hooks. Python code and integrations of LiteLLM are refused.',
  ),
  mcp_servers: no('The gateway is no MCP gateway.'),
  mcp_tools: no('The gateway is no MCP gateway.'),
  vector_store_registry: no('Vector stores are not part of the gateway.'),
  search_tools: no('Search tools are not part of the gateway.'),
  prompts: no('Prompt management is not part of the gateway.'),
  ...each('policies policy_attachments', never('Policies attach guardrails. Use hooks in TypeScript or a webhook.')),
  sandbox_tools: no('Sandboxes are not part of the gateway.'),
  assistant_settings: no('The Assistants API is not served.'),
  finetune_settings: no('Fine-tuning is not served. Use pass-through routes.'),
  files_settings: no('Files are not served. Use pass-through routes.'),
  agent_list: no('Agents are not part of the gateway.'),
}

/** A webhook in `hooks`. */
export const hookKeys: KeyTable = {
  name: yes('text', 'Name, for `guardrails` of a request and for the log. Default: the host.'),
  url: yes('text', 'Address that gets a POST.'),
  secret_env: yes('text', 'Environment variable of the secret that signs the requests.'),
  stages: yes('texts', '`before`, `after`. Default: `before`.'),
  timeout: yes('number', 'Seconds of one attempt. Default: 5.'),
  retries: yes(
    'whole',
    'Further attempts if the server can not be reached, is late, or answers 429 or 5xx. Default: 0.',
  ),
  on_failure: yes('text', '`open`: calls continue without the webhook. `closed`: calls are refused.'),
  default_on: yes('flag', 'False: only for calls that name it in `guardrails`. Default: true.'),
  for: yes('map', 'Lists of `keys`, `teams`, `models`, `routes` that it is for.'),
}

const scope = yes('texts', 'Names, with `*` for any text.')
export const scopeKeys: KeyTable = { keys: scope, teams: scope, models: scope, routes: scope }

export const guardrailKeys: KeyTable = {
  guardrail_name: yes('text', 'Name, for `guardrails` of a request.'),
  litellm_params: yes('map', 'See below.'),
  guardrail_info: no('Description of parameters, which hooks do not have.'),
}

export const guardrailParamKeys: KeyTable = {
  guardrail: yes('text', 'A file of one hook, such as `./pii.mjs`.'),
  mode: yes('any', '`pre_call`, `during_call` (runs before the call), `post_call`, or a list.'),
  default_on: yes('flag', 'True: for all calls. Default: only for calls that name it.'),
}

const fallback = yes('list', 'Groups that take the calls of a group that failed: `[{group: [group]}]`.')

export const routerKeys: KeyTable = {
  routing_strategy: yes(
    'text',
    'simple-shuffle, least-busy, usage-based-routing(-v2), latency-based-routing, cost-based-routing.',
  ),
  routing_strategy_args: yes('map', '`lowest_latency_buffer`; other arguments are ignored.'),
  num_retries: yes('whole', 'Retries in each group.'),
  timeout: yes('number', 'Seconds of a complete call.'),
  stream_timeout: yes('number', 'Seconds to the first content of a stream, and between two.'),
  retry_after: no('The delay follows `retry-after` of the provider, or grows with each retry.'),
  max_fallbacks: yes('whole', 'Most fallbacks of one call.'),
  allowed_fails: yes('whole', 'Failures per minute before a cooldown.'),
  cooldown_time: yes('number', 'Seconds of a cooldown.'),
  disable_cooldowns: yes('flag', 'No cooldowns.'),
  retry_policy: yes('map', '`RateLimitErrorRetries: 3` or `RateLimitError: 3`.'),
  model_group_retry_policy: yes('map', 'The same by group.'),
  allowed_fails_policy: yes('map', '`RateLimitErrorAllowedFails: 3` or `RateLimitError: 3`.'),
  ...each('fallbacks context_window_fallbacks content_policy_fallbacks', fallback),
  default_fallbacks: yes('texts', 'Fallbacks of groups without an entry.'),
  model_group_alias: yes('map', '`alias: group`, or `alias: {model, hidden}`.'),
  enable_pre_call_checks: yes('flag', 'Leaves out deployments whose context window is too small.'),
  optional_pre_call_checks: yes(
    'texts',
    '`prompt_caching` keeps conversations with long prompts on one deployment, `deployment_affinity` the calls of a key; `session_affinity` and `responses_api_deployment_check` are always on; `enforce_model_rate_limits` makes rpm and tpm reject; others are ignored.',
  ),
  enable_tag_filtering: yes('flag', 'Tags always select deployments that have them.'),
  tag_filtering_match_any: no('A deployment takes a call with any of its tags.'),
  provider_budget_config: yes('map', '`provider: {budget_limit, time_period}`.'),
  ...each(
    'redis_host redis_port redis_password redis_url redis_db redis_username redis_ssl',
    yes('any', 'Redis for limits and routing state.'),
  ),
  redis_startup_nodes: yes('list', 'Nodes of a Redis Cluster: `[{host, port}]`.'),
  cache_responses: yes('flag', 'As `litellm_settings.cache`.'),
  ...each('caching_groups client_ttl cache_kwargs', no('Answers are cached by model group.')),
  default_max_parallel_requests: yes('whole', 'Requests in flight for deployments without their own.'),
  ignore_invalid_deployments: no('An invalid deployment is an error.'),
  ...each('enable_health_check_routing', yes('flag', 'As `background_health_checks`.')),
  ...each(
    'health_check_staleness_threshold health_check_ignore_transient_errors',
    no('A failed check is repeated each interval.'),
  ),
  deployment_affinity_ttl_seconds: yes('number', 'Seconds for which a session stays with a deployment.'),
  ...each('model_group_affinity_config', no('Affinity is the same for all groups.')),
  ...each('set_verbose debug_level', no(verbosity)),
  ...each('alerting_config', no('Use `general_settings.alerting`.')),
  ...each('assistants_config polling_interval default_priority', no('Not needed.')),
  default_litellm_params: no('Set the parameters on each deployment, with a YAML anchor.'),
  ...furtherRouterKeys,
}

export const cacheKeys: KeyTable = {
  type: yes('text', 'local, redis; others are refused.'),
  ...each('host port password username url db ssl', yes('any', 'Address of Redis.')),
  ttl: yes('number', 'Seconds that an answer stays.'),
  namespace: yes('text', 'Prefix of the keys in Redis.'),
  supported_call_types: no('Chat, text completions and embeddings are cached.'),
  mode: yes('text', '`default_off` caches only calls that ask for it.'),
  ...each(
    'similarity_threshold redis_semantic_cache_embedding_model qdrant_api_base qdrant_api_key qdrant_collection_name',
    no('Semantic caches are not configured here yet.'),
  ),
  ...each(
    's3_bucket_name s3_region_name s3_endpoint_url s3_path gcs_bucket_name disk_cache_dir',
    no('Only local and redis.'),
  ),
  ...each('max_connections socket_timeout redis_startup_nodes service_name sentinel_nodes', no('Not needed.')),
}

export const litellmKeys: KeyTable = {
  callbacks: yes('texts', '`prometheus`, `langfuse`, `helicone`, `lunary`, `otel`; others are ignored.'),
  ...each('success_callback failure_callback service_callback service_callbacks', yes('texts', 'As `callbacks`.')),
  drop_params: yes('flag', 'Drops parameters that a model does not support.'),
  modify_params: no('The SDK adapts requests by itself.'),
  ...each('request_timeout', yes('number', 'Seconds of one attempt.')),
  num_retries: yes('whole', 'As in `router_settings`.'),
  ...each('fallbacks context_window_fallbacks content_policy_fallbacks', fallback),
  default_fallbacks: yes('texts', 'As in `router_settings`.'),
  ...each('allowed_fails', yes('whole', 'As in `router_settings`.')),
  cooldown_time: yes('number', 'As in `router_settings`.'),
  cache: yes('flag', 'Caches answers.'),
  cache_params: yes('map', 'Settings of the cache.'),
  budget_exceeded_status_code: yes('whole', 'Status of a used-up budget. 422 if not set.'),
  max_budget: yes('number', 'US dollars of all calls together.'),
  budget_duration: yes('text', 'Period of `max_budget`.'),
  max_end_user_budget: yes('number', 'US dollars of a customer without a budget.'),
  max_internal_user_budget: yes('number', 'US dollars of a new internal user.'),
  internal_user_budget_duration: yes('text', 'Period of `max_internal_user_budget`.'),
  default_internal_user_params: yes('map', 'Defaults of `/user/new`.'),
  default_key_generate_params: yes('map', 'Defaults of `/key/generate`.'),
  upperbound_key_generate_params: yes('map', 'Upper bounds of `/key/generate`.'),
  require_auth_for_metrics_endpoint: yes('flag', '`false` serves `/metrics` without a key.'),
  turn_off_message_logging: yes('flag', 'Callbacks get no prompts and no answers.'),
  ...each('set_verbose suppress_debug_info log_raw_request_response', no(verbosity)),
  json_logs: yes('flag', 'One line of JSON for each call in the log, without content.'),
  forward_traceparent_to_llm_provider: yes(
    'flag',
    'Providers get `traceparent` and `tracestate` of the client. With the callback `otel` they get those of the attempt, unless this is false.',
  ),
  ...each('telemetry', no('The gateway sends no telemetry.')),
  ...each('redact_messages_in_exceptions redact_user_api_key_info', no('Errors and events never contain credentials.')),
  ...each('force_ipv4 ssl_certificate', no('Set by the environment of Node.js.')),
  ssl_verify: never('Certificates are always verified. Set NODE_EXTRA_CA_CERTS for a private authority.'),
  ...each('langfuse_default_tags s3_callback_params datadog_params gcs_bucket_name', no('Not supported.')),
  timezone: yes('text', 'Time zone in which budget periods begin. UTC if not set.'),
  default_team_params: yes('map', 'Defaults of `/team/new`.'),
  default_team_settings: no('Callbacks are those of the gateway.'),
  key_generation_settings: yes(
    'map',
    '`personal_key_generation` and `team_key_generation`: roles that may make keys, and `required_params`.',
  ),
  enable_key_alias_format_validation: no('Aliases are free text.'),
  max_end_user_budget_id: yes('text', 'Budget of `/budget/new` for each customer without one.'),
  ...each('cost_discount_config cost_margin_config', no('Costs are those of the provider.')),
  ...each(
    'extra_spend_tag_headers disable_add_user_agent_to_request_tags',
    no('Tags are those of the key, the team and the call.'),
  ),
  ...each(
    'disable_end_user_cost_tracking disable_end_user_cost_tracking_prometheus_only enable_end_user_cost_tracking_prometheus_only',
    no('Metrics have no label of the customer.'),
  ),
  ...each(
    'prometheus_metrics_config prometheus_initialize_budget_metrics prometheus_emit_stream_label custom_prometheus_metadata_labels custom_prometheus_tags',
    no('The labels of metrics are fixed.'),
  ),
  ...each('priority_reservation priority_reservation_settings', no('Not supported.')),
  ...each(
    'model_group_settings add_user_information_to_llm_headers',
    no('Headers of clients are not forwarded, apart from `anthropic-beta`.'),
  ),
  store_audit_logs: no('Every admin action is audited.'),
  ...each('global_disable_no_log_param', no('Clients can not switch off logging.')),
  ...each(
    'network_mock mcp_aliases public_model_groups enable_redis_auth_cache model_alias_map enable_json_schema_validation',
    no('Not needed.'),
  ),
  custom_provider_map: never(python),
  post_call_rules: never(python),
  pre_call_rules: never(python),
  guardrails: never('Guardrails of LiteLLM are not run. Use hooks.'),
  ...furtherLitellmKeys,
}

export const generalKeys: KeyTable = {
  hooks: yes('any', hooks),
  master_key: yes('text', 'The key of the administrator.'),
  dangerously_permit_weak_or_unset_master_key: risky('flag', 'A weak master key is accepted on any address.'),
  database_url: yes('text', '`postgresql://…`. Without it the gateway keeps its data in SQLite.'),
  store_model_in_db: yes('flag', '`false` refuses `/model/new`.'),
  alerting: yes(
    'texts',
    '`slack`, `teams`, `discord`, `webhook`, `email`: receivers of alerts, see gateway-alerts.md.',
  ),
  alerting_threshold: yes('number', 'Seconds after which an answer is slow, and an open call hangs.'),
  alert_types: yes('texts', 'Only alerts of these types.'),
  alert_to_webhook_url: yes('map', 'Webhooks by type of alert.'),
  alerting_args: yes('map', '`budget_alert_ttl`, `digest_interval` in seconds, `email_to`, thresholds of outages.'),
  spend_report_frequency: yes('text', '`1d` adds a report each day to those of each week and month.'),
  alert_type_config: no('Failures are always gathered: `alerting_args.digest_interval`.'),
  global_max_parallel_requests: yes('whole', 'Calls in flight in this process.'),
  max_parallel_requests: yes('whole', 'Requests in flight for deployments without their own.'),
  litellm_key_header_name: yes('text', 'The header of keys, instead of all others.'),
  allowed_ips: yes('texts', 'Addresses or ranges that may call.'),
  use_x_forwarded_for: yes('flag', 'Takes the address of a client from `x-forwarded-for`.'),
  max_request_size_mb: yes('number', 'Largest body of a request.'),
  user_header_name: yes('text', 'Header with the id of the customer.'),
  enforce_user_param: yes('flag', 'Refuses calls without `user`.'),
  ...each(
    'completion_model embedding_model moderation_model',
    yes('text', 'Model of all calls, instead of the requested one.'),
  ),
  background_health_checks: yes('flag', 'Checks all deployments in the background.'),
  health_check_interval: yes('number', 'Seconds between two checks.'),
  health_check_details: yes('flag', '`false` hides parameters and errors in `/health`.'),
  pass_through_endpoints: yes('list', 'Paths that are sent on to a target.'),
  custom_auth: never(python),
  custom_sso: never(python),
  custom_key_generate: never(python),
  custom_auth_run_common_checks: never(python),
  custom_ui_sso_sign_in_handler: never(python),
  enable_jwt_auth: yes('flag', 'Signed tokens of an identity provider are keys: see `gateway-sso.md`.'),
  litellm_jwtauth: yes('map', 'See below.'),
  enable_oauth2_auth: never('Opaque tokens are not keys. Use `enable_jwt_auth`.'),
  enable_oauth2_proxy_auth: never('Headers of a proxy are not trusted.'),
  allow_client_side_credentials: never('A body of a client names no base URL and no credential.'),
  public_routes: never('Only health routes are public.'),
  ...each(
    'allowed_routes admin_only_routes',
    never('Give keys `allowed_routes` instead; roles decide on management routes.'),
  ),
  key_management_system: never(
    'Put secrets into environment variables or files; agents of secret managers can do that.',
  ),
  key_management_settings: never(
    'Put secrets into environment variables or files; agents of secret managers can do that.',
  ),
  ...each('use_google_kms use_azure_key_vault', never('Put secrets into environment variables or files.')),
  allow_requests_on_db_unavailable: no(
    'Keys are in memory: calls continue while the database is down, with their limits.',
  ),
  ...each(
    'proxy_batch_write_at proxy_budget_rescheduler_min_time proxy_budget_rescheduler_max_time',
    no('Spend is visible at once, and periods begin on time.'),
  ),
  ...each(
    'database_connection_pool_limit database_connection_timeout database_type database_args database_extra_connection_params',
    no(database),
  ),
  ...each('use_redis_transaction_buffer user_api_key_cache_ttl use_shared_health_check', no('Not needed.')),
  ...each(
    'disable_spend_logs disable_spend_updates disable_error_logs disable_reset_budget',
    no('The ledger is always complete.'),
  ),
  store_prompts_in_spend_logs: yes(
    'flag',
    'Prompts and answers are stored, masked, for `content_retention`. Off if not set.',
  ),
  maximum_spend_logs_retention_period: yes('text', 'Older rows of calls are deleted; daily sums stay.'),
  ...each(
    'maximum_spend_logs_retention_interval maximum_spend_logs_cleanup_cron',
    no('Old rows are deleted once an hour.'),
  ),
  supported_db_objects: no('Models are the only objects of the configuration in the database.'),
  token_rate_limit_type: no('Limits count all tokens.'),
  enforced_params: yes('texts', 'Fields that the body of a call must have, such as `user` or `metadata.project`.'),
  service_account_settings: yes('map', '`enforced_params` for keys without a user.'),
  reject_clientside_metadata_tags: yes('flag', 'Refuses calls with tags of the client.'),
  apply_user_budget_to_team_keys: yes('flag', 'Limits of users also hold for their keys of teams.'),
  disable_custom_api_keys: yes('flag', '`/key/generate` accepts no `key`.'),
  image_generation_model: no('Not supported.'),
  max_response_size_mb: no('Answers are bounded by the SDK (256 MiB).'),
  ...each(
    'forward_client_headers_to_llm_api forward_llm_provider_auth_headers forward_openai_org_id',
    no('Headers of clients are not forwarded, apart from `anthropic-beta`.'),
  ),
  user_header_mappings: no('Use `user_header_name`.'),
  use_client_credentials_pass_through_routes: never('Pass-through routes use the credentials of the gateway.'),
  ...each('ui_access_mode ui_username ui_password default_team_disabled', no('Settings of the interface of LiteLLM.')),
  disable_responses_id_security: never('A stored response is visible to its owner only.'),
  always_include_stream_usage: yes('flag', 'Streams end with usage, whether or not the client asks.'),
  ...each('proxy_admin_name infer_model_from_keys block_robots', no('Not needed.')),
  ...each('disable_master_key_return', no('The master key is never returned.')),
  ...each('dynamic_rate_limiting_v2 mcp_internal_ip_ranges cloudzero_settings control_plane_url', no('Not supported.')),
  ...furtherGeneralKeys,
}

/** Settings that LiteLLM doesn't have. */
export const ownKeys: KeyTable = {
  budget_mode: yes('text', '`expected` (default), `strict` or `clamp`.'),
  over_budget: yes('text', '`refuse` (default), `downgrade` or `alert`: calls on a used-up budget.'),
  budget_fallbacks: yes('map', '`model: [cheaper models]` for calls on a used-up budget.'),
  limits: yes('map', 'Limits of all calls together: `rpm_limit`, `tpm_limit`, `max_parallel_requests`, ….'),
  durability: yes('text', '`shared` or `local`: what ended calls survive. `shared` with Postgres or Redis if not set.'),
  limit_wait: yes(
    'number',
    'Seconds that a call waits for its rate limits, by priority, before it is refused. 0 if not set.',
  ),
  processes: yes(
    'whole',
    'Gateways that share limits through Redis. As long as one has not reached it, it takes its part of each limit. 1 if not set.',
  ),
  unknown_price: yes(
    'text',
    '`estimate` (default), `refuse` or `allow`: a model without a price on a key with a budget.',
  ),
  allowed_hosts: yes('texts', 'Names in the `host` header that are answered; others get 403. Any name if not set.'),
  drain_timeout: yes('number', 'Seconds that open calls may take after SIGTERM. 600 if not set.'),
  on_disconnect: yes(
    'text',
    '`abort` (default): a client that leaves ends its call. `drain` reads the answer to its end.',
  ),
  hooks_on_pass_through: yes(
    'text',
    '`refuse` (default): pass-through requests with a model are for admins while hooks are configured. `skip`: they pass the hooks by.',
  ),
  cors_origins: yes('texts', 'Origins of browsers that may call. `*` for all, which is the default.'),
  max_bytes_in_flight: yes('number', 'Bytes of all bodies in memory. 1 GiB if not set.'),
  max_unread_bytes: yes(
    'number',
    'Bytes of all streams whose clients read too slowly. Above it the stream that has waited longest is ended. A quarter of the heap if not set.',
  ),
  reader_timeout: yes('number', 'Seconds after which a stream is ended whose client takes nothing. 300 if not set.'),
  content_retention: yes('text', 'Age at which stored prompts and answers are deleted. `30d` if not set.'),
  response_retention: yes(
    'text',
    'Age at which answers of the Responses API are deleted, with the record of their owners. `30d` if not set.',
  ),
  unknown_response_ids: yes(
    'text',
    '`refuse` (default): ids of responses, items and conversations without a known owner are not found, except by admins. `pass`: the provider gets them, and every key can read what the account has stored.',
  ),
  content_masks: yes('texts', 'Regular expressions of texts that are masked in stored content.'),
  prices_url: yes('text', 'A table of prices in the form of LiteLLM, read by `POST /spend/prices/refresh`.'),
  metrics_port: yes('whole', 'Port of `GET /metrics` without a key. The main port then has no metrics.'),
  metrics_host: yes('text', 'Address of that port. That of the gateway if not set.'),
  max_customers: yes('whole', 'Customers that calls create. 100,000 if not set.'),
  custom_keys: yes('flag', 'Whether `/key/generate` may be given a key. true if not set.'),
}

/** Sections whose keys are easily confused. */
export const sections: Readonly<Record<string, KeyTable>> = {
  router_settings: routerKeys,
  litellm_settings: litellmKeys,
  general_settings: generalKeys,
}
