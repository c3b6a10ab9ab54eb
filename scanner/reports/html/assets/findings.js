/* The list of findings: filter, group, page by page. */

const PAGE = 100;

const CLASS_WORDS = { fail: "fails", blind: "not seen", undeclared: "not stated",
  "no-target": "no target", "set-aside": "set aside", pass: "passes", none: "not applicable" };
const CLASS_STYLES = { fail: "bad", blind: "open", undeclared: "open", "no-target": "open",
  "set-aside": "calm", pass: "good", none: "calm" };
const MARKS = { bad: "✕", open: "?", good: "✓", calm: "–" };
const USUAL = ["fail", "blind"];

/** Numbers of the rows that the filters leave, in reading order. */
let shown = [];
let settleFindings = () => {};

const byId = (id) => document.getElementById(id);

/** The classes to show: those of the address, all for `any`, failures and blind spots by default. */
function wantedClasses() {
  const given = several("class");
  if (!given.length) return USUAL;
  return given.includes("any") ? tables.classes : given;
}

/** Runs the filters over every row, once. */
function filterFindings() {
  const words = (address.filters.get("q") || "").toLowerCase().split(/\s+/).filter(Boolean);
  const classes = new Set(wantedClasses().map((name) => tables.classes.indexOf(name)));
  const severities = new Set(several("severity").map((name) => SEVERITIES.indexOf(name)));
  const domain = address.filters.get("domain"), target = address.filters.get("target");
  const rule = address.filters.get("rule");
  const ruleFits = tables.rules.map(([id, practice]) =>
    (!rule || id === rule) && (!domain || practice.split(".")[0] === domain));
  const severityOf = tables.rules.map(([, , severity]) => SEVERITIES.indexOf(severity));
  const placeFits = tables.places.map(([id]) => !target || id === target);
  const classCounts = new Array(tables.classes.length).fill(0);
  const severityCounts = new Array(SEVERITIES.length).fill(0);
  const found = [];
  const sequence = order[address.filters.get("by") === "rule" ? "rule" : "resource"];
  for (let n = 0; n < sequence.length; n++) {
    const at = sequence[n], row = rows[at];
    if (!ruleFits[row[RULE]] || !placeFits[row[PLACE]]) continue;
    if (words.length && !words.every((word) => haystack[at].includes(word))) continue;
    const severity = severityOf[row[RULE]];
    const classFits = classes.has(row[CLASS]);
    const severityFits = !severities.size || severities.has(severity);
    if (severityFits) classCounts[row[CLASS]]++;
    if (classFits) severityCounts[severity]++;
    if (classFits && severityFits) found.push(at);
  }
  shown = found;
  tables.classes.forEach((name, n) => setText(`class-${name}-n`, count(classCounts[n])));
  SEVERITIES.forEach((name, n) => setText(`severity-${name}-n`, count(severityCounts[n])));
}

function setText(id, text) {
  const element = byId(id);
  if (element && element.textContent !== text) element.textContent = text;
}

const pages = () => Math.max(1, Math.ceil(shown.length / PAGE));
const pageNow = () => Math.min(pages(), Math.max(1, parseInt(address.filters.get("page"), 10) || 1));

/** Draws the page of the list that the address names. */
function drawFindings() {
  const page = pageNow();
  setText("findings-title", `Findings by ${address.filters.get("by") === "rule" ? "rule" : "resource"}`);
  drawRows(shown.slice((page - 1) * PAGE, page * PAGE));
  const range = shown.length > PAGE
    ? `, ${count((page - 1) * PAGE + 1)} to ${count(Math.min(page * PAGE, shown.length))} shown` : "";
  setText("finding-count", `${many(shown.length, "finding")} of ${count(rows.length)}${range}.`);
  const nav = byId("finding-pages");
  nav.replaceChildren();
  nav.hidden = pages() === 1;
  if (nav.hidden) return;
  const step = (words, to, rel) => {
    const button = make("button", { type: "button", "data-page": to }, words);
    button.disabled = to < 1 || to > pages();
    button.dataset.rel = rel;
    return button;
  };
  nav.append(step("Previous", page - 1, "previous"),
    make("span", {}, ` Page ${count(page)} of ${count(pages())} `), step("Next", page + 1, "next"));
}

