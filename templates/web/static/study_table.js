// Sort and filter the table of studies as one types. Without this script the form and the headings ask the server for the same.
"use strict";

(() => {
  const table = document.querySelector("table.sortable"), form = document.querySelector("form.sifting"), told = document.getElementById("sifted");
  if (!table || !form || !told) return;
  const body = table.tBodies[0], rows = [...body.rows], numbers = new Set(["year", "people", "outcomes"]);
  const fold = words => words.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().trim();

  const sift = () => {
    const text = fold(form.text.value), outcome = form.outcome.value;
    for (const row of rows) {
      row.hidden = !(row.dataset.words.includes(text) && (!outcome || row.dataset.outcomes.split("|").includes(outcome)));
    }
    told.textContent = `${rows.filter(row => !row.hidden).length} of ${rows.length} ${rows.length === 1 ? "study" : "studies"}`;
  };

  const compare = (column, a, b) => numbers.has(column) ? a - b : a.localeCompare(b);
  const sort = () => {
    const wanted = form.sort.value, column = wanted.replace("-", ""), towards = wanted.startsWith("-") ? -1 : 1;
    const known = rows.filter(row => column && row.dataset[column] !== "");
    known.sort((one, other) => towards * compare(column, one.dataset[column], other.dataset[column]));
    body.append(...known, ...rows.filter(row => !known.includes(row)));
    for (const link of table.tHead.querySelectorAll("a")) {
      const here = link.dataset.column === column;
      link.closest("th").setAttribute("aria-sort", here ? (towards > 0 ? "ascending" : "descending") : "none");
    }
  };

  const remember = () => {
    const asked = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    history.replaceState(null, "", asked.size ? `?${asked}` : location.pathname);
  };
  const change = what => () => { what(); remember(); };

  form.text.addEventListener("input", change(sift));
  form.outcome.addEventListener("change", change(sift));
  form.sort.addEventListener("change", change(sort));
  form.addEventListener("submit", event => { event.preventDefault(); sift(); sort(); remember(); });
  table.tHead.addEventListener("click", event => {
    const link = event.target.closest("a");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    form.sort.value = (form.sort.value === link.dataset.column ? "-" : "") + link.dataset.column;
    sort();
    remember();
  });
})();
