// Events as text: JSON lines, commands and Rust code.

/** Parses JSON. Returns undefined if it is not JSON, for example because it was cut off. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The event as indented JSON, with the most important members first. */
function eventJson({ name, id, v, ts, ...others }, text) {
  return indented({ name, id, v, ts, ...others }, text);
}

/** Indents JSON. Returns `text` if the value is nested too deep for that, although it could be parsed. */
function indented(value, text) {
  try {
    return JSON.stringify(value, null, 2);
  } catch {
    return text;
  }
}

/** The lines of indented JSON, each with the JSON Pointer of the value that begins on it. */
function jsonLines(text) {
  const path = [];
  return text.split("\n").map((line) => {
    const [, key] = line.match(/^ *("(?:[^"\\]|\\.)*"): /) ?? [];
    const closes = /^ *[\]}]/.test(line);
    if (closes) path.pop();
    else if (key !== undefined) path[path.length - 1] = JSON.parse(key);
    else if (path.length > 0) path[path.length - 1] += 1;
    const pointer = path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
    // Counts array elements from here; in an object, keys replace the number.
    if (/[[{]$/.test(line)) path.push(-1);
    return { line, pointer: closes ? null : pointer };
  });
}

/** The id seed that gives the first event of a request this event id. */
function seedOf(eventId) {
  const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const number = [...eventId].reduce((sum, digit) => sum * 32n + BigInt(digits.indexOf(digit)), 0n);
  // The server adds 1 to the seed's last 32 bits for the first event, and they wrap.
  const seed = ((number >> 32n) << 32n) | ((number - 1n) & 0xffffffffn);
  const bytes = BigInt.asUintN(80, seed).toString(16).padStart(20, "0").match(/../g);
  return `${number >> 80n},${btoa(String.fromCharCode(...bytes.map((byte) => parseInt(byte, 16))))}`;
}

/** A shell command that sends this body. */
function curl(body, seed) {
  const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
  return [
    `curl "${location.origin}/e/\${INNGEST_EVENT_KEY:-key}"`,
    `  -H 'content-type: application/json'`,
    ...(seed ? [`  -H ${quoted(`x-inngest-event-id-seed: ${seed}`)}`] : []),
    `  --data-raw ${quoted(body)}`,
  ].join(" \\\n");
}

/** The event as Rust code: a struct, with names from the schema, or a `RawEvent` without a schema. */
function rust(event, schema) {
  const data = schema?.properties?.data;
  if (data?.properties && schema.title) return rustStruct(schema.title, data, event.data, schema.$defs, "");
  let code = `RawEvent::new(${rustString(event.name)}, serde_json::json!(${rustJson(event.data ?? {})}))`;
  if (event.id !== undefined) code += `\n    .id(${rustString(event.id)})`;
  if (event.v !== undefined) code += `\n    .version(${rustString(event.v)})`;
  return code;
}

function rustStruct(name, schema, value, defs, indent) {
  const fields = Object.entries(schema.properties).map(([key, property]) => {
    const field = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replace(/\W/g, "_");
    const code = Object.hasOwn(value, key)
      ? rustValue(property, value[key], defs, `${indent}    `)
      : "Default::default()";
    return `${indent}    ${field}: ${code},\n`;
  });
  return fields.length ? `${name} {\n${fields.join("")}${indent}}` : `${name} {}`;
}

/** A value of a type with this schema. Where the schema does not determine the code, serde converts it. */
function rustValue(schema, value, defs, indent) {
  if (value === null) return "None";
  const choices = schema.anyOf?.filter((choice) => choice.type !== "null") ?? [];
  if (choices.length === 1 && schema.anyOf.length === 2) return `Some(${rustValue(choices[0], value, defs, indent)})`;
  if (Array.isArray(schema.type) && schema.type.length === 2 && schema.type.includes("null")) {
    const type = schema.type.find((type) => type !== "null");
    return `Some(${rustValue({ ...schema, type }, value, defs, indent)})`;
  }
  const name = schema.$ref?.match(/^#\/\$defs\/(\w+)$/)?.[1];
  const target = name ? defs?.[name] ?? {} : schema;
  const isPlain = !target.format?.match(/[a-z]-|uri|uuid|date|time/) && !target.enum && !target.oneOf;
  if (name && target.type === "object" && target.properties && isPlain && typeof value === "object") {
    return rustStruct(name, target, value, defs, indent);
  }
  if (!name && isPlain) {
    if (target.type === "string" && typeof value === "string") return `${rustString(value)}.into()`;
    if (target.type === "boolean" || target.type === "integer") return String(value);
    if (target.type === "number") return Number.isInteger(value) ? value.toFixed(1) : String(value);
    if (target.type === "array" && target.items && !target.uniqueItems && Array.isArray(value)) {
      return `vec![${value.map((item) => rustValue(target.items, item, defs, indent)).join(", ")}]`;
    }
  }
  return `serde_json::from_value(serde_json::json!(${rustJson(value).replaceAll("\n", `\n${indent}`)})).unwrap()`;
}

function rustString(text) {
  return rustJson(text);
}

/** JSON whose strings are valid Rust literals, which share only some escapes with JSON. */
function rustJson(value) {
  const escape = (match, code) => (code ? `\\u{${code}}` : { "\\b": "\\u{8}", "\\f": "\\u{c}" }[match] ?? match);
  return JSON.stringify(value, null, 2).replace(/\\(?:u([0-9a-f]{4})|.)/g, escape);
}
