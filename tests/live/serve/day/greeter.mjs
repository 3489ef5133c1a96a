// The worker of docs/working.md that greets, with a ledger: greeter.mjs URL LEDGER
//
// It writes down what it gets and every step that it does outside. Some of what it answers it
// answers twice.
import { randomUUID } from "node:crypto";
import { openSync, writeSync } from "node:fs";
import { connect } from "@nats-io/transport-node";
import { command } from "./annals.mjs";

const [url, path] = process.argv.slice(2);
const ledger = openSync(path, "a");
const write = (...words) => writeSync(ledger, `${words.join(" ")}\n`);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const bus = await connect({ servers: url, maxReconnectAttempts: -1, reconnectTimeWait: 100 });

const answer = ({ attempt, input: { n, fails } }) =>
  fails === "permanent" || (fails === "temporary" && attempt === 1)
    ? { failed: { class: fails, code: "planned", message: "so it is planned" } }
    : { result: { of: n, by: attempt } };

async function work(message) {
  const order = message.json();
  const { task, attempt, input } = order;
  write("got", task, attempt);
  for (const step of [1, 2]) {
    write("did", task, attempt, step);
    await pause(input.ms / 2);
  }
  const said = JSON.stringify(answer(order));
  message.respond(said);
  if (input.n % 3 === 0) message.respond(said);
}

bus.subscribe("annals.main.work.greeter", { queue: "greeter", callback: (_, message) => work(message) });
await bus.flush();
const offer = { kind: "greeter", capabilities: ["greet"], slots: 256 };
await command(bus, "annals.main.command.agent.greeter.register", offer, randomUUID());
console.log("at work");
