#!/usr/bin/env python3
"""Asks `troupe serve` by clients that others wrote: curl, the packages `openai`, `inspect_ai` and `autogen-ext` of PyPI, and `wrk`.

usage: clients.py TROUPE MODEL.gguf

`make serving` installs them and runs this. What is not installed is named and passed over; a check that fails ends it with 1.
"""
import concurrent.futures, importlib.util, json, os, re, shutil, signal, subprocess, sys, tempfile, time, urllib.error, urllib.request

TROUPE, MODEL = sys.argv[1], sys.argv[2]
NAME = os.path.basename(MODEL).removesuffix(".gguf")
failures = []


def check(claim, holds, seen=""):
    print(("ok      " if holds else "FAILS   ") + claim + ("" if holds else f": {seen}"))
    if not holds:
        failures.append(claim)


def start(*options):
    """A server at a free port, and the URL that it prints."""
    server = subprocess.Popen([TROUPE, "serve", "--policy", MODEL, "--port", "0", *options], stdout=subprocess.PIPE, text=True)
    return server, server.stdout.readline().split()[0]


def post(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def curl(url):
    def run(*words):
        return subprocess.run(["curl", "-sS", "-m", "120", *words], capture_output=True, text=True)

    root = url.removesuffix("/v1")
    check("curl: health", run(root + "/health").stdout == '{"status":"ok"}')
    check("curl: HEAD of the list of models has a length and no body", "Content-Length: " in run("-I", url + "/models").stdout)
    body = json.dumps({"model": NAME, "messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 12, "temperature": 0})
    one = run(url + "/chat/completions", "-d", body).stdout
    check("curl: a chat", json.loads(one)["choices"][0]["message"]["content"] != "", one)
    other = run(url + "/chat/completions", "-H", "Transfer-Encoding: chunked", "-H", "Expect: 100-continue", "-d", body).stdout
    check("curl: the same request in chunks, after 100 Continue, has the same bytes", other == one, other)
    stream = run("-N", url + "/chat/completions", "-d", body[:-1] + ', "stream": true}').stdout
    events = [line.removeprefix("data: ") for line in stream.split("\n") if line]
    text = "".join(json.loads(event)["choices"][0]["delta"].get("content", "") for event in events[:-1])
    check("curl: a stream says the same and ends with [DONE]", events[-1] == "[DONE]" and text == json.loads(one)["choices"][0]["message"]["content"], stream)
    large = run("-w", "%{http_code}", "-o", "/dev/null", url + "/completions", "-d", "@/dev/stdin")
    check("curl: an empty body is 400", large.stdout == "400", large.stdout)
    metrics = run(root + "/metrics").stdout
    check("curl: metrics", re.search(r'troupe_requests_total\{path="/v1/chat/completions",code="200"\} 3', metrics), metrics)


def openai(url):
    import openai

    client = openai.OpenAI(base_url=url, api_key="none", max_retries=0)
    check("openai: the list of models", [model.id for model in client.models.list()] == [NAME])
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": [{"type": "text", "text": "Name a colour."}]}]

    def ask(**more):
        return client.chat.completions.create(model=NAME, messages=messages, max_tokens=10, logprobs=True, top_logprobs=3, seed=7, **more)

    one = ask()
    tokens = one.choices[0].logprobs.content
    check("openai: the same seed gives the same answer, with its log-probabilities", ask() == one)
    check("openai: the bytes of the tokens are the text", b"".join(bytes(t.bytes or []) for t in tokens).decode() == one.choices[0].message.content)
    check("openai: three of the likeliest tokens at each place", all(len(t.top_logprobs) == 3 for t in tokens))
    chunks = list(ask(stream=True, stream_options={"include_usage": True}))
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    check("openai: a stream has the same text, log-probabilities and usage",
          text == one.choices[0].message.content and chunks[-1].usage == one.usage
          and [t for c in chunks if c.choices and c.choices[0].logprobs for t in c.choices[0].logprobs.content] == tokens, text)
    two = client.chat.completions.create(model=NAME, messages=messages, max_tokens=10, seed=6, n=2)
    check("openai: the second of two answers is that of the next seed", two.choices[1].message.content == one.choices[0].message.content)
    yes = client.chat.completions.create(model=NAME, messages=messages, extra_body={"grammar": 'root ::= "red" | "blue"'})
    check("openai: a grammar", yes.choices[0].message.content in ("red", "blue") and yes.choices[0].finish_reason == "stop")
    thing = client.chat.completions.create(model=NAME, messages=messages, response_format={"type": "json_object"}, max_tokens=200, temperature=0)
    if thing.choices[0].finish_reason == "stop":
        check("openai: a JSON object", isinstance(json.loads(thing.choices[0].message.content), dict))
    plain = client.completions.create(model=NAME, prompt="The capital of France is", max_tokens=3, temperature=0, logprobs=2)
    check("openai: a completion", plain.choices[0].text == " Paris.\n" or plain.choices[0].text.startswith(" Paris"), plain.choices[0].text)
    for error, more in [(openai.NotFoundError, {"model": "other"}), (openai.BadRequestError, {"temperature": -1}), (openai.BadRequestError, {"frequency_penalty": 1})]:
        try:
            client.chat.completions.create(**{"model": NAME, "messages": messages, **more})
            check(f"openai: {more} is refused", False)
        except error as caught:
            check(f"openai: {more} is refused, and its field is named", caught.param == next(iter(more)), caught)
    with client.chat.completions.create(model=NAME, messages=messages, max_tokens=4000, stream=True) as stream:
        next(iter(stream))
    for _ in range(100):
        with urllib.request.urlopen(url.removesuffix("/v1") + "/metrics") as answer:
            text = answer.read().decode()
        if "troupe_running_generations 0" in text:
            break
        time.sleep(0.05)
    check("openai: a stream that is left is cancelled", "troupe_running_generations 0" in text)


def inspect(url):
    from inspect_ai import Task, eval as run
    from inspect_ai.dataset import Sample
    from inspect_ai.scorer import includes

    os.environ.update(TROUPE_BASE_URL=url, TROUPE_API_KEY="none", INSPECT_DISPLAY="none")
    task = Task(dataset=[Sample(input=f"What is {a} + {a}?", target=str(2 * a)) for a in range(1, 7)], scorer=includes())
    texts = []
    for connections in (1, 6):
        with tempfile.TemporaryDirectory() as logs:
            log = run(task, model=f"openai-api/troupe/{NAME}", log_dir=logs, max_tokens=16, max_connections=connections)[0]
            if log.status != "success":
                return check("inspect_ai: an evaluation", False, log.error)
            # Samples are read from the log's file.
            texts.append([sample.output.completion for sample in log.samples])
    check("inspect_ai: an evaluation gives the same answers one at a time and six at a time", texts[0] == texts[1] and all(texts[0]), texts)


def autogen(url):
    import asyncio
    from autogen_core.models import UserMessage
    from autogen_ext.models.openai import OpenAIChatCompletionClient

    async def ask():
        info = {"vision": False, "function_calling": False, "json_output": True, "structured_output": False, "family": "unknown"}
        client = OpenAIChatCompletionClient(model=NAME, base_url=url, api_key="none", model_info=info, seed=3, max_tokens=12)
        messages = [UserMessage(content="Name a fruit.", source="user")]
        one = await client.create(messages)
        pieces = [piece async for piece in client.create_stream(messages)]
        return one, pieces

    one, pieces = asyncio.run(ask())
    check("autogen: an answer, and the same in a stream", one.content and pieces[-1].content == one.content == "".join(pieces[:-1]), (one, pieces))


def company(url):
    bodies = [{"model": NAME, "prompt": f"Item {i}:", "max_tokens": 6, "temperature": 1.5, "logprobs": 1} for i in range(24)]
    alone = [post(url + "/completions", body) for body in bodies]
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        together = list(pool.map(lambda body: post(url + "/completions", body), bodies))
    check("24 completions, twelve at a time, have the bytes that they have alone", alone == together and all(s == 200 for s, _ in alone))


def wrk(url):
    done = subprocess.run(["wrk", "-t2", "-c32", "-d2s", url.removesuffix("/v1") + "/health"], capture_output=True, text=True).stdout
    check("wrk: 32 connections for two seconds, every answer is 200", "Requests/sec" in done and "Non-2xx" not in done and "Socket errors" not in done, done)
    print("        " + next(line for line in done.split("\n") if "Requests/sec" in line))


def main():
    server, url = start()
    try:
        company(url)
        for name, test in [("curl", curl), ("openai", openai), ("inspect_ai", inspect), ("autogen_ext", autogen), ("wrk", wrk)]:
            if name in ("curl", "wrk") and not shutil.which(name) or name in ("openai", "inspect_ai", "autogen_ext") and not importlib.util.find_spec(name):
                print(f"        {name} is not installed")
                continue
            if name == "curl":
                # It counts its own requests.
                other, at = start()
                curl(at)
                other.send_signal(signal.SIGTERM)
                check("SIGTERM ends a server with 0", other.wait(20) == 0)
            else:
                test(url)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            last = pool.submit(post, url + "/completions", {"model": NAME, "prompt": "One, two,", "max_tokens": 40})
            time.sleep(0.3)
            server.send_signal(signal.SIGINT)
            check("SIGINT: what was asked is answered", last.result()[0] == 200)
        check("and the server ends with 0", server.wait(20) == 0)
    finally:
        server.kill()
    used, url = start()
    port = url.rsplit(":", 1)[1].split("/")[0]
    second = subprocess.run([TROUPE, "serve", "--policy", MODEL, "--port", port], capture_output=True, text=True)
    check("a port in use is one line and 2", second.returncode == 2 and second.stderr == f"troupe: port {port} is in use; give another one, or 0 for any that is free\n", second.stderr)
    used.kill()
    print(f"{len(failures)} checks failed" if failures else "all checks hold")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
