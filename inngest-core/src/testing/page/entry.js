// Renders one entry: its name and badges in a row, and all its details beside the list.
//
// An entry is an accepted event, or a failed request with an `error`. Nothing here changes the page.

/** How many lines of JSON are shown. Copied JSON has all lines. */
const MAX_LINES = 3000;

const count = (number, thing) => `${number.toLocaleString("en")} ${thing}${number === 1 ? "" : "s"}`;

const isFailed = (entry) => entry.error !== undefined;
const isInvalid = (entry) => entry.violations?.length > 0;
const isDuplicate = (entry) => Boolean(entry.duplicateOf);

/** Makes an element. Text is always text: nothing here parses HTML. */
function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** The name of an event, or of the first event in a failed request. */
function nameOf(entry) {
  if (!isFailed(entry)) return entry.name;
  const more = Array.isArray(entry.body) && entry.body.length > 1 ? ` and ${entry.body.length - 1} more` : "";
  const name = entry.sent?.name;
  return typeof name === "string" && name !== "" ? name + more : entry.request;
}

function badge(text, className = "") {
  return make("span", { className: `badge ${className}` }, text);
}

function badges(entry) {
  if (isFailed(entry)) return [badge(statusOf(entry), "bad")];
  return [
    isInvalid(entry) ? badge("breaks schema", "bad") : null,
    isDuplicate(entry) ? badge(entry.batched ? "duplicate, batched functions run it" : "duplicate") : null,
    !isDuplicate(entry) && !entry.plain && !entry.batched ? badge("never stored", "bad") : null,
    entry.plain && !entry.batched ? badge("batched functions ignore it") : null,
    entry.violations?.length === 0 ? make("span", { className: "badge good", title: "matches its schema", ariaLabel: "matches its schema", role: "img" }, "✓") : null,
  ].filter(Boolean);
}

function groupBadges(group) {
  if (isFailed(group[0])) return [badge(statusOf(group[0]), "bad")];
  const [invalid, duplicates] = [group.filter(isInvalid).length, group.filter(isDuplicate).length];
  return [
    invalid ? badge(`${invalid} break schema`, "bad") : null,
    duplicates ? badge(count(duplicates, "duplicate")) : null,
  ].filter(Boolean);
}

function statusOf({ status }) {
  return status === 400 ? "refused" : `failed ${status ?? "without response"}`;
}

function restOf(entry) {
  if (isFailed(entry)) return entry.error;
  if (isInvalid(entry)) return entry.violations[0].join(": ");
  return [entry.id, entry.preview].filter(Boolean).join("  ");
}

function facts(all) {
  const shown = all.filter(([, value]) => value !== null && value !== undefined);
  return make("dl", {}, ...shown.flatMap(([term, value]) => [make("dt", {}, term), make("dd", {}, value)]));
}

/** The details of a failed request. `text` is what was sent, and `tools` makes the buttons of actions. */
function failureDetail({ entry, text }, tools) {
  const isRefused = entry.status === 400;
  const before = `${count(entry.accepted, "event")} before it, none after it`;
  return [
    make("h2", {}, nameOf(entry), " ", badge(statusOf(entry), "bad")),
    make("h3", { className: "bad" }, entry.error),
    facts([
      ["request", `${entry.request}, ${count(entry.bytes, "byte")}`],
      ["response", entry.status === null ? "none" : `status ${entry.status}`],
      [isRefused ? "accepted" : "events accepted", isRefused ? before : String(entry.accepted)],
      ["at", new Date(entry.at).toISOString()],
    ]),
    ...(entry.text
      ? [
          tools(entry.body === undefined ? [["c"]] : [["c"], ["u"], ["s", "Send this text again"]]),
          make("h3", {}, isRefused ? "Refused event" : "Body"),
          jsonView(text, []),
          entry.body === undefined ? make("p", {}, "Not valid JSON, or cut off after 16 KiB.") : null,
        ]
      : []),
  ].filter(Boolean);
}

/** The details of an event. `selectEvent` selects the entry with an event id. */
function eventDetail({ entry, text, schema }, tools, selectEvent) {
  const runs = [entry.plain ? "plain functions" : null, entry.batched ? "functions with batchEvents" : null];
  const first = isDuplicate(entry)
    ? make("button", { type: "button", className: "link", onclick: () => selectEvent(entry.duplicateOf) }, entry.duplicateOf)
    : null;
  return [
    make("h2", {}, entry.name, " ", make("small", {}, entry.v ?? "")),
    make("p", { hidden: badges(entry).length === 0 }, ...badges(entry).flatMap((badge) => [badge, " "])),
    facts([
      ["event id", make("code", {}, entry.eventId)],
      ["deduplication id", entry.id === null ? null : make("code", {}, entry.id)],
      ["duplicate of", first],
      ["would run", runs.filter(Boolean).join(" and ") || "nothing"],
      ["occurred", new Date(entry.ts).toISOString()],
      ["received", new Date(entry.at).toISOString()],
    ]),
    ...schemaVerdict(entry),
    tools([
      ["c"], ["u"], ["r"],
      ["s", "The same event id, as in a retry"],
      ["n", "Another event id, without deduplication id and time"],
    ]),
    jsonView(text, entry.violations ?? []),
    schema ? make("details", {}, make("summary", {}, "Schema"), make("pre", {}, indented(schema, ""))) : null,
  ].filter(Boolean);
}

function schemaVerdict({ violations }) {
  if (violations === null) return [make("h3", { className: "none" }, "No schema is known for this event.")];
  if (violations.length === 0) return [make("h3", { className: "good" }, "✓ Matches its schema.")];
  const items = violations.map(([path, message]) => make("li", {}, make("code", {}, path || "/"), ": ", message));
  return [make("h3", { className: "bad" }, "Breaks its schema"), make("ul", {}, ...items)];
}

/** Shows indented JSON and marks the lines where the event breaks its schema. */
function jsonView(text, violations) {
  const paths = new Set(violations.map(([path]) => path));
  const lines = jsonLines(text);
  const shown = lines.slice(0, MAX_LINES).map(({ line, pointer }) =>
    paths.has(pointer) ? make("mark", {}, `${line}\n`) : `${line}\n`,
  );
  if (lines.length > MAX_LINES) shown.push(`… ${count(lines.length - MAX_LINES, "more line")}`);
  return make("pre", {}, ...shown);
}

/** The sent text, indented if it is JSON. */
function sentJson({ body, sent, text }) {
  if (sent && sent === body) return eventJson(sent, text);
  return Array.isArray(body) ? indented(body, text) : text;
}
