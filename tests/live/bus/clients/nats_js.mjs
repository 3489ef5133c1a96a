// What a program in JavaScript expects of a NATS server; run with the server's URL.
import assert from "node:assert/strict";
import { connect, headers } from "@nats-io/transport-node";

const url = process.argv[2];
const patience = 10_000;
const connected = () => connect({ servers: url, timeout: patience });

// The next messages of a subscription.
async function next(subscription, count) {
  const found = [];
  for await (const message of subscription) {
    found.push(message);
    if (found.length === count) break;
  }
  return found;
}

const texts = (messages) => messages.map((message) => message.string());

const tests = {
  async publish_and_subscribe() {
    const [one, other] = [await connected(), await connected()];
    const [exact, star, rest] = ["a.b", "a.*", "a.>"].map((to) => other.subscribe(to));
    await other.flush();
    one.publish("a.b", "1");
    one.publish("a.b.c", "2");
    await one.flush();
    assert.deepEqual(texts(await next(exact, 1)), ["1"]);
    assert.deepEqual(texts(await next(star, 1)), ["1"]);
    assert.deepEqual(texts(await next(rest, 2)), ["1", "2"]);
    await one.close();
    await other.close();
  },

  async queue_groups() {
    const [one, other] = [await connected(), await connected()];
    const members = [1, 2, 3].map(() => other.subscribe("work", { queue: "group" }));
    const beside = other.subscribe("work", { max: 90 });
    await other.flush();
    for (let n = 0; n < 90; n++) one.publish("work", String(n));
    await one.flush();
    await next(beside, 90);
    await other.flush();
    const shares = members.map((member) => member.getPending());
    assert.equal(shares.reduce((all, share) => all + share), 90, `each once: ${shares}`);
    assert.ok(shares.every((share) => share > 0), `every member gets a share: ${shares}`);
    await one.close();
    await other.close();
  },

  async headers_are_kept() {
    const one = await connected();
    const heard = one.subscribe("with.headers", { max: 1 });
    const sent = headers();
    sent.append("ce-id", "1");
    sent.append("twice", "a");
    sent.append("twice", "b");
    one.publish("with.headers", "x", { headers: sent });
    const [message] = await next(heard, 1);
    assert.equal(message.headers.get("ce-id"), "1");
    assert.deepEqual(message.headers.values("twice"), ["a", "b"]);
    await one.close();
  },

  async requests() {
    const [one, other] = [await connected(), await connected()];
    other.subscribe("ask.*", { callback: (_, asked) => asked.respond(`${asked.string()}!`) });
    await other.flush();
    const asked = [...Array(50).keys()].map((n) =>
      one.request(`ask.${n}`, String(n), { timeout: patience }),
    );
    const expected = [...Array(50).keys()].map((n) => `${n}!`);
    assert.deepEqual(texts(await Promise.all(asked)), expected);
    const alone = { timeout: patience, noMux: true, reply: "answers.here" };
    assert.equal((await one.request("ask.old", "x", alone)).string(), "x!");
    await one.close();
    await other.close();
  },

  async no_responders_and_timeouts() {
    const one = await connected();
    await assert.rejects(one.request("nobody", "", { timeout: patience }), /no responders/i);
    one.subscribe("silent");
    await assert.rejects(one.request("silent", "", { timeout: 200 }), /timeout/i);
    await one.close();
  },

  async auto_unsubscribe() {
    const one = await connected();
    const heard = one.subscribe("few", { max: 3 });
    for (let n = 0; n < 9; n++) one.publish("few", String(n));
    await one.flush();
    assert.deepEqual(texts(await next(heard, 4)), ["0", "1", "2"]);
    await one.close();
  },

  async drain() {
    const [one, other] = [await connected(), await connected()];
    let heard = 0;
    one.subscribe("last", { callback: () => heard++ });
    await one.flush();
    for (let n = 0; n < 200; n++) other.publish("last", String(n));
    await other.flush();
    await one.drain();
    assert.equal(heard, 200);
    await other.close();
  },

  async large_and_empty() {
    const one = await connected();
    const heard = one.subscribe("size");
    for (const size of [0, 1, one.info.max_payload]) {
      one.publish("size", "x".repeat(size));
    }
    const sizes = (await next(heard, 3)).map((message) => message.data.length);
    assert.deepEqual(sizes, [0, 1, one.info.max_payload]);
    await one.close();
  },
};

for (const [name, test] of Object.entries(tests)) {
  await test();
  console.log("ok", name);
}
