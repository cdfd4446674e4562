"""The vendors' Python packages and pydantic-ai run a tool through a handler: python-sdks.py BASE MODEL.

Exits with 1 if a check fails. Started by python-sdks.mjs, whose simulator answers a request with tools by a call, and its result by a text.
"""

import asyncio
import json
import sys

import anthropic
import openai
from google import genai
from google.genai import types

base, model = sys.argv[1:]
ask = 'Weather in Oslo?'
schema = {'type': 'object', 'properties': {'city': {'type': 'string'}}, 'required': ['city']}
failures = []


def check(name, run):
    try:
        text = run()
        passed = text == 'Rain in Oslo.'
        detail = '' if passed else f': {text!r}'
    except Exception as error:  # noqa: BLE001
        passed, detail = False, f': {type(error).__name__}: {error}'
    print(f"{'ok    ' if passed else 'FAILED'} {name} -> {model}{detail}")
    if not passed:
        failures.append(name)


def messages(streamed):
    client = anthropic.Anthropic(api_key='any', base_url=base, max_retries=0)
    tools = [{'name': 'get_weather', 'description': 'Weather.', 'input_schema': schema}]

    def send(history):
        params = {'model': model, 'max_tokens': 2000, 'tools': tools, 'messages': history}
        if not streamed:
            return client.messages.create(**params)
        with client.messages.stream(**params) as stream:
            return stream.get_final_message()

    history = [{'role': 'user', 'content': ask}]
    first = send(history)
    use = next(block for block in first.content if block.type == 'tool_use')
    assert use.input == {'city': 'Oslo'}, use.input
    assert first.stop_reason == 'tool_use', first.stop_reason
    result = {'type': 'tool_result', 'tool_use_id': use.id, 'content': 'rain at 7 degrees'}
    history += [{'role': 'assistant', 'content': first.content}, {'role': 'user', 'content': [result]}]
    return next(block.text for block in send(history).content if block.type == 'text')


def chat(streamed):
    client = openai.OpenAI(api_key='any', base_url=f'{base}/v1', max_retries=0)
    tools = [{'type': 'function', 'function': {'name': 'get_weather', 'parameters': schema}}]

    def send(history):
        params = {'model': model, 'tools': tools, 'messages': history}
        if not streamed:
            return client.chat.completions.create(**params).choices[0]
        with client.chat.completions.stream(**params) as stream:
            return stream.get_final_completion().choices[0]

    history = [{'role': 'user', 'content': ask}]
    first = send(history)
    call = first.message.tool_calls[0]
    assert json.loads(call.function.arguments) == {'city': 'Oslo'}, call.function.arguments
    assert first.finish_reason == 'tool_calls', first.finish_reason
    history += [first.message.model_dump(exclude_none=True), {'role': 'tool', 'tool_call_id': call.id, 'content': 'rain at 7 degrees'}]
    return send(history).message.content


def responses(streamed):
    client = openai.OpenAI(api_key='any', base_url=f'{base}/v1', max_retries=0)
    tools = [{'type': 'function', 'name': 'get_weather', 'parameters': schema, 'strict': False}]

    def send(items):
        params = {'model': model, 'tools': tools, 'input': items}
        if not streamed:
            return client.responses.create(**params)
        with client.responses.stream(**params) as stream:
            for _ in stream:
                pass
            return stream.get_final_response()

    items = [{'role': 'user', 'content': ask}]
    first = send(items)
    call = next(item for item in first.output if item.type == 'function_call')
    assert json.loads(call.arguments) == {'city': 'Oslo'}, call.arguments
    history = [item.model_dump(exclude_none=True, exclude={'parsed_arguments'}) for item in first.output]
    return send([*items, *history, {'type': 'function_call_output', 'call_id': call.call_id, 'output': 'rain at 7 degrees'}]).output_text


def generate_content(streamed):
    client = genai.Client(api_key='any', http_options=types.HttpOptions(base_url=base))
    declared = types.FunctionDeclaration(name='get_weather', parameters_json_schema=schema)
    config = types.GenerateContentConfig(tools=[types.Tool(function_declarations=[declared])])
    chat = client.chats.create(model=model, config=config)

    def send(message):
        return list(chat.send_message_stream(message)) if streamed else [chat.send_message(message)]

    first = send(ask)
    call = next(call for answer in first for call in answer.function_calls or [])
    assert call.args == {'city': 'Oslo'}, call.args
    response = types.FunctionResponse(id=call.id, name=call.name, response={'output': 'rain at 7 degrees'})
    second = send(types.Part(function_response=response))
    return ''.join(part.text for answer in second for part in answer.candidates[0].content.parts if part.text and not part.thought)


def pydantic(made):
    from pydantic_ai import Agent

    agent = Agent(made)

    @agent.tool_plain
    def get_weather(city: str) -> str:
        assert city == 'Oslo', city
        return 'rain at 7 degrees'

    return asyncio.run(agent.run(ask)).output


def pydantic_anthropic():
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    return pydantic(AnthropicModel(model, provider=AnthropicProvider(api_key='any', base_url=base)))


def pydantic_google():
    from pydantic_ai.models.google import GoogleModel
    from pydantic_ai.providers.google import GoogleProvider

    return pydantic(GoogleModel(model, provider=GoogleProvider(api_key='any', base_url=base)))


for streamed in (False, True):
    suffix = ', streamed' if streamed else ''
    check(f'anthropic {anthropic.__version__}{suffix}', lambda: messages(streamed))
    check(f'openai {openai.__version__}, chat completions{suffix}', lambda: chat(streamed))
    check(f'openai {openai.__version__}, responses{suffix}', lambda: responses(streamed))
    check(f'google-genai {genai.__version__}{suffix}', lambda: generate_content(streamed))
check('pydantic-ai, Messages', pydantic_anthropic)
check('pydantic-ai, generateContent', pydantic_google)
sys.exit(1 if failures else 0)
