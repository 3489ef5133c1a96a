"""The worker of docs/working.md that counts words, with a ledger: counter.py URL LEDGER

It writes down what it gets, every step that it does outside, and what it is told. Some of what it
says it says twice, and some of it again later."""

import asyncio
import json
import os
import sys
import uuid
from contextlib import suppress

import nats
from nats.errors import NoRespondersError, TimeoutError

import annals

AGENT, SLOTS, PROCESS = "counter", 40, uuid.uuid4().hex
HEARTBEAT = 0.5
LEDGER = os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
has = {}  # what runs, by (task, attempt)
later = set()  # what is said again later


def write(*words):
    os.write(LEDGER, (" ".join(map(str, words)) + "\n").encode())


async def quiet(_):
    """That the system is gone again and again is no news."""


async def insist(bus, subject, body, command_id):
    """As often as need be; what was sent to a system that is gone has no answer."""
    while True:
        with suppress(asyncio.TimeoutError):
            said = await asyncio.wait_for(annals.command(bus, subject, body, command_id), 2)
            return write("told", json.dumps(said))


def outcome(attempt, given):
    if given["fails"] == "permanent" or given["fails"] == "temporary" and attempt == 1:
        return "fail", {"class": given["fails"], "code": "planned", "message": "so it is planned"}
    return "complete", {"result": {"of": given["n"], "by": attempt}}


async def bring(bus, task, attempt, given):
    verb, end = outcome(attempt, given)
    subject = f"annals.main.command.task.{task}.{verb}"

    async def say(name):
        await insist(bus, subject, {"attempt": attempt, **end}, f"{task}/{attempt}/{name}")

    try:
        await asyncio.gather(*[say("end")] if given["n"] % 3 else [say("end"), say("end")])
        if given["n"] % 7 == 0:
            await asyncio.sleep(0.5)
            await say("again")
    except RuntimeError as refused:
        write("refused", task, attempt, refused)


async def work(bus, task, attempt, given):
    try:
        for step in (1, 2):
            write("did", task, attempt, step)
            await asyncio.sleep(given["ms"] / 1000)
        saying = asyncio.create_task(bring(bus, task, attempt, given))
        later.add(saying)
        saying.add_done_callback(later.discard)
        await asyncio.shield(saying)
    finally:
        has.pop((task, attempt), None)


def drop(pair):
    if int(pair["task"][-4:], 16) % 2:
        return  # half of the work is done by those who do not listen
    if running := has.pop((pair["task"], pair["attempt"]), None):
        running.cancel()


async def main(url):
    again = {"max_reconnect_attempts": -1, "reconnect_time_wait": 0.1}
    bus = await nats.connect(url, error_cb=quiet, **again)

    async def take(message):
        order = json.loads(message.data)
        task, attempt = order["task"], order["attempt"]
        write("got", task, attempt)
        if len(has) >= SLOTS:
            return await message.respond(b'"given_back"')
        await message.respond(b'"taken"')
        has[task, attempt] = asyncio.create_task(work(bus, task, attempt, order["input"]))

    async def stop(message):
        drop(json.loads(message.data))

    await bus.subscribe(f"annals.main.work.{AGENT}", queue=AGENT, cb=take)
    await bus.subscribe(f"annals.main.signal.agent.{AGENT}.stop", cb=stop)
    await bus.flush()
    offer = {"kind": "counter", "capabilities": ["count-words"], "slots": SLOTS}
    await insist(bus, f"annals.main.command.agent.{AGENT}.register", offer, uuid.uuid4().hex)
    print("at work", flush=True)
    while True:
        pairs = [{"task": task, "attempt": attempt} for task, attempt in has]
        beat = {"process": PROCESS, "slots": SLOTS, "tasks": pairs}
        with suppress(NoRespondersError, TimeoutError, asyncio.TimeoutError):
            asked = annals.ask(bus, f"annals.main.signal.agent.{AGENT}.heartbeat", beat)
            heard = await asyncio.wait_for(asked, 2)
            for pair in heard.get("drop", []):
                drop(pair)
        await asyncio.sleep(HEARTBEAT)


asyncio.run(main(sys.argv[1]))
