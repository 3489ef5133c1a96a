"""A program in Python that talks in secret; run with the server's URL. One connection talks to itself:
what it says arrives in order, and nothing depends on who is faster."""

import asyncio
import sys

import nats

PATIENCE = 10


def checked(what, found, expected):
    assert found == expected, f"{what}: {found!r} is not {expected!r}"


async def large_and_empty(bus):
    heard = await bus.subscribe("size")
    # Headers count, too.
    for size in (0, 1, bus.max_payload - 100):
        await bus.publish("size", b"x" * size, headers={"size": str(size)})
        message = await heard.next_msg(PATIENCE)
        checked("payload", message.data, b"x" * size)
        checked("headers", message.headers, {"size": str(size)})


async def many(bus):
    heard = await bus.subscribe("many")
    for n in range(5000):
        await bus.publish("many", str(n).encode())
    for n in range(5000):
        checked("order", (await heard.next_msg(PATIENCE)).data, str(n).encode())


async def requests(bus):
    async def answer(message):
        await message.respond(message.data + b"!")

    await bus.subscribe("ask.*", cb=answer)
    asked = [bus.request(f"ask.{n}", str(n).encode(), timeout=PATIENCE) for n in range(50)]
    answers = [answer.data for answer in await asyncio.gather(*asked)]
    checked("answers", answers, [f"{n}!".encode() for n in range(50)])


async def main():
    bus = await nats.connect(sys.argv[1], connect_timeout=PATIENCE, allow_reconnect=False)
    for test in (large_and_empty, many, requests):
        await asyncio.wait_for(test(bus), 60)
        print("ok", test.__name__)
    await bus.close()


asyncio.run(main())
