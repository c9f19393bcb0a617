"""Times SmolLM2-135M in llama.cpp: the peer of `troupe bench policy smollm2-q8_0`.

    pip install xllamacpp gguf
    python3 Benchmarks/peers/policy_llamacpp.py smollm2-q8_0|smollm2-q4_1 [--threads N]

The model is the one that `make published-model` fetches (Q4_1); for Q8_0 its matrices are quantized so by `gguf`. Prints one JSON
object: versions, and a list of tokens per second, each the median of five after one that is not counted: decoding of 1, 16 and 64
sequences at once, and prefill of 512 tokens.
"""
import argparse, concurrent.futures, importlib.metadata, json, pathlib, statistics, tempfile, time
import gguf, xllamacpp

MODEL = pathlib.Path(__file__).parents[2] / ".build-models/SmolLM2-135M-Instruct.Q4_1.gguf"


def quantized(target):
    """Writes the model with its matrices in Q8_0."""
    reader = gguf.GGUFReader(MODEL)
    writer = gguf.GGUFWriter(target, "llama")
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name in ("general.architecture", "general.file_type"):
            continue
        kind = field.types[0]
        part = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), kind, sub_type=part)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    for tensor in reader.tensors:
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        kind = gguf.GGMLQuantizationType.Q8_0 if values.ndim > 1 else gguf.GGMLQuantizationType.F32
        writer.add_tensor(tensor.name, gguf.quants.quantize(values, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def server(model, threads, slots):
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(model)
    parameters.n_ctx = 1024 * slots
    parameters.n_parallel = slots
    parameters.n_batch = parameters.n_ubatch = 512
    parameters.n_gpu_layers = 0
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = threads
    parameters.cache_ram_mib = 0
    parameters.verbosity = -1
    return xllamacpp.Server(parameters)


def ask(engine, prompt, count):
    answer = engine.handle_completions({
        "prompt": prompt, "max_tokens": count, "temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0, "seed": 1,
        "ignore_eos": True, "cache_prompt": False})
    return answer if isinstance(answer, dict) else json.loads(answer)


def median_rate(body, count=5):
    body()
    rates = []
    for _ in range(count):
        rates.append(body())
    return statistics.median(rates)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("name", choices=["smollm2-q8_0", "smollm2-q4_1"])
    arguments.add_argument("--threads", type=int, default=2)
    arguments = arguments.parse_args()
    results = []
    with tempfile.TemporaryDirectory() as directory:
        model = MODEL
        if arguments.name.endswith("q8_0"):
            model = pathlib.Path(directory) / "q8_0.gguf"
            quantized(model)
        for batch, count in ((1, 64), (16, 32), (64, 16)):
            engine = server(model, arguments.threads, batch)

            def decode():
                with concurrent.futures.ThreadPoolExecutor(batch) as pool:
                    begin = time.perf_counter()
                    answers = list(pool.map(lambda index: ask(engine, [index + 1], count), range(batch)))
                    seconds = time.perf_counter() - begin
                assert all(answer["usage"]["completion_tokens"] == count for answer in answers)
                return batch * count / seconds

            results.append({"model": arguments.name, "work": f"decode {batch}", "rate": median_rate(decode)})
            if batch == 1:
                prompt = [index * 7 % 1000 for index in range(512)]

                def prefill():
                    begin = time.perf_counter()
                    ask(engine, prompt, 1)
                    return 512 / (time.perf_counter() - begin)

                results.append({"model": arguments.name, "work": "prefill 512", "rate": median_rate(prefill)})
            del engine
    print(json.dumps({"versions": f"xllamacpp {importlib.metadata.version('xllamacpp')}", "results": results}))


main()
