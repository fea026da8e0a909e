// Writes a module in which each sent event is a value of its data type. A copy with an extra or a
// missing property must not compile. Also checks the names and versions at run time.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import * as events from "./built/events.js";

// TypeScript accepts no literal of these types: a map beside fields of another type is an
// intersection.
const unwritable = new Set(["odd/containers.open", "odd/enums.flattened_option"]);
// These types accept any property.
const open = new Set([...unwritable, "odd/containers.open_to_all"]);
// TypeScript does not check this type for unknown properties.
const unchecked = new Set(["odd/delete"]);

const read = (file) => JSON.parse(readFileSync(file, "utf8"));
const schemas = read("schemas.json");
const sent = read("sent.json");
let text = `import type { EventType, StandardSchemaV1 } from "inngest";
import * as events from "./events.js";

type DataOf<E> = E extends EventType<string, StandardSchemaV1<infer D extends Record<string, unknown>>> ? D : never;
`;
const count = { good: 0, bad: 0 };
for (const { name, v, data } of sent) {
  const [constant] = Object.entries(events)
    .filter(([, type]) => type.name === name && type.version === v)
    .map(([constant]) => constant)
    // The longer name belongs to one version.
    .sort((a, b) => b.length - a.length);
  assert.ok(constant, `${name} ${v}`);
  const created = events[constant].create(data);
  assert.deepEqual([created.name, created.v], [name, v]);
  const declare = (value) =>
    `export const of${count.good + count.bad}: DataOf<typeof events.${constant}> = ${JSON.stringify(value)};\n`;
  if (!unwritable.has(name)) {
    text += declare(data);
    count.good += 1;
  }
  if (!open.has(name) && !unchecked.has(name)) {
    text += `// @ts-expect-error\n${declare({ ...data, misspelt_name: 1 })}`;
    count.bad += 1;
    const { schema } = schemas.find((known) => known.name === name && known.v === (v ?? null));
    for (const required of schema.properties.data.required ?? []) {
      const { [required]: _, ...less } = data;
      text += `// @ts-expect-error\n${declare(less)}`;
      count.bad += 1;
    }
  }
}
writeFileSync("sent.ts", text);
console.log(`typescript: ${count.good} events compile, ${count.bad} mistakes do not`);
