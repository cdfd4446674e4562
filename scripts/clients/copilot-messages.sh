#!/usr/bin/env bash
# GitHub Copilot CLI 1.0.102 with a provider of one's own, which needs no account
source "$CLIENTS_LIB/lib.sh"
node24
npm_install copilot @github/copilot@1.0.102
start
export COPILOT_PROVIDER_TYPE=anthropic COPILOT_PROVIDER_BASE_URL="$BASE"

export COPILOT_PROVIDER_API_KEY="$KEY" COPILOT_MODEL="$MODEL" COPILOT_AUTO_UPDATE=false
check copilot --allow-all-tools --no-color -p "$task"
