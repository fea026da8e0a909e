// Checks that the schemas compile with ajv in strict mode, accept the sent events and refuse others.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import addFormats from "ajv-formats";
import { Ajv2020 } from "ajv/dist/2020.js";

const read = (file) => JSON.parse(readFileSync(file, "utf8"));
const schemas = read("schemas.json");
const sent = read("sent.json");

const ajv = new Ajv2020({
  strictSchema: true,
  strictNumbers: true,
  // The schema of an enum has one `type` for all variants.
  allowUnionTypes: true,
  strictTypes: false,
  // A handwritten tuple has optional items.
  strictTuples: false,
});
addFormats.default(ajv);

const validators = new Map(
  schemas.map(({ name, v, schema }) => [`${name} ${v ?? ""}`, ajv.compile(schema)]),
);
const tried = new Set();
for (const event of sent) {
  const key = `${event.name} ${event.v ?? ""}`;
  tried.add(key);
  const valid = validators.get(key);
  assert.ok(valid(event), `${key}: ${ajv.errorsText(valid.errors)}\n${JSON.stringify(event)}`);
  for (const wrong of [
    { ...event, name: "other" },
    { ...event, data: null },
    { ...event, ts: undefined },
    { ...event, ts: "now" },
  ]) {
    assert.ok(!valid(wrong), `${key} accepts ${JSON.stringify(wrong)}`);
  }
}
assert.deepEqual([...validators.keys()].filter((key) => !tried.has(key)), []);
console.log(`ajv: ${schemas.length} schemas, ${sent.length} events`);
