"""What a program in Python expects of a NATS server; run with the server's URL."""

import asyncio
import sys

import nats
from nats.errors import NoRespondersError, TimeoutError

URL = sys.argv[1]
PATIENCE = 10


def checked(what, found, expected):
    assert found == expected, f"{what}: {found!r} is not {expected!r}"


async def connected(**options):
    return await nats.connect(URL, connect_timeout=PATIENCE, **options)


async def arrived(connection):
    """Waits until the server has everything. The first PING of a flush may overtake what waits in the
    client; when it is answered, that has been sent as well, and the second one comes behind it."""
    await connection.flush()
    await connection.flush()


async def payloads(subscription, count):
    return [(await subscription.next_msg(PATIENCE)).data for _ in range(count)]


async def publish_and_subscribe():
    one, other = await connected(), await connected()
    exact, star, rest = [await other.subscribe(to) for to in ("a.b", "a.*", "a.>")]
    await arrived(other)
    await one.publish("a.b", b"1")
    await one.publish("a.b.c", b"2")
    await arrived(one)
    checked("exact", await payloads(exact, 1), [b"1"])
    checked("star", await payloads(star, 1), [b"1"])
    checked("rest", await payloads(rest, 2), [b"1", b"2"])
    await one.close()
    await other.close()


async def queue_groups():
    one, other = await connected(), await connected()
    members = [await other.subscribe("work", queue="group") for _ in range(3)]
    beside = await other.subscribe("work")
    await arrived(other)
    for n in range(90):
        await one.publish("work", str(n).encode())
    await arrived(one)
    await payloads(beside, 90)
    shares = [member.pending_msgs for member in members]
    checked("each message once", sum(shares), 90)
    assert all(shares), f"every member gets a share: {shares}"
    await one.close()
    await other.close()


async def headers():
    one = await connected()
    heard = await one.subscribe("with.headers")
    await one.publish("with.headers", b"x", headers={"ce-id": "1", "Traceparent": "00-ü"})
    message = await heard.next_msg(PATIENCE)
    checked("headers", message.headers, {"ce-id": "1", "Traceparent": "00-ü"})
    checked("payload", message.data, b"x")
    await one.close()


async def requests():
    one, other = await connected(), await connected()

    async def answer(message):
        await message.respond(message.data + b"!")

    await other.subscribe("ask.*", cb=answer)
    await arrived(other)
    asked = [one.request(f"ask.{n}", str(n).encode(), timeout=PATIENCE) for n in range(50)]
    answers = [answer.data for answer in await asyncio.gather(*asked)]
    checked("answers", answers, [f"{n}!".encode() for n in range(50)])
    old = await one.request("ask.old", b"x", timeout=PATIENCE, old_style=True)
    checked("an inbox of its own", old.data, b"x!")
    await one.close()
    await other.close()


async def no_responders_and_timeouts():
    one = await connected()
    try:
        await one.request("nobody", b"", timeout=PATIENCE)
        raise AssertionError("nobody answered")
    except NoRespondersError:
        pass
    await one.subscribe("silent")
    try:
        await one.request("silent", b"", timeout=0.2)
        raise AssertionError("somebody answered")
    except TimeoutError:
        pass
    await one.close()


async def auto_unsubscribe():
    one = await connected()
    heard = await one.subscribe("few")
    await heard.unsubscribe(limit=3)
    for n in range(9):
        await one.publish("few", str(n).encode())
    await arrived(one)
    checked("three", await payloads(heard, 3), [b"0", b"1", b"2"])
    await one.close()


async def drain():
    one, other = await connected(), await connected()
    heard = []

    async def hear(message):
        heard.append(message.data)

    await one.subscribe("last", cb=hear)
    await arrived(one)
    for n in range(200):
        await other.publish("last", str(n).encode())
    await arrived(other)
    await one.drain()
    checked("everything that was on its way", len(heard), 200)
    await other.close()


async def large_and_empty():
    one = await connected()
    heard = await one.subscribe("size")
    for size in (0, 1, one.max_payload):
        await one.publish("size", b"x" * size)
        checked("size", len((await heard.next_msg(PATIENCE)).data), size)
    await one.close()


async def main():
    for test in (
        publish_and_subscribe,
        queue_groups,
        headers,
        requests,
        no_responders_and_timeouts,
        auto_unsubscribe,
        drain,
        large_and_empty,
    ):
        await asyncio.wait_for(test(), 60)
        print("ok", test.__name__)


asyncio.run(main())