function drawRows(numbers) {
  const list = byId("finding-list");
  const byRule = address.filters.get("by") === "rule";
  const drawn = document.createDocumentFragment();
  let group, last;
  numbers.forEach((at) => {
    const key = byRule ? tables.rules[rows[at][RULE]][0] : resourceOf[at];
    if (key !== last) {
      group = make("div", { class: "group" }, byRule ? ruleHead(rows[at]) : resourceHead(rows[at]));
      drawn.append(group);
      last = key;
    }
    group.append(drawFinding(rows[at]));
  });
  if (!numbers.length) {
    drawn.append(make("p", { class: "nothing" }, rows.length ? "No finding fits these filters."
      : "There is no finding."));
  }
  list.replaceChildren(drawn);
  settleFindings();
}

function resourceHead(row) {
  const subject = subjectOf(row), [target, scope, , region] = tables.places[row[PLACE]];
  const where = [target, scope, region].filter((part) => part && part !== row[NAME]).join(" · ");
  return make("h3", {}, make("bdi", { class: "name" }, row[NAME]),
    subject && subject !== row[NAME] ? make("bdi", { class: "subject" }, subject) : null,
    make("bdi", { class: "where" }, where));
}

function ruleHead(row) {
  const rule = ruleOf(row);
  return make("h3", {}, make("span", {}, rule.title), make("span", { class: "where" }, rule.id));
}

function drawFinding(row) {
  const rule = ruleOf(row), kind = tables.classes[row[CLASS]], style = CLASS_STYLES[kind];
  const entry = make("details", { class: `finding ${style}`, id: `finding/${row[PRINT]}` },
    make("summary", {},
      make("span", { class: `tag ${style}` },
        make("span", { "aria-hidden": "true" }, MARKS[style]), ` ${CLASS_WORDS[kind]}`),
      make("span", { class: `severity ${rule.severity}` }, rule.severity),
      make("bdi", { class: "message" }, messageOf(row)),
      make("span", { class: "id" }, rule.practice)));
  entry.addEventListener("toggle", () => { if (entry.open) unfold(entry, row, rule); });
  return entry;
}

/** Adds what a finding says beyond its line, once. */
function unfold(entry, row, rule) {
  if (entry.children.length === 1) entry.append(inside(row, rule));
}

function inside(row, rule) {
  const texts = tables.texts[rule.id] || { why: "", limits: "", fix: {} };
  const [target, scope, provider, region] = tables.places[row[PLACE]];
  const facts = make("dl", { class: "facts" });
  const fact = (term, ...said) => {
    if (said.flat(Infinity).some((part) => part)) {
      facts.append(make("dt", {}, term), make("dd", {}, ...said));
    }
  };
  if (row[WHY]) {
    const [reason, [gap, operation, permission, detail], unread] = tables.whys[row[WHY] - 1];
    const known = gap && byId(`gap/${gap}`);
    fact("unknown because", reason, known ? " " : "",
      known ? make("a", { href: `#gap/${gap}` }, "see the read") : null);
    fact("operation", operation);
    fact("permission", permission && make("code", {}, permission));
    fact("what it said", detail);
    fact("unread", unread.join(", "));
  }
  const evidence = row[EVIDENCE];
  fact("evidence", evidence.length ? make("ul", { class: "evidence" }, evidence.map(([key, value]) =>
    make("li", {}, make("code", {}, key), " ", make("bdi", {}, value)))) : null);
  fact("set aside by", row[SUPPRESSED]);
  const fixes = texts.fix[provider] ? [[provider, texts.fix[provider]]] : Object.entries(texts.fix);
  const mend = ["fail", "set-aside"].includes(tables.classes[row[CLASS]]) ? fixes : [];
  fact("fix", mend.map(([name, text]) => make("div", { class: "fix" },
    mend.length > 1 ? make("b", {}, `${name}: `) : null, text)));
  fact("why it matters", texts.why);
  fact("cannot see", texts.limits);
  fact("resource", subjectOf(row) && make("bdi", {}, subjectOf(row)));
  fact("where", make("bdi", {}, [target, scope, region].filter(Boolean).join(" · ")));
  fact("made by", row[MADE_BY] && make("code", {}, row[MADE_BY]));
  fact("read by", [tables.sources[row[SOURCE]], tables.times[row[TIME]]].filter(Boolean).join(", "));
  if (row[COUNT] >= 0) fact("stands for", many(row[COUNT], "resource"));
  fact("rule", make("a", { href: `#findings?class=any&rule=${encodeURIComponent(rule.id)}` }, rule.id),
    `, ${rule.strength}`);
  fact("requirement", make("a", { href: `#practice/${rule.practice}` }, rule.practice));
  fact("decides", rule.decides.join(", "));
  fact("informs", rule.informs.join(", "));
  fact("ISO/IEC 27001", rule.iso.length
    ? make("span", { class: "links" }, rule.iso.map((id) => [make("a", { href: `#control/${id}` }, id), " "]))
    : null);
  fact("this finding", make("a", { href: `#finding/${row[PRINT]}` }, row[PRINT]));
  return make("div", { class: "inside" }, facts);
}

