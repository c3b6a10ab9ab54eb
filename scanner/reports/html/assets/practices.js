/* Filters over the requirements, which stand in the page already. */

let settlePractices = () => {};

function filterPractices() {
  const states = several("state");
  const words = (address.filters.get("find") || "").toLowerCase().split(/\s+/).filter(Boolean);
  let fitting = 0, all = 0;
  for (const domain of document.querySelectorAll("#practice-list .domain")) {
    let left = 0;
    for (const entry of domain.querySelectorAll("details.practice")) {
      entry.searched ??= entry.textContent.toLowerCase();
      const fits = (!states.length || states.includes(entry.dataset.state))
        && words.every((word) => entry.searched.includes(word));
      entry.hidden = !fits;
      left += fits;
      all++;
    }
    domain.hidden = !left;
    fitting += left;
  }
  setText("practice-count", fitting === all ? many(all, "requirement")
    : `${count(fitting)} of ${many(all, "requirement")}`);
  byId("practice-none").hidden = fitting > 0;
  settlePractices();
}

function syncPracticeForm() {
  const form = byId("practice-filters"), states = several("state");
  for (const box of form.querySelectorAll("[name=state]")) box.checked = states.includes(box.value);
  form.elements.find.value = address.filters.get("find") || "";
}

function startPractices() {
  const form = byId("practice-filters");
  settlePractices = rove(byId("practice-list"));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    setFilter("state", [...form.querySelectorAll("[name=state]:checked")].map((b) => b.value).join(","));
    setFilter("find", form.elements.find.value);
    address.at = "practices";
    filterPractices();
    writeAddress();
  });
  const fold = (open) => () => {
    for (const entry of document.querySelectorAll("#practice-list details.practice")) {
      if (!entry.hidden) entry.open = open;
    }
  };
  byId("practice-open").addEventListener("click", fold(true));
  byId("practice-close").addEventListener("click", fold(false));
  byId("domains").addEventListener("click", (event) => {
    const cell = event.target.closest("[data-practice]");
    if (cell) location.hash = `practice/${cell.dataset.practice}`;
  });
}
