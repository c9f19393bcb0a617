#!/usr/bin/env python3
"""Loads `troupe serve` with clients of which some are killed, and compares every whole answer with the one that its request gets alone.

usage: load.py TROUPE POLICY [--seconds S] [--requests N] [--clients C] [--distinct D] [--tokens T]

Ends with 1 if an answer has other bytes, if a request is stuck, if the server keeps what it did for clients that are gone, or if its
memory grows while it is loaded.
"""
import argparse, http.client, json, os, random, re, signal, socket, subprocess, sys, threading, time, urllib.request

parser = argparse.ArgumentParser()
parser.add_argument("troupe")
parser.add_argument("policy")
parser.add_argument("--seconds", type=float, default=0, help="how long; 0 ends after the requests")
parser.add_argument("--requests", type=int, default=1000, help="the fewest whole answers")
parser.add_argument("--clients", type=int, default=24)
parser.add_argument("--distinct", type=int, default=100)
parser.add_argument("--tokens", type=int, default=16)
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--options", nargs="*", default=[], help="more options of `troupe serve`, without their dashes")
asked = parser.parse_args()
asked.options = [("--" + word) if index % 2 == 0 else word for index, word in enumerate(asked.options)]

server = subprocess.Popen([asked.troupe, "serve", "--policy", asked.policy, "--name", "m", "--port", "0", "--threads", str(asked.threads), *asked.options],
                          stdout=subprocess.PIPE, text=True)
url = server.stdout.readline().split()[0]
port = int(re.search(r":(\d+)/", url).group(1))
draws = random.Random(1)
WORDS = "step solve check 3 5 7 + * = ( ) [ ] add swap".split() + (["the", "sum", "of", "hello", "Name", "a", "colour"] if asked.policy.endswith(".gguf") else [])


def request():
    """A random request to /v1/completions: prompts begin alike, as those of agents do."""
    words = WORDS[:draws.randint(1, len(WORDS))] + [draws.choice(WORDS) for _ in range(draws.randint(0, 12))]
    body = {"model": "m", "prompt": " ".join(words), "max_tokens": draws.randint(1, asked.tokens), "seed": draws.randint(0, 2**40),
            "temperature": draws.choice([0, 0.7, 1]), "logprobs": draws.choice([0, 2]), "stream": draws.random() < 0.3}
    return json.dumps(body).encode()


def send(body):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    connection.request("POST", "/v1/completions", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return answer.status, data


def memory():
    """The bytes of the server that are in memory."""
    with open(f"/proc/{server.pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def metric(name):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        return sum(float(line.split()[-1]) for line in answer.read().decode().splitlines() if re.match(name + r"[ {]", line))


bodies = [request() for _ in range(asked.distinct)]
alone = [send(body) for body in bodies]
lock = threading.Lock()
counts = {"whole": 0, "killed": 0, "other": 0, "refused": 0, "failed": 0}
begin = time.monotonic()
memories = []


def is_over():
    return time.monotonic() - begin >= asked.seconds and counts["whole"] >= asked.requests


def client(number):
    draws = random.Random(number)
    while not is_over():
        place = draws.randrange(len(bodies))
        if draws.random() < 0.2:
            # Killed: at any moment, politely or by a reset.
            with socket.create_connection(("127.0.0.1", port)) as gone:
                head = f"POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(bodies[place])}\r\n\r\n".encode()
                gone.sendall((head + bodies[place])[:draws.randint(1, len(head) + len(bodies[place]))])
                time.sleep(draws.random() / 5)
                if draws.random() < 0.5:
                    gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            with lock:
                counts["killed"] += 1
            continue
        try:
            status, data = send(bodies[place])
            kind = "whole" if (status, data) == alone[place] else "refused" if status == 429 else "other"
        except OSError:
            kind = "failed"
        with lock:
            counts[kind] += 1


clients = [threading.Thread(target=client, args=(number,), daemon=True) for number in range(asked.clients)]
for thread in clients:
    thread.start()
while not is_over():
    time.sleep(1)
    memories.append(memory())
for thread in clients:
    thread.join(timeout=330)
stuck = sum(thread.is_alive() for thread in clients)
time.sleep(1)
left = metric("troupe_running_generations") + metric("troupe_waiting_requests")
seconds = time.monotonic() - begin
# What is needed once, such as buffers of the largest batch, comes in the first third.
settled, last = max(memories[: max(1, len(memories) // 3)]), max(memories[-max(1, len(memories) // 3):])
print(f"{counts['whole']} whole answers in {seconds:.0f} s by {asked.clients} clients, {len(bodies)} different ones, all as alone: {counts['other'] == 0}")
print(f"{counts['killed']} clients killed, {counts['refused']} answers 429, {counts['failed']} broken connections, {stuck} stuck, {left:.0f} requests left over")
print(f"memory at most {settled / 2**20:.1f} MiB in the first third, {last / 2**20:.1f} MiB in the last")
server.send_signal(signal.SIGTERM)
code = server.wait(timeout=60)
print(f"stopped with {code}")
bad = counts["other"] or counts["failed"] or stuck or left or code or last > settled * 1.05 + 8 * 2**20
sys.exit(1 if bad else 0)
