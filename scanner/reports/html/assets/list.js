/* Elements from text, and long lists as one stop of the Tab key. */

/** An element. Children are elements or texts; texts are never read as markup.
 * @param {string} tag @param {Record<string, any>} attributes @param {...any} children */
function make(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

const visibleSummaries = (list) =>
  [...list.querySelectorAll("details > summary")].filter((s) => s.parentElement.offsetParent !== null
    && !s.closest("[hidden]"));

/** One entry of the list takes Tab; the arrow keys, Home and End move between entries. */
function rove(list) {
  const settle = () => {
    const entries = visibleSummaries(list);
    const current = entries.find((entry) => entry.tabIndex === 0 && entry.dataset.roved) || entries[0];
    for (const entry of entries) {
      entry.tabIndex = entry === current ? 0 : -1;
      entry.dataset.roved = "yes";
    }
  };
  const choose = (entry) => {
    for (const other of list.querySelectorAll("summary[tabindex='0']")) other.tabIndex = -1;
    entry.tabIndex = 0;
    entry.dataset.roved = "yes";
  };
  list.addEventListener("keydown", (event) => {
    if (!event.target.matches("summary") || event.altKey || event.ctrlKey || event.metaKey) return;
    const entries = visibleSummaries(list);
    const at = entries.indexOf(event.target);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: entries.length - 1 }[event.key];
    if (at < 0 || to === undefined || !entries[to]) return;
    event.preventDefault();
    choose(entries[to]);
    entries[to].focus();
  });
  list.addEventListener("focusin", (event) => {
    if (event.target.matches("summary")) choose(event.target);
  });
  return settle;
}

const count = (n) => n.toLocaleString("en-US");
const many = (n, one, more) => `${count(n)} ${n === 1 ? one : more || `${one}s`}`;
