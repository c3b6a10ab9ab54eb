/* The findings in memory: rows as the file has them, and an index to search and order them by. */

/** Columns of a row. */
const RULE = 0, CLASS = 1, PLACE = 2, NAME = 3, SUBJECT = 4, MESSAGE = 5, PRINT = 6, TIME = 7,
  WHY = 8, EVIDENCE = 9, SOURCE = 10, MADE_BY = 11, SUPPRESSED = 12, COUNT = 13;

const SEVERITIES = ["critical", "high", "medium", "low", "info"];

/** @type {Array<Array<any>>} */
const rows = [];
/** What a search looks through, in lower case, by row. @type {string[]} */
const haystack = [];
/** Tables that rows point into; filled by `load`. */
let tables = { classes: [], texts: {}, rules: [], places: [], times: [], whys: [], sources: [] };
/** Row numbers in reading order, by what they are grouped by. */
const order = { resource: new Int32Array(0), rule: new Int32Array(0) };
/** Row -> number of its resource. */
let resourceOf = new Int32Array(0);

const pause = () => new Promise((resolve) => setTimeout(resolve));

/** Takes up the embedded data block by block, so that the page stays responsive. */
async function load() {
  tables = JSON.parse(document.getElementById("tables").textContent);
  for (const block of document.querySelectorAll("script.rows")) {
    for (const row of JSON.parse(block.textContent)) {
      haystack.push(searchable(row));
      rows.push(row);
    }
    block.remove();
    await pause();
  }
  index();
}

/** @returns {{id: string, practice: string, severity: string, strength: string, refutes: string,
 *   decides: string[], informs: string[], iso: string[], title: string}} */
function ruleOf(row) {
  const [id, practice, severity, strength, refutes, decides, informs, iso] = tables.rules[row[RULE]];
  const texts = tables.texts[id];
  return { id, practice, severity, strength, refutes, decides, informs, iso,
    title: texts ? texts.title : id };
}

function messageOf(row) {
  return row[MESSAGE] === 0 ? `${row[NAME]}: ${ruleOf(row).title}` : row[MESSAGE];
}

/** The provider's own id of the resource; empty for a set. */
function subjectOf(row) {
  return row[SUBJECT] === 1 ? row[NAME] : row[SUBJECT] || "";
}

function searchable(row) {
  const parts = [row[NAME], row[PRINT], tables.rules[row[RULE]][0], tables.rules[row[RULE]][1]];
  if (typeof row[SUBJECT] === "string") parts.push(row[SUBJECT]);
  parts.push(row[MESSAGE] === 0 ? ruleOf(row).title : row[MESSAGE]);
  parts.push(tables.places[row[PLACE]].join(" "), row[MADE_BY], row[SUPPRESSED]);
  if (row[WHY]) parts.push(tables.whys[row[WHY] - 1].flat(2).join(" "));
  for (const [key, value] of row[EVIDENCE]) parts.push(`${key}=${value}`);
  return parts.join(" ").toLowerCase();
}

/** A row's weight: worse classes first, then severity. */
function rank(row) {
  return row[CLASS] * 8 + SEVERITIES.indexOf(tables.rules[row[RULE]][2]);
}

function index() {
  const resources = new Map();
  resourceOf = new Int32Array(rows.length);
  rows.forEach((row, at) => {
    const key = `${tables.places[row[PLACE]][1]}\n${subjectOf(row)}\n${row[SUBJECT] ? "" : row[NAME]}`;
    if (!resources.has(key)) resources.set(key, resources.size);
    resourceOf[at] = resources.get(key);
  });
  order.resource = ordered((at) => resourceOf[at], resources.size, (at) => rows[at][NAME]);
  const ids = new Map();
  for (const [id] of tables.rules) if (!ids.has(id)) ids.set(id, ids.size);
  const numbers = tables.rules.map(([id]) => ids.get(id));
  order.rule = ordered((at) => numbers[rows[at][RULE]], ids.size, (at) => ruleOf(rows[at]).id);
}

/** Row numbers group by group, the group with the worst row first, then by name. */
function ordered(groupOf, count, nameOf) {
  const worst = new Float64Array(count).fill(Infinity);
  const names = new Array(count);
  for (let at = 0; at < rows.length; at++) {
    const group = groupOf(at);
    const weight = rank(rows[at]);
    if (weight < worst[group]) worst[group] = weight;
    if (names[group] === undefined) names[group] = nameOf(at);
  }
  const groups = Array.from({ length: count }, (_, n) => n);
  groups.sort((a, b) => worst[a] - worst[b] || (names[a] < names[b] ? -1 : names[a] > names[b] ? 1 : a - b));
  const place = new Float64Array(count);
  groups.forEach((group, n) => { place[group] = n; });
  const keys = new Float64Array(rows.length);
  for (let at = 0; at < rows.length; at++) keys[at] = place[groupOf(at)] * 64 + rank(rows[at]);
  return Int32Array.from({ length: rows.length }, (_, n) => n).sort((a, b) => keys[a] - keys[b] || a - b);
}
