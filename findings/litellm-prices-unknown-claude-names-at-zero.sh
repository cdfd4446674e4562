#!/usr/bin/env bash
# LiteLLM's SDK gives a misspelt or unlisted Claude or GPT-6 model a price of 0, where it raises for other families.
#
# Package: pip litellm==1.110.2, cost_per_token and get_model_info, with the price list that comes in the package.
# Behaviour: names that are in no price list raise ModelNotMappedError for Gemini, Mistral and gpt-4o. For the Claude and
#   GPT-6 names below it returns 0.0 without a warning: a budget built on it never fills.
# Seen on 2026-11-29 with Python 3.11:
#   anthropic/claude-sonet-4-5 (0.0, 0.0) · bedrock/anthropic.claude-opus-4-55 (0.0, 0.0) · openai/gpt-6-soll (0.0, 0.0)
#   openai/gpt-4o-minni, gemini/gemini-2.5-prro, mistral/mistral-lage: ModelNotMappedError · anthropic/claude-sonnet-4-5 (3.0, 15.0)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet --no-compile --disable-pip-version-check litellm==1.110.2

cat > "$folder/check.py" <<'CODE'
import sys

import litellm

litellm.suppress_debug_info = True
expected = {
    "anthropic/claude-sonnet-4-5": "(3.0, 15.0)",
    "anthropic/claude-sonet-4-5": "(0.0, 0.0)",
    "bedrock/anthropic.claude-opus-4-55": "(0.0, 0.0)",
    "openai/gpt-6-soll": "(0.0, 0.0)",
    "openai/gpt-4o-minni": "ModelNotMappedError",
    "gemini/gemini-2.5-prro": "ModelNotMappedError",
    "mistral/mistral-lage": "ModelNotMappedError",
}


def price(model):
    try:
        return str(litellm.cost_per_token(model=model, prompt_tokens=1_000_000, completion_tokens=1_000_000))
    except Exception as error:
        return type(error).__name__


print("litellm 1.110.2: dollars for a million tokens in and out")
changed = False
for model, known in expected.items():
    seen = price(model)
    print(f"{model:36} listed: {model.split('/')[-1] in litellm.model_cost!s:6} {seen}")
    changed = changed or seen != known
print("The behaviour changed." if changed else "As described: some unknown models are free, others raise.")
sys.exit(changed)
CODE
LITELLM_LOCAL_MODEL_COST_MAP=True "$folder/python/bin/python" "$folder/check.py"
