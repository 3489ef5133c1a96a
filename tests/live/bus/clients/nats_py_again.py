"""What a program in Python expects when its server ends and comes back; run with the server's URL.
It says `listening` when the server may end, and `ok` when it has found everything again."""

import asyncio
import sys

import nats

URL = sys.argv[1]
PATIENCE = 20


def checked(what, found, expected):
    assert found == expected, f"{what}: {found!r} is not {expected!r}"


async def connected():
    back = asyncio.Event()

    async def is_back():
        back.set()

    connection = await nats.connect(
        URL, reconnect_time_wait=0.05, max_reconnect_attempts=-1, reconnected_cb=is_back
    )
    return connection, back


async def arrived(connection):
    """Waits until the server has everything. The first PING of a flush may overtake what waits in the
    client; when it is answered, that has been sent as well, and the second one comes behind it."""
    await connection.flush()
    await connection.flush()


async def payloads(subscription, count):
    return [(await subscription.next_msg(PATIENCE)).data for _ in range(count)]


async def main():
    (one, one_back), (other, other_back) = await connected(), await connected()
    star = await one.subscribe("a.*")
    members = [await one.subscribe("work", queue="group") for _ in range(2)]
    gone = await one.subscribe("gone")
    await gone.unsubscribe()

    async def answer(message):
        await message.respond(message.data + b"!")

    await one.subscribe("ask", cb=answer)
    await arrived(one)
    await other.publish("a.b", b"before")
    checked("before", await payloads(star, 1), [b"before"])
    print("listening", flush=True)

    await asyncio.wait_for(asyncio.gather(one_back.wait(), other_back.wait()), PATIENCE)
    await arrived(one)
    await other.publish("a.b", b"after")
    checked("after", await payloads(star, 1), [b"after"])
    for n in range(40):
        await other.publish("work", b"%d" % n)
    checked("an answer", (await other.request("ask", b"x", timeout=PATIENCE)).data, b"x!")
    await arrived(other)
    await arrived(one)
    shares = [member.pending_msgs for member in members]
    checked("each message once", sum(shares), 40)
    for member, share in zip(members, shares):
        await payloads(member, share)
    checked("nothing twice", star.pending_msgs, 0)

    heard = []

    async def hear(message):
        heard.append(message.data)

    await one.subscribe("last", cb=hear)
    await arrived(one)
    for n in range(200):
        await other.publish("last", b"%d" % n)
    await arrived(other)
    await one.drain()
    checked("everything that was on its way", heard, [b"%d" % n for n in range(200)])
    await other.drain()
    print("ok", flush=True)


asyncio.run(asyncio.wait_for(main(), 60))
