"""Asks a second: one process asks 1,023 others round a ring, one after the other (simpy stores, virtual time)."""

import time

import simpy

COUNT = 50_000


def answer(environment, store):
    while True:
        reply, hop = yield store.get()
        reply.put(hop)


def ask(environment, stores, rates):
    reply = simpy.Store(environment)
    for _ in range(6):
        start = time.perf_counter()
        for hop in range(COUNT):
            stores[hop % 1023].put((reply, hop))
            yield reply.get()
        rates.append(COUNT / (time.perf_counter() - start))


environment = simpy.Environment()
stores = [simpy.Store(environment) for _ in range(1023)]
for store in stores:
    environment.process(answer(environment, store))
rates = []
environment.run(environment.process(ask(environment, stores, rates)))
print(round(sorted(rates[1:])[2]))
