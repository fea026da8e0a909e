// The page: fetches entries, filters and groups them, and shows the selected one.
//
// Entries are numbered in order of receipt. Each fetch asks the server for the entries after the last
// one.

/** How many consecutive events of one name become a group. */
const MIN_GROUP = 4;
const POLL_MILLIS = 1000;
/** As many as the server keeps by default. */
const MAX_ENTRIES = 100_000;

const byId = (id) => document.getElementById(id);
const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

const KINDS = { all: () => true, failed: isFailed, invalid: isInvalid, duplicate: isDuplicate };

/** All entries, oldest first. */
let entries = [];
let started = null;
/** The id of the selected row. */
let selected = null;
/** The open groups, by the number of their oldest entry. */
const open = new Set();
/** The entries that the server found for `text` up to entry `through`; null without a search. */
let found = null;
let newRows = 0;
/** The whole event of the selected entry, and its schema. */
let detail = null;
let eventKey = "key";

const list = new VirtualList(byId("list"), renderRow);

// --- rows ---

function matches(entry) {
  if (!KINDS[document.querySelector("[name=kind]:checked").value](entry)) return false;
  const query = byId("query").value.trim().toLowerCase();
  if (!query) return true;
  const contains = (text) => text?.toLowerCase().includes(query);
  switch (byId("scope").value) {
    case "name": return contains(nameOf(entry));
    case "id": return contains(entry.id) || contains(entry.eventId) || contains(entry.sent?.id);
    default: return contains(entry.eventId) || Boolean(found?.entries.has(entry.entry));
  }
}

/** The id of the row of an entry. */
const rowId = ({ entry }) => `row-${entry}`;

/** The rows of the list, newest first. Many consecutive entries of one kind become a group. */
function layout() {
  const rows = [];
  const isGrouping = byId("grouping").checked;
  let run = [];
  const kindOf = (entry) => (isFailed(entry) ? `${entry.status} ${entry.error}` : `event ${entry.name}`);
  const endRun = () => {
    const first = run.at(-1)?.entry;
    const isGroup = isGrouping && run.length >= MIN_GROUP;
    if (isGroup) {
      // The selected entry stays visible when its neighbors become a group.
      if (selected && run.some((entry) => rowId(entry) === selected)) open.add(first);
      rows.push({ id: `group-${first}`, first, last: run[0].entry, group: run, level: 1 });
    }
    if (!isGroup || open.has(first)) {
      const level = isGroup ? 2 : 1;
      for (const entry of run) rows.push({ id: rowId(entry), first: entry.entry, last: entry.entry, entry, level });
    }
    run = [];
  };
  for (let index = entries.length - 1; index >= 0; index -= 1) {
    const entry = entries[index];
    if (!matches(entry)) continue;
    if (run.length > 0 && kindOf(run[0]) !== kindOf(entry)) endRun();
    run.push(entry);
  }
  endRun();
  return rows;
}

function refresh({ follow = false } = {}) {
  const before = list.rows[0]?.last ?? 0;
  const isAtTop = list.element.scrollTop < ROW_HEIGHT / 2;
  const rows = layout();
  list.setRows(rows, follow || (isAtTop && !selected));
  const added = rows.findIndex((row) => row.first <= before);
  newRows = list.element.scrollTop < ROW_HEIGHT / 2 ? 0 : newRows + Math.max(0, added);
  showNewRows();
  byId("empty").hidden = rows.length > 0;
  byId("empty").textContent = entries.length ? "Nothing matches." : "Send an event and it appears here.";
  for (const output of document.querySelectorAll("#kinds output")) {
    const kind = output.parentElement.querySelector("input").value;
    output.textContent = entries.filter(KINDS[kind]).length.toLocaleString("en");
  }
}

function showNewRows() {
  byId("newer").hidden = newRows === 0;
  byId("newer").textContent = `↑ ${newRows} newer`;
}

function renderRow(row) {
  const { entry, group } = row;
  const newest = entry ?? group[0];
  const element = make("div", { className: "row", role: "treeitem", ariaLevel: row.level, ariaSelected: row.id === selected });
  if (group) {
    element.ariaExpanded = open.has(row.first);
    element.append(make("span", { className: "fold", ariaHidden: "true" }, open.has(row.first) ? "▾" : "▸"));
  }
  element.append(
    make("span", { className: "time" }, clock.format(newest.at)),
    make("span", { className: "name" }, nameOf(newest)),
    ...(group ? [make("span", {}, `× ${group.length.toLocaleString("en")}`), ...groupBadges(group)] : badges(entry)),
    make("span", { className: "rest" }, group ? "" : restOf(entry)),
  );
  return element;
}

// --- selection ---

function rowIndex() {
  return list.rows.findIndex((row) => row.id === selected);
}

function select(index) {
  const row = list.rows[index];
  if (!row) return;
  selected = row.id;
  list.reveal(index);
  list.element.setAttribute("aria-activedescendant", row.id);
  showDetail(row);
}

