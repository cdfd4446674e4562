import os
from pydantic_ai import Agent

base, key, model, wire = (os.environ[name] for name in ('BASE', 'KEY', 'MODEL', 'WIRE'))
if wire == 'messages':
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    made = AnthropicModel(model, provider=AnthropicProvider(api_key=key, base_url=base))
elif wire == 'gemini':
    from pydantic_ai.models.google import GoogleModel
    from pydantic_ai.providers.google import GoogleProvider

    made = GoogleModel(model, provider=GoogleProvider(api_key=key, base_url=base))
else:
    from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
    from pydantic_ai.providers.openai import OpenAIProvider

    kind = OpenAIResponsesModel if wire == 'responses' else OpenAIChatModel
    made = kind(model, provider=OpenAIProvider(api_key=key, base_url=base + '/v1'))

agent = Agent(made)


@agent.tool_plain
def read_note(path: str) -> str:
    """Reads a file of this folder."""
    return open('note.txt').read()


print(agent.run_sync(os.environ['TASK']).output)
