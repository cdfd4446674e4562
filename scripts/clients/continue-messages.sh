#!/usr/bin/env bash
# Continue CLI 1.5.47
source "$CLIENTS_LIB/lib.sh"
node24
npm_install continue @continuedev/cli@1.5.47
start
cat > "$work/config.yaml" <<YAML
name: llmux
version: 0.0.1
schema: v1
models:
  - name: model
    provider: anthropic
    model: $MODEL
    apiBase: $BASE/v1
    apiKey: $KEY
    roles: [chat]
YAML
export CONTINUE_TELEMETRY_ENABLED=0
check cn --config "$work/config.yaml" --auto -p "$task"
