/* Brings the page to life: data, filters, address, contents. */

/** Shows what the address says. @param {boolean} first as the page opens */
function follow(first) {
  readAddress();
  syncFindingForm();
  syncPracticeForm();
  filterFindings();
  filterPractices();
  const at = address.at;
  if (at.startsWith("finding/")) openFinding(at.slice("finding/".length));
  else {
    drawFindings();
    if (at) goTo(at);
  }
  if (!first || location.hash) writeAddress();
}

/** Marks in the contents which section is being read. */
function watchContents() {
  const links = new Map([...document.querySelectorAll(".contents a")].map((a) => [a.hash.slice(1), a]));
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      for (const [id, link] of links) {
        if (id !== entry.target.id) link.removeAttribute("aria-current");
        else {
          link.setAttribute("aria-current", "true");
          const strip = link.closest("ul");
          strip.scrollLeft = link.offsetLeft - strip.clientWidth / 3;
        }
      }
    }
  }, { rootMargin: "-15% 0px -80% 0px" });
  for (const id of links.keys()) if (byId(id)) seen.observe(byId(id));
}

async function start() {
  await load();
  startFindings();
  startPractices();
  startPaper();
  follow(true);
  watchContents();
  addEventListener("hashchange", () => follow(false));
  document.addEventListener("click", (event) => {
    // a link to where the address already is changes nothing, and still has to lead there
    const link = event.target.closest("a[href^='#']");
    if (link && link.hash === location.hash) follow(false);
  });
  document.documentElement.dataset.ready = "yes";
}

start();