function toggle(row, isOpen = !open.has(row.first)) {
  if (isOpen) open.add(row.first);
  else open.delete(row.first);
  refresh();
}

/** Selects an entry by event id. Clears the filters, which may hide it. */
function selectEvent(eventId) {
  const entry = entries.find((other) => other.eventId === eventId);
  if (!entry) return announce(`${eventId} is no longer kept`);
  byId("query").value = "";
  document.querySelector("[name=kind][value=all]").checked = true;
  selected = rowId(entry);
  refresh();
  select(rowIndex());
}

// --- the selected entry ---

async function showDetail({ entry, group }) {
  detail = null;
  byId("detail").scrollTop = 0;
  if (group) {
    byId("detail").replaceChildren(
      make("h2", {}, `${group.length.toLocaleString("en")} × ${nameOf(group[0])}`),
      make("p", {}, "Open the group to see its entries."),
    );
    return;
  }
  if (isFailed(entry)) {
    detail = { entry, body: entry.text, text: sentJson(entry) };
    byId("detail").replaceChildren(...failureDetail(detail, tools));
    return;
  }
  const get = (what) => fetch(`/_page/${what}?entry=${entry.entry}`).then((it) => (it.ok ? it.text() : null));
  const [body, schema] = await Promise.all([get("event"), get("schema")]).catch(() => [null]);
  // Another entry may be selected by now.
  if (selected !== rowId(entry)) return;
  if (body === null) {
    byId("detail").replaceChildren(make("h2", {}, nameOf(entry)), make("p", {}, "This event is no longer kept."));
    return;
  }
  const event = JSON.parse(body);
  detail = { entry, body, text: eventJson(event, body), event, schema: parsed(schema) };
  byId("detail").replaceChildren(...eventDetail(detail, tools, selectEvent));
}

/** Makes a button for each action, which is given as its key and a tooltip. */
function tools(actions) {
  const buttons = actions.map(([key, title]) => {
    const label = ACTIONS[key].label;
    return make("button", { type: "button", title, onclick: () => act(key) }, label);
  });
  return make("div", { className: "tools" }, ...buttons);
}

// --- actions on the selected entry ---

const ACTIONS = {
  c: { label: "Copy JSON", run: () => copy("JSON", detail.text) },
  u: { label: "Copy curl", run: () => copy("curl command", curl(detail.body, sameSeed())) },
  r: { label: "Copy Rust", run: () => copy("Rust code", rust(detail.event, detail.schema)), needs: "event" },
  s: { label: "Send again", run: () => send(detail.body, sameSeed()) },
  n: {
    label: "Send as new",
    needs: "event",
    run: () => {
      const { id, ts, ...others } = detail.event;
      return send(JSON.stringify(others));
    },
  },
};

const sameSeed = () => (isFailed(detail.entry) ? null : seedOf(detail.entry.eventId));

async function act(key) {
  const action = ACTIONS[key];
  if (!action || !detail || (action.needs && !detail[action.needs])) return;
  try {
    await action.run();
  } catch (error) {
    announce(`${action.label}: ${error.message}`, true);
  }
}

async function copy(what, text) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
  } else {
    // Without HTTPS, browsers allow clipboard access only on localhost.
    const area = make("textarea", { value: text });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    list.element.focus();
  }
  announce(`copied: ${what}`);
}

async function send(body, seed) {
  const headers = { "content-type": "application/json", ...(seed && { "x-inngest-event-id-seed": seed }) };
  const post = () => fetch(`/e/${encodeURIComponent(eventKey)}`, { method: "POST", headers, body });
  let response = await post();
  if (response.status === 401) {
    // The page never learns the server's keys.
    const key = prompt("The server accepts only certain event keys. Event key:");
    if (!key) return;
    eventKey = key;
    response = await post();
  }
  const { ids, error } = parsed(await response.text()) ?? {};
  announce(response.ok ? `sent: event id ${ids?.join(", ")}` : `status ${response.status}: ${error}`, !response.ok);
  await fetchNew();
}

function announce(text, isBad = false) {
  byId("status").textContent = text;
  byId("status").classList.toggle("bad", isBad);
}

// --- data ---

async function getJson(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response.json();
}

/** The current fetch. Two at a time would both append the same entries. */
let fetching = null;
const fetchNew = () => (fetching ??= fetchEntries().finally(() => (fetching = null)));

