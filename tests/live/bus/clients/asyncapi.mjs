// Reads from standard input a document of AsyncAPI and bodies of its messages, a line each. Says what is
// wrong with the document, and which bodies are not taken for what they are, or are although they are not.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import Ajv from "ajv";
import { formats } from "./formats.mjs";

const require = createRequire(import.meta.url);
const meta = require("@asyncapi/specs/schemas/3.0.0-without-$id.json");
const [first, ...rest] = readFileSync(0, "utf8").trim().split("\n");
const document = JSON.parse(first);
const wrong = [];

const spec = new Ajv({ strict: false, validateFormats: false, allErrors: true });
const fits = spec.compile(meta);
if (!fits(document)) wrong.push(...fits.errors.map((error) => ({ document: error })));

const bodies = new Ajv({ strict: false, formats });
bodies.addSchema(document, "document");
const shape = (name) => bodies.getSchema(`document#/components/schemas/${name}`);
for (const line of rest) {
  const { message, body, fits } = JSON.parse(line);
  const check = shape(message);
  if (!check) wrong.push({ message, missing: true });
  else if (check(body) !== fits) wrong.push({ message, body, fits, errors: check.errors });
}
for (const one of wrong) console.log(JSON.stringify(one));
console.log(JSON.stringify({ checked: rest.length, wrong: wrong.length }));
