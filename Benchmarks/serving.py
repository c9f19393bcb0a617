#!/usr/bin/env python3
"""Loads `troupe serve` and llama.cpp's server with the same requests, in one run on this machine, and prints both rates and their ratios.

    pip install xllamacpp
    python3 Benchmarks/serving.py TROUPE MODEL.gguf [--clients 1 16 64] [--requests 64] [--tokens 32] [--format q8_0]

Each client sends one chat after another over a connection of its own: prompts of some forty tokens that begin alike, `--tokens` tokens of answer,
temperature 1, a seed. `--requests` requests, and at least two a client, are sent after a warm-up, and timed until the last is answered. The two take turns for each
number of clients, so that what else the machine does weighs on both. Troupe computes in float32, so its answers are the same to the bit whatever runs beside
them; llama.cpp computes on the quantized weights, in whatever order its batches have. `same bytes` says whether equal requests got equal answers.
"""
import argparse, http.client, json, os, re, signal, subprocess, sys, threading, time

arguments = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1])
arguments.add_argument("troupe")
arguments.add_argument("model")
arguments.add_argument("--clients", type=int, nargs="+", default=[1, 16, 64])
arguments.add_argument("--requests", type=int, default=64)
arguments.add_argument("--tokens", type=int, default=32)
arguments.add_argument("--threads", type=int, default=2)
arguments.add_argument("--format", choices=["bf16", "q8_0"])
arguments = arguments.parse_args()
NAME = os.path.basename(arguments.model).removesuffix(".gguf")

PEER = """
import sys, time, xllamacpp as x
p = x.CommonParams(); p.model.path = sys.argv[1]; p.port = 0; p.hostnames = ["127.0.0.1"]
p.n_parallel = int(sys.argv[2]); p.n_ctx = 256 * p.n_parallel
p.cpuparams.n_threads = p.cpuparams_batch.n_threads = int(sys.argv[3])
s = x.Server(p); print(s.listening_address, flush=True)
while True: time.sleep(60)
"""


def body(number):
    question = f"Tell me a short story about the number {number % 50}."
    return json.dumps({
        "model": NAME, "messages": [{"role": "user", "content": question}], "max_tokens": arguments.tokens, "temperature": 1.0,
        "top_k": 0, "top_p": 1.0, "min_p": 0.0, "seed": number % 50, "stream": False,
    })


def load(address, clients, requests):
    """Requests and tokens in a second, the seconds of an answer (median), and whether equal requests had equal answers."""
    host, port = address
    lock, numbers = threading.Lock(), iter(range(requests))
    done, texts, errors = [], {}, []

    def client():
        connection = http.client.HTTPConnection(host, port, timeout=600)
        while not errors:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            begin = time.monotonic()
            connection.request("POST", "/v1/chat/completions", body(number), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            found = json.loads(answer.read())
            with lock:
                if answer.status != 200:
                    errors.append(found)
                    return
                done.append((found["usage"]["completion_tokens"], time.monotonic() - begin))
                texts.setdefault(number % 50, set()).add(found["choices"][0]["message"]["content"])

    begin = time.monotonic()
    threads = [threading.Thread(target=client) for _ in range(clients)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    elapsed = time.monotonic() - begin
    if errors:
        sys.exit(f"an error: {errors[0]}")
    times = sorted(seconds for _, seconds in done)
    return len(done) / elapsed, sum(tokens for tokens, _ in done) / elapsed, times[len(times) // 2], all(len(t) == 1 for t in texts.values())


def start(command):
    """The server, and its host and port, which it prints."""
    for _ in range(3):
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in server.stdout:
            if found := re.search(r"([\w.]+):(\d+)", line.replace("http://", "")):
                return server, (found[1], int(found[2]))
        print(f"{command[0]} ended with {server.wait()} before it listened; again", file=sys.stderr)
    sys.exit("it does not start")


def main():
    processor = next(line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name"))
    print(f"{processor}, {os.cpu_count()} processors, {arguments.threads} threads; {NAME}, {arguments.tokens} tokens an answer")
    print(f"{'clients':>7} {'server':>10} {'requests/s':>11} {'tokens/s':>9} {'seconds':>8} {'same bytes':>11}")
    for clients in arguments.clients:
        rates = []
        for name, command in [
            ("troupe", [arguments.troupe, "serve", "--policy", arguments.model, "--port", "0", "--threads", str(arguments.threads)] + (["--format", arguments.format] if arguments.format else [])),
            ("llama.cpp", [sys.executable, "-c", PEER, arguments.model, str(clients), str(arguments.threads)]),
        ]:
            server, address = start(command)
            try:
                load(address, min(clients, 4), min(clients, 4))
                rates.append(load(address, clients, max(arguments.requests if clients > 1 else arguments.requests // 4, 2 * clients)))
            finally:
                server.send_signal(signal.SIGKILL)
                server.wait()
            requests, tokens, seconds, same = rates[-1]
            print(f"{clients:7} {name:>10} {requests:11.2f} {tokens:9.1f} {seconds:8.2f} {'yes' if same else 'no':>11}", flush=True)
        print(f"{clients:7} {'ratio':>10} {rates[0][0] / rates[1][0]:11.2f} {rates[0][1] / rates[1][1]:9.2f}")


if __name__ == "__main__":
    main()