async function fetchEntries() {
  let shownAt = 0;
  for (let more = true, isNew = false; more; ) {
    const got = await getJson(`/_page/entries?after=${entries.at(-1)?.entry ?? 0}`);
    if (started !== got.started) {
      // Another server, with its own numbers.
      const isFirst = entries.length === 0;
      started = got.started;
      if (!isFirst) {
        entries = [];
        selected = null;
        found = null;
        open.clear();
        byId("detail").replaceChildren();
        isNew = true;
        continue;
      }
    }
    for (const entry of got.entries) {
      if (isFailed(entry)) readBody(entry);
      entries.push(entry);
    }
    forget(got.oldestEvent);
    more = got.more;
    const [events, plain, batched] = got.counts;
    byId("title").textContent = count(events, "event");
    document.title = byId("title").textContent;
    byId("summary").textContent = events ? `plain functions would run ${plain.toLocaleString("en")}, functions with batchEvents ${batched.toLocaleString("en")}` : "";
    isNew ||= got.entries.length > 0;
    // While many entries are fetched, redrawing after every response would take most of the time.
    if (isNew && (!more || performance.now() - shownAt > POLL_MILLIS / 4)) {
      await search();
      refresh();
      shownAt = performance.now();
      isNew = false;
    }
  }
}

/** Parses what was sent, if it is complete: the refused event or the body, and its first event. */
function readBody(entry) {
  entry.body = parsed(entry.text);
  const [sent] = [entry.body].flat();
  if (sent !== null && typeof sent === "object" && !Array.isArray(sent)) entry.sent = sent;
}

/** Drops the events that the server no longer keeps. */
function forget(oldestEvent) {
  if (entries.length > 0 && entries[0].entry < oldestEvent) {
    entries = entries.filter((entry) => isFailed(entry) || entry.entry >= oldestEvent);
  }
  if (entries.length > MAX_ENTRIES) entries = entries.slice(-MAX_ENTRIES);
}

/** Asks the server which new entries contain the searched text: rows have only the start of the data. */
async function search() {
  const text = byId("query").value.trim();
  if (!text || byId("scope").value !== "all") {
    found = null;
    return;
  }
  const before = found?.text === text ? found : { text, entries: new Set(), through: 0 };
  const through = entries.at(-1)?.entry ?? 0;
  if (through > before.through) {
    const numbers = await getJson(`/_page/find?text=${encodeURIComponent(text)}&after=${before.through}`);
    // The text may have changed since.
    if (byId("query").value.trim() !== text) return;
    for (const number of numbers) before.entries.add(number);
    before.through = through;
  }
  found = before;
}

async function poll() {
  try {
    await fetchNew();
    if (byId("status").textContent === STOPPED) announce("");
  } catch {
    announce(STOPPED, true);
  }
  setTimeout(poll, document.hidden ? 5 * POLL_MILLIS : POLL_MILLIS);
}
const STOPPED = "the server does not respond; trying again";

// --- input ---

async function filter() {
  await search().catch(() => announce(STOPPED, true));
  newRows = 0;
  refresh({ follow: !selected });
  // If all results are in one group, open it.
  const [row, other] = list.rows;
  if (row?.group && !other) toggle(row, true);
  const index = rowIndex();
  if (index >= 0) list.reveal(index);
  else list.element.scrollTop = 0;
}

let typing = 0;
byId("query").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(filter, 150);
});
for (const id of ["scope", "kinds", "grouping"]) byId(id).addEventListener("change", filter);

list.element.addEventListener("click", ({ target }) => {
  const index = Number(target.closest(".row")?.dataset.index ?? -1);
  const row = list.rows[index];
  if (!row) return;
  select(index);
  if (row.group) toggle(row);
});
list.element.addEventListener("scroll", () => {
  if (list.element.scrollTop < ROW_HEIGHT) newRows = 0;
  showNewRows();
});
byId("newer").addEventListener("click", () => {
  list.element.scrollTop = 0;
  list.element.focus();
});

const MOVES = {
  ArrowDown: (index) => index + 1,
  ArrowUp: (index) => index - 1,
  j: (index) => index + 1,
  k: (index) => index - 1,
  PageDown: (index) => index + list.pageSize,
  PageUp: (index) => index - list.pageSize,
  Home: () => 0,
  End: () => list.rows.length - 1,
};

list.element.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const index = rowIndex();
  const row = list.rows[index];
  if (MOVES[event.key]) {
    select(Math.min(Math.max(MOVES[event.key](index), 0), list.rows.length - 1));
  } else if (row?.group && ["Enter", " ", "ArrowRight", "ArrowLeft"].includes(event.key)) {
    toggle(row, { ArrowRight: true, ArrowLeft: false }[event.key]);
  } else if (row?.level === 2 && event.key === "ArrowLeft") {
    // Select the row of the group.
    select(list.rows.findLastIndex((other, place) => place < index && other.group));
  } else if (ACTIONS[event.key]) {
    act(event.key);
  } else {
    return;
  }
  event.preventDefault();
});

document.addEventListener("keydown", (event) => {
  const isInField = event.target.matches("input[type=search], select, textarea");
  if (event.key === "/" && !isInField) {
    byId("query").focus();
    event.preventDefault();
  } else if (event.key === "Escape" && document.activeElement !== list.element) {
    list.element.focus();
    event.preventDefault();
  } else if (event.key === "Escape" && byId("query").value) {
    byId("query").value = "";
    filter();
  }
});

poll();
