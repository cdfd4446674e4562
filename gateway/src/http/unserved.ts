/** Routes of LiteLLM and Google that the gateway doesn't serve, with the way to the same end. */
const routes: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/^\/v1beta\/models\/[^/]+:\w*[eE]mbedContents?$/, 'Not served. Use POST /v1/embeddings, or /gemini/v1beta/… .'],
  [
    /^(\/v1|\/v1beta)?\/(mcp|mcp-rest|a2a|agents?|tool|skills|interactions)(\/|$)/,
    'MCP and agents are not part of the gateway. Call their servers directly.',
  ],
  [/^(\/v1)?\/prompts?(\/|$)/, 'Prompt management is not part of the gateway. Keep prompts in the application.'],
  [
    /^(\/v1|\/\w+\/v1)?\/(files|batches|fine_tuning|assistants|threads|vector_stores?|indexes|containers|evals)(\/|$)/,
    'Not served. Use the pass-through routes: /openai/v1/… for example.',
  ],
  [
    /^(\/v1)?\/(audio\/translations|images\/variations|videos|realtime|ocr|rag|search)(\/|$)/,
    'Not served. Use the pass-through routes: /openai/v1/… for example.',
  ],
  [/^(\/openai)?(\/v1)?\/responses\/input_tokens$/, 'Not served. Count tokens with POST /utils/token_counter.'],
  [/^(\/v2)?\/(guardrails|policies|policy|apply_guardrail)(\/|$)/, 'Guardrails are hooks in the configuration.'],
  [
    /^(\/v[23])?\/(config|config_overrides|get|update|router|callbacks|active|settings|cost|invitation|sso|onboarding|ui|login)(\/|$)/,
    'The configuration is a file: change it and send SIGHUP, or call POST /config/reload.',
  ],
  [
    /^\/(alerting\/settings|cache\/settings|coordination_redis|fallback|(add|delete)\/allowed_ip|managed\/settings)(\/|$)/,
    'The configuration is a file: change it and send SIGHUP, or call POST /config/reload.',
  ],
  [/^\/credentials(\/|$)/, 'Credentials are in the configuration: credential_list.'],
  [/^\/organization\/member_\w+$/, 'Organizations have no members of their own. Use members of teams.'],
  [/^\/team\/permissions_\w+$/, "Set 'team_member_permissions' with POST /team/update."],
  [
    /^\/scim(\/|$)/,
    'SCIM is not served. Users and teams follow the claims of their tokens: see /sso and enable_jwt_auth.',
  ],
  [
    /^\/health\/(history|latest|license|shared-status|test_connection|deployment_warnings)(\/|$)/,
    'Not served. See GET /health.',
  ],
  [/^\/model\/(block|unblock)$/, 'Not served. Remove the model with /model/delete.'],
  [
    /^\/(spend\/(logs\/session|capture_rate)|\w+\/spend\/(report|by_user)|tag\/(dau|wau|mau|distinct|summary|user-agent)|model\/(metrics|streaming_metrics|settings|deprecations))(\/|$)/,
    'Not served. See GET /spend/usage and GET /global/spend/report.',
  ],
  [
    /^\/(v1\/access_group|access_group|access_groups|project|jwt|object_permission|compliance|audit_logs)(\/|$)/,
    'Not served. Use teams, and access_groups of models.',
  ],
  [/^\/(reload|schedule)(\/|$)/, 'Prices are part of the release. Set custom prices in the configuration.'],
  [
    /^\/(global\/activity|global\/all_end_users|provider\/budgets|queue|memory-usage.*|otel-spans)(\/|$)/,
    'Not served. See /metrics and /global/spend/report.',
  ],
  [
    /^\/(public|routes|team\/\w+\/(callback|disable_logging)|email|model_hub|claude-code|cloudzero|vantage|search_tools|telemetry)(\/|$)/,
    'Not served.',
  ],
  [
    /^\/(utils\/(transform_request|model_info)|debug|user\/(filter|available_roles)|team\/filter|cache\/redis)(\/|$)/,
    'Not served.',
  ],
]

/** The message for a route of LiteLLM that isn't served; undefined for all other paths. */
export const unserved = (path: string): string | undefined => routes.find(([pattern]) => pattern.test(path))?.[1]