/** Goes to one finding, whatever the filters hide. */
function openFinding(print) {
  const at = rows.findIndex((row) => row[PRINT] === print);
  if (at < 0) {
    setText("finding-count", `No finding of this page has the fingerprint ${print}.`);
    return goTo("findings");
  }
  if (!shown.includes(at)) {
    for (const key of FINDING_KEYS) if (key !== "by") address.filters.delete(key);
    if (!USUAL.includes(tables.classes[rows[at][CLASS]])) {
      address.filters.set("class", tables.classes[rows[at][CLASS]]);
    }
    syncFindingForm();
    filterFindings();
  }
  const page = Math.floor(shown.indexOf(at) / PAGE) + 1;
  setFilter("page", page > 1 ? String(page) : "");
  drawFindings();
  goTo(`finding/${print}`);
}

/** Sets the form's controls from the address. */
function syncFindingForm() {
  const form = byId("finding-filters");
  const classes = wantedClasses(), severities = several("severity");
  for (const box of form.querySelectorAll("[name=class]")) box.checked = classes.includes(box.value);
  for (const box of form.querySelectorAll("[name=severity]")) box.checked = severities.includes(box.value);
  for (const key of ["q", "domain", "target", "rule"]) form.elements[key].value = address.filters.get(key) || "";
  form.elements.by.value = address.filters.get("by") === "rule" ? "rule" : "resource";
}

function readFindingForm() {
  const form = byId("finding-filters");
  const ticked = (name) => [...form.querySelectorAll(`[name=${name}]:checked`)].map((box) => box.value);
  const classes = ticked("class");
  const usual = classes.length === USUAL.length && USUAL.every((name) => classes.includes(name));
  const all = classes.length === form.querySelectorAll("[name=class]").length || !classes.length;
  setFilter("class", usual ? "" : all ? "any" : classes.join(","));
  setFilter("severity", ticked("severity").join(","));
  for (const key of ["q", "domain", "target", "rule"]) setFilter(key, form.elements[key].value);
  setFilter("by", form.elements.by.value === "rule" ? "rule" : "");
  setFilter("page", "");
}

function refreshFindings() {
  performance.mark("filter");
  address.at = "findings";
  filterFindings();
  drawFindings();
  writeAddress();
  performance.measure("filter", "filter");
}

/** Fills the choices and wires the controls, once the data is there. */
function startFindings() {
  const form = byId("finding-filters");
  const fill = (name, values) => form.elements[name].append(
    ...values.map(([value, words]) => make("option", { value }, words)));
  const domains = new Set(tables.rules.map(([, practice]) => practice.split(".")[0]));
  fill("domain", [...domains].sort().map((code) => [code, code]));
  fill("target", [...new Set(tables.places.map(([id]) => id))].filter(Boolean).sort().map((id) => [id, id]));
  fill("rule", [...new Set(tables.rules.map(([id]) => id))].sort().map((id) => [id, id]));
  settleFindings = rove(byId("finding-list"));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => { readFindingForm(); refreshFindings(); });
  byId("finding-clear").addEventListener("click", () => {
    for (const key of FINDING_KEYS) address.filters.delete(key);
    syncFindingForm();
    refreshFindings();
  });
  byId("finding-pages").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    setFilter("page", button.dataset.page === "1" ? "" : button.dataset.page);
    refreshFindings();
    byId("findings").scrollIntoView();
    const first = byId("finding-list").querySelector("summary");
    if (first) first.focus({ preventScroll: true });
  });
}
