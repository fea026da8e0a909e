// Checks that the official parser accepts the document, and that its payloads accept the sent events.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";
import Ajv from "ajv";
import addFormats from "ajv-formats";

const text = readFileSync("asyncapi.json", "utf8");
const sent = JSON.parse(readFileSync("sent.json", "utf8"));

const { document, diagnostics } = await new Parser().parse(text);
// The document uses 3.0 on purpose.
const found = diagnostics.filter(({ code }) => code !== "asyncapi-latest-version");
assert.deepEqual(found, []);

const names = new Set(sent.map(({ name }) => name));
const channels = document.channels().all();
assert.equal(channels.length, names.size);
for (const channel of channels) {
  const address = channel.address();
  assert.ok(address === null || names.has(address), address);
  assert.equal(channel.operations().filterBySend().length, 1);
}

// Read the text again, because the parser adds marks to its document.
const { components } = JSON.parse(text);
const ajv = new Ajv.default({ strict: false, validateFormats: true, logger: false });
addFormats.default(ajv);
ajv.addSchema({ components }, "document");
for (const event of sent) {
  const message = Object.values(components.messages).find(({ name, payload }) => {
    const schema = components.schemas[payload.$ref.split("/").at(-1)];
    return name === event.name && schema.properties.v?.const === event.v;
  });
  const valid = ajv.compile({ $ref: `document${message.payload.$ref}` });
  assert.ok(valid(event), `${ajv.errorsText(valid.errors)}\n${JSON.stringify(event)}`);
  assert.ok(!valid({ ...event, data: null }), event.name);
}
console.log(`asyncapi: ${channels.length} channels, ${sent.length} events`);
