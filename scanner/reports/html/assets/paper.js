/* The findings on paper: by rule, so that what to do stands once above the resources it is about. */

/** More than anybody reads, and few enough to print. */
const PRINTED = 500;

/** The filtered rows by rule, class and provider: each group has one fix. */
function paperGroups() {
  const wanted = new Set(shown);
  const groups = new Map();
  for (const at of Array.from(order.rule).filter((n) => wanted.has(n)).slice(0, PRINTED)) {
    const row = rows[at];
    const key = `${tables.rules[row[RULE]][0]} ${row[CLASS]} ${tables.places[row[PLACE]][2]}`;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(row);
  }
  return groups.values();
}

function drawPaper() {
  const drawn = document.createDocumentFragment();
  for (const group of paperGroups()) {
    drawn.append(make("div", { class: "group" }, paperHead(group[0], ruleOf(group[0])),
      make("ul", { class: "paper" }, group.map(paperLine))));
  }
  byId("finding-list").replaceChildren(drawn);
  setText("finding-count", shown.length > PRINTED
    ? `The first ${PRINTED} of ${count(shown.length)} findings; findings.jsonl has every one.`
    : `${many(shown.length, "finding")}.`);
}

function paperHead(row, rule) {
  const kind = tables.classes[row[CLASS]], style = CLASS_STYLES[kind];
  const texts = tables.texts[rule.id] || { fix: {} };
  const [, , provider] = tables.places[row[PLACE]];
  const fix = kind === "fail" && texts.fix[provider];
  return [
    make("h3", {}, make("span", { class: `tag ${style}` }, `${MARKS[style]} ${CLASS_WORDS[kind]}`),
      make("span", { class: `severity ${rule.severity}` }, rule.severity),
      make("span", {}, rule.title), make("span", { class: "where" }, `${rule.practice} · ${rule.id}`)),
    fix ? make("p", { class: "fix" }, `Fix: ${fix}`) : null,
  ];
}

function paperLine(row) {
  const [target, scope, , region] = tables.places[row[PLACE]];
  const evidence = row[EVIDENCE].map(([key, value]) => `${key} ${value}`).join(" · ");
  const where = [target, scope, region].filter(Boolean).join(" · ");
  return make("li", {}, make("bdi", { class: "message" }, messageOf(row)),
    make("bdi", { class: "message dim" }, [evidence, where, row[PRINT]].filter(Boolean).join(" · ")));
}

/** Paper also gets what fails of the requirements and the plan unfolded; the screen stays as it was. */
function startPaper() {
  let opened = [];
  addEventListener("beforeprint", () => {
    const wanted = document.querySelectorAll(
      "#practice-list details[data-state='NOT MET'], #poam details");
    opened = [...wanted].filter((entry) => !entry.open);
    for (const entry of opened) entry.open = true;
    drawPaper();
  });
  addEventListener("afterprint", () => {
    for (const entry of opened) entry.open = false;
    drawFindings();
  });
}
