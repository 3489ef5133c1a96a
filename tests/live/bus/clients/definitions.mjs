// Reads from standard input a JSON Schema and definitions of pipelines, a line each. Says what is wrong with
// the schema, and which definitions it does not take for what they are.
import { readFileSync } from "node:fs";
import Ajv2020 from "ajv/dist/2020.js";
import { formats } from "./formats.mjs";

const [first, ...rest] = readFileSync(0, "utf8").trim().split("\n");
const schema = JSON.parse(first);
const wrong = [];

const dialect = "https://json-schema.org/draft/2020-12/schema";
if (schema.$schema !== dialect) wrong.push({ schema: `it is written in ${schema.$schema}` });
// Nothing in it that the dialect does not know, or that means nothing where it stands.
const ajv = new Ajv2020({ strict: true, strictTypes: false, formats });
if (!ajv.validateSchema(schema)) wrong.push(...ajv.errors.map((error) => ({ schema: error })));
let check = () => false;
try {
  check = ajv.compile(schema);
} catch (error) {
  wrong.push({ schema: error.message });
}
for (const line of rest) {
  const { name, body, fits } = JSON.parse(line);
  if (check(body) !== fits) wrong.push({ name, body, fits, errors: check.errors });
}
for (const one of wrong) console.log(JSON.stringify(one));
console.log(JSON.stringify({ checked: rest.length, wrong: wrong.length }));
