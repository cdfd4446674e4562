/** Keys of LiteLLM without an effect here, by section. Without them, parameters of a deployment would be sent to its provider. */

import { each, type KeyTable, never, no } from './key-table.js'

const python = 'Names Python code, which the gateway does not run. Use hooks in TypeScript.'

export const furtherGeneralKeys: KeyTable = {
  ...each('custom_key_update custom_key_policy custom_team_metadata_validate', never(python)),
  ...each('role_permissions enforce_rbac', never('Roles have fixed rights. Use `litellm_jwtauth` for tokens.')),
  oauth2_config_mappings: never('Opaque tokens are not keys. Use `enable_jwt_auth`.'),
  ...each(
    'fail_closed_budget_enforcement fail_closed_rate_limit_enforcement disable_budget_reservation enforce_fallback_model_access',
    no('Limits and rights always hold, also for fallbacks.'),
  ),
  ...each('cancel_on_disconnect', no('Use `llmux_settings.on_disconnect`.')),
  ...each('allow_unmanaged_response_ids', no('Use `llmux_settings.unknown_response_ids`.')),
  ...each(
    'coordination_redis disable_model_info_refresh disable_prisma_schema_update proxy_config_reload_interval_seconds scheduled_job_stagger user_api_key_cache_max_size',
    no('Not needed.'),
  ),
  ...each(
    `database_connect_timeout database_connection_pool_timeout database_disable_prepared_statements database_max_idle_connection_lifetime
database_socket_timeout use_spend_logs_partitioning`,
    no('A matter of Prisma, which the gateway does not use.'),
  ),
  ...each(
    `maximum_spend_logs_cleanup_batch_size maximum_spend_logs_cleanup_batch_timeout maximum_spend_logs_cleanup_max_batches
maximum_spend_logs_cleanup_run_budget`,
    no('Old rows are deleted once an hour.'),
  ),
  ...each(
    'admission_queue_timeout_seconds max_in_flight_requests_per_worker max_queued_requests_per_worker',
    no('Use `global_max_parallel_requests` and `llmux_settings.max_bytes_in_flight`.'),
  ),
  ...each(
    `failed_login_block_seconds failed_login_window_seconds max_failed_login_attempts_per_source
max_failed_login_attempts_per_source_overrides`,
    no('300 wrong keys of an address within a minute are answered; further ones get 429.'),
  ),
  ...each(
    `background_health_check_model_groups health_check_concurrency health_check_skip_disabled_background_models
health_check_ignore_transient_errors health_check_staleness_threshold model_list_healthy_only`,
    no('A failed check is repeated each interval.'),
  ),
  ...each('trusted_proxy_ranges disable_requester_ip_address_logging', no('Not supported.')),
  ...each('otel tracing', no('Use `callback_settings.otel`.')),
  ...each('email slack', no('Use `alerting`.')),
  ...each(
    `enable_drain_endpoint drain_endpoint_token enable_public_model_hub hide_default_credentials_hint litellm_license
auto_redirect_ui_login_to_sso disable_password_login_when_sso_enabled disable_env_credential_login`,
    no('Settings of the interface of LiteLLM.'),
  ),
  ...each(
    `pass_through_request_timeout passthrough_managed_object_ids enable_openai_websocket_passthrough include_call_id_in_error_body
expose_fallback_errors_to_caller team_metadata_schema team_metadata_validation_error_message team_metadata_validation_timeout
spend_logs_metadata_fields plugins search_tools disable_auto_add_proxy_admin_to_teams disable_key_generate_for_org_admin
max_file_size_mb max_batch_file_size_mb max_batch_file_records allowed_file_extensions blocked_file_extensions`,
    no('Not supported.'),
  ),
}

export const furtherRouterKeys: KeyTable = {
  ...each(
    `routing_groups tag_routing_prefix enable_weighted_failover router_general_settings fallback_on_unsupported_params
auto_router_capability_limit guardrail_list plugins search_tools background_health_check_model_groups`,
    no('Not supported.'),
  ),
}

