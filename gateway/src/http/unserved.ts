/** Routes of LiteLLM that the gateway doesn't serve, with the way to the same end. */
const routes: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [
    /^(\/v1)?\/(mcp|mcp-rest|a2a|agents)(\/|$)/,
    'MCP and agents are not part of the gateway. Call their servers directly.',
  ],
  [/^(\/v1)?\/prompts?(\/|$)/, 'Prompt management is not part of the gateway. Keep prompts in the application.'],
  [
    /^(\/v1)?\/(files|batches|fine_tuning|assistants|threads|vector_stores|containers)(\/|$)/,
    'Not served. Use the pass-through routes: /openai/v1/… for example.',
  ],
  [
    /^(\/v1)?\/(audio\/translations|images\/variations|videos|realtime|ocr|rag|search)(\/|$)/,
    'Not served. Use the pass-through routes: /openai/v1/… for example.',
  ],
  [/^\/(guardrails|policies|policy)(\/|$)/, 'Guardrails are hooks in the configuration.'],
  [
    /^\/(config|get|update|router|callbacks|active|settings|cost|invitation|sso|onboarding|ui|login)(\/|$)/,
    'The configuration is a file: change it and send SIGHUP, or call POST /config/reload.',
  ],
  [/^\/credentials(\/|$)/, 'Credentials are in the configuration: credential_list.'],
  [/^\/organization\/(new|update|delete|member_\w+)$/, 'Organizations are not part of the gateway. Use teams.'],
  [
    /^\/(access_group|access_groups|project|jwt|object_permission|compliance|audit_logs)(\/|$)/,
    'Not served. Use teams, and access_groups of models.',
  ],
  [/^\/(reload|schedule)(\/|$)/, 'Prices are part of the release. Set custom prices in the configuration.'],
  [
    /^\/(global\/activity|global\/all_end_users|provider\/budgets|queue|memory-usage.*|otel-spans)(\/|$)/,
    'Not served. See /metrics and /global/spend/report.',
  ],
  [/^\/(public|routes|team\/\w+\/callback|email)(\/|$)/, 'Not served.'],
]

/** The message for a route of LiteLLM that isn't served; undefined for all other paths. */
export const unserved = (path: string): string | undefined => routes.find(([pattern]) => pattern.test(path))?.[1]
