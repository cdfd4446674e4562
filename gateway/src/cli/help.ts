export const help = `llmux-gateway: any OpenAI, Anthropic or Gemini client on every provider.

  llmux-gateway                              serves every provider whose key is in the environment, on 127.0.0.1:4000
  llmux-gateway --config config.yaml         serves the models of a config.yaml of LiteLLM
  llmux-gateway --model gpt-4o               serves one model
  llmux-gateway check config.yaml            reports the treatment of every line: honoured, ignored, refused, dangerous

  llmux-gateway migrate --config config.yaml brings the schema of the database up to date, before a deployment
  llmux-gateway import postgresql://…        copies keys, teams, users, budgets, models and spend of a database of LiteLLM;
                                             --salt_key KEY is LiteLLM's salt key, if the gateway's own is another

  --config, -c FILE      config.yaml; CONFIG_FILE_PATH
  --port PORT            4000; PORT
  --host ADDRESS         0.0.0.0 with a config and a strong master key, 127.0.0.1 otherwise; HOST
  --data FOLDER          ./llmux-data: database, spool, and the master key if the first start made one
  --model, -m MODEL      provider/model, with --alias NAME, --api_base URL, --api_version VERSION, --temperature,
                         --max_tokens, --request_timeout SECONDS
  --max_budget DOLLARS   for all calls together
  --drop_params          drops parameters that a model does not support
  --debug                logs more
  --version, --help

Signals: SIGHUP reads the config again; SIGTERM and SIGINT let open calls finish, a second one ends at once.

A master key is set by general_settings.master_key or LITELLM_MASTER_KEY. It should have at least 16 random characters:
published examples and placeholders are accepted on 127.0.0.1 only. Without one the first start makes it.`
