#!/usr/bin/env bash
# pydantic-ai 2.68.0
here="$(cd "$(dirname "$0")" && pwd)"
source "$CLIENTS_LIB/lib.sh"
pip_install pydantic-ai 'pydantic-ai-slim[openai,anthropic,google]==2.68.0'
start
export BASE KEY MODEL TASK="$task" WIRE=chat
check python "$here/pydantic-ai.py"
