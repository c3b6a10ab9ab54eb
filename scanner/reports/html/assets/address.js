/* The part of the URL after #: where the reader is, and every filter, so that a reload, a bookmark
   and a link to a colleague show the same. `#findings?class=fail&q=mfa`, `#practice/AC.L2-3.1.1`. */

const FINDING_KEYS = ["q", "class", "severity", "domain", "target", "rule", "by", "page"];
const PRACTICE_KEYS = ["state", "find"];

/** @type {{at: string, filters: Map<string, string>}} */
const address = { at: "", filters: new Map() };

/** Reads the URL. What a link does not mention stays as it is. */
function readAddress() {
  const text = location.hash.slice(1);
  const cut = text.indexOf("?");
  address.at = decoded(cut < 0 ? text : text.slice(0, cut));
  if (cut < 0) return;
  const given = new URLSearchParams(text.slice(cut + 1));
  const known = [...FINDING_KEYS, ...PRACTICE_KEYS];
  const about = [FINDING_KEYS, PRACTICE_KEYS].filter((keys) => keys.some((key) => given.has(key)));
  for (const keys of about) for (const key of keys) address.filters.delete(key);
  for (const [key, value] of given) if (known.includes(key) && value) address.filters.set(key, value);
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Puts place and filters into the URL without a step in the history. */
function writeAddress() {
  const filters = new URLSearchParams();
  for (const key of [...FINDING_KEYS, ...PRACTICE_KEYS]) {
    if (address.filters.has(key)) filters.set(key, address.filters.get(key));
  }
  const tail = String(filters) && `?${filters}`;
  const at = encodeURI(address.at).replace(/[?#]/g, encodeURIComponent);
  history.replaceState(null, "", at || tail ? `#${at}${tail}` : location.pathname + location.search);
}

function setFilter(key, value) {
  if (value) address.filters.set(key, value);
  else address.filters.delete(key);
}

/** A filter with several values. */
function several(key) {
  const text = address.filters.get(key);
  return text ? text.split(",") : [];
}

/** Shows the element that the address names: opens what it is folded into and goes there. */
function goTo(id) {
  const target = document.getElementById(id);
  if (!target) return;
  for (let outer = target; outer; outer = outer.parentElement) {
    if (outer instanceof HTMLDetailsElement) outer.open = true;
    if (outer.hidden) outer.hidden = false;
  }
  target.scrollIntoView();
  const focus = target.querySelector("summary, [tabindex='-1']") || target;
  if (!focus.matches("summary, a, button, [tabindex]")) focus.setAttribute("tabindex", "-1");
  focus.focus({ preventScroll: true });
}
