/* The findings on paper: by rule, so that what to do stands once above the resources it is about. */

/** More than anybody reads, and few enough to print. */
const PRINTED = 500;

/** Row numbers of the filtered list in the order of rules. */
function byRule() {
  const wanted = new Set(shown);
  return Array.from(order.rule).filter((at) => wanted.has(at));
}

function drawPaper() {
  const drawn = document.createDocumentFragment();
  let list, last;
  for (const at of byRule().slice(0, PRINTED)) {
    const row = rows[at], rule = ruleOf(row);
    const key = `${rule.id} ${row[CLASS]}`;
    if (key !== last) {
      last = key;
      list = make("ul", { class: "paper" });
      drawn.append(make("div", { class: "group" }, paperHead(row, rule), list));
    }
    list.append(paperLine(row));
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