export const furtherLitellmKeys: KeyTable = {
  tag_budget_config: never('Give tags their budgets with `/tag/new`.'),
  blocked_user_list: never('Block customers with `/customer/block`.'),
  banned_keywords_list: never('Use a hook.'),
  validate_end_user_id_in_db: never('Customers are created by their first call.'),
  block_requests_for_models_without_pricing: never('Use `llmux_settings.unknown_price: refuse`.'),
  max_user_budget: never('Use `max_internal_user_budget`, and `max_end_user_budget` for customers.'),
  ...each(
    `openai_key anthropic_key azure_key cohere_key groq_key togetherai_api_key openrouter_key huggingface_key replicate_key api_key
api_base api_version`,
    never('Set `api_key` and `api_base` of the deployments.'),
  ),
  ...each(
    'vertex_project vertex_location',
    never('Set them on the deployments, or VERTEXAI_PROJECT and VERTEXAI_LOCATION.'),
  ),
  ...each(
    'budget_rollover budget_exceeded_throttle_percentage default_soft_budget',
    no('Budgets begin anew with each period, and calls on a used-up budget are refused.'),
  ),
  ...each(
    'include_cost_in_streaming_usage standard_logging_payload_excluded_fields generic_logger_headers callback_settings',
    no('Not supported.'),
  ),
  ...each(
    'default_in_memory_ttl default_redis_ttl default_redis_batch_cache_expiry caching',
    no('Use `cache_params.ttl`.'),
  ),
  ...each(
    `prometheus_emit_input_sequence_length_label prometheus_emit_rate_limit_labels prometheus_exclude_labels prometheus_exclude_metrics
prometheus_latency_buckets prometheus_user_budget_label_include_email_alias`,
    no('The labels of metrics are fixed.'),
  ),
  ...each(
    `websearch_interception_params code_interpreter_interception_params mcp_semantic_tool_filter mcp_tool_search public_mcp_servers
public_agent_groups vector_store_registry vector_store_index_registry model_cost_map_url blog_posts_url`,
    no('Not part of the gateway.'),
  ),
  ...each(
    `aiohttp_trust_env disable_aiohttp_trust_env disable_aiohttp_transport use_aiohttp_transport http2 ssl_security_level ssl_ecdh_curve
disable_hf_tokenizer_download disable_token_counter disable_streaming_logging enable_preview_features return_response_headers
use_chat_completions_url_for_anthropic_messages route_all_chat_openai_to_responses reasoning_auto_summary`,
    no('Not needed.'),
  ),
}

export const furtherParamKeys: KeyTable = {
  ...each(
    'default_api_key_tpm_limit default_api_key_rpm_limit',
    never('Give keys `model_tpm_limit` and `model_rpm_limit`.'),
  ),
  ...each('aws_session_tags', never('Roles of AWS come from the environment or a profile.')),
  ...each('azure_scope', no('The scope is that of Azure OpenAI.')),
  ...each('itpm otpm', no('Use `tpm`.')),
  ...each('tag_regex provider_affinity_header keepalive_seconds timeout_by_service_tier', no('Not supported.')),
  ...each('stream_timeout_by_service_tier max_file_size_mb model_info', no('Not supported.')),
  ...each(
    `s3_access_key_id s3_secret_access_key s3_region_name s3_endpoint_url s3_output_bucket_name s3_bucket_owner aws_batch_role_arn
bucket_name gcs_bucket_name`,
    no('Batches are not served.'),
  ),
  ...each(
    `adaptive_router_config adaptive_router_default_model complexity_router_config complexity_router_default_model quality_router_config
quality_router_default_model`,
    never('The semantic auto-router is not part of the gateway.'),
  ),
  ...each(
    `anthropic_federation_rule_id anthropic_identity_token anthropic_identity_token_file anthropic_service_account_id
openai_identity_provider_id openai_identity_token_file openai_service_account_id`,
    never('Set `api_key`.'),
  ),
}

export const furtherInfoKeys: KeyTable = {
  blocked: never('Remove the deployment.'),
  access_windows: never('Models are open at all times. Block a key or a team instead.'),
  ...each(
    'tier discoverable adaptive_router_preferences allow_fail_open cost_per_ptu_per_hour ptu_count ptu_effective_from',
    no('Not supported.'),
  ),
}
