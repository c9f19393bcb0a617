"""Asks a second: a program asks 1,023 agents round a ring, one after the other (autogen-core, one runtime)."""

import asyncio
import time
from dataclasses import dataclass

from autogen_core import AgentId, MessageContext, RoutedAgent, SingleThreadedAgentRuntime, message_handler

COUNT = 3_000


@dataclass
class Question:
    hop: int


@dataclass
class Answer:
    hop: int


class Answerer(RoutedAgent):
    def __init__(self):
        super().__init__("answers")

    @message_handler
    async def handle(self, message: Question, ctx: MessageContext) -> Answer:
        return Answer(message.hop)


async def main():
    runtime = SingleThreadedAgentRuntime()
    await Answerer.register(runtime, "answerer", Answerer)
    runtime.start()
    rates = []
    for _ in range(6):
        start = time.perf_counter()
        for hop in range(COUNT):
            await runtime.send_message(Question(hop), AgentId("answerer", str(hop % 1023)))
        rates.append(COUNT / (time.perf_counter() - start))
    print(round(sorted(rates[1:])[2]))
    await runtime.stop()


asyncio.run(main())
