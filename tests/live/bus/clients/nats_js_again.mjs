// What a program in JavaScript expects when its server ends and comes back; run with the server's
// URL. It says `listening` when the server may end, and `ok` when it has found everything again.
import assert from "node:assert/strict";
import { connect } from "@nats-io/transport-node";

const url = process.argv[2];
const patience = 20_000;
const connected = () =>
  connect({ servers: url, reconnectTimeWait: 50, maxReconnectAttempts: -1, timeout: patience });

// Whether a connection is up again.
async function back(connection) {
  for await (const status of connection.status()) {
    if (status.type === "reconnect") return;
  }
}

// The next text of a subscription.
const next = async (messages) => (await messages.next()).value.string();

const [one, other] = [await connected(), await connected()];
const star = one.subscribe("a.*")[Symbol.asyncIterator]();
const members = [1, 2].map(() => one.subscribe("work", { queue: "group" }));
one.subscribe("ask", { callback: (_, asked) => asked.respond(`${asked.string()}!`) });
await one.flush();
other.publish("a.b", "before");
assert.equal(await next(star), "before");
const again = Promise.all([back(one), back(other)]);
console.log("listening");

await again;
await one.flush();
other.publish("a.b", "after");
assert.equal(await next(star), "after");
for (let n = 0; n < 40; n++) other.publish("work", String(n));
assert.equal((await other.request("ask", "x", { timeout: patience })).string(), "x!");
await other.flush();
await one.flush();
const shares = members.map((member) => member.getPending());
assert.equal(shares.reduce((all, share) => all + share), 40, `each once: ${shares}`);

const heard = [];
one.subscribe("last", { callback: (_, message) => heard.push(message.string()) });
await one.flush();
for (let n = 0; n < 200; n++) other.publish("last", String(n));
await other.flush();
await one.drain();
assert.deepEqual(heard, [...Array(200).keys()].map(String));
await other.drain();
console.log("ok");
