// Filters and sorts the tables of a report. Without this script, the page shows all rows in their first order.
(() => {
"use strict";

const MAX_CHOICES = 20;
const order = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

function tag(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

// Sort

const text = (cell) => (cell?.dataset.value ?? cell?.textContent ?? "").trim();

// Numbers are compared as numbers if all values are numbers. Rows without a value come last in both directions.
function sort(table, column, direction) {
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => [text(row.cells[column]), row]);
  const isNumeric = rows.every(([value]) => value === "" || !Number.isNaN(Number(value)));
  const compare = isNumeric ? (a, b) => Number(a) - Number(b) || 0 : order.compare;
  rows.sort(([a], [b]) => (a === "") - (b === "") || direction * compare(a, b));
  body.append(...rows.map(([, row]) => row));
}

function makeSortable(table) {
  const heads = [...table.tHead.rows[0].cells];
  if (table.tBodies[0].rows.length < 2) return;
  heads.forEach((head, column) => {
    if (head.classList.contains("fixed")) return;
    const button = tag("button", { type: "button", title: "Sort by this column" }, ...head.childNodes);
    button.addEventListener("click", () => {
      const isAscending = head.getAttribute("aria-sort") !== "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", isAscending ? "ascending" : "descending");
      sort(table, column, isAscending ? 1 : -1);
    });
    head.append(button);
  });
}

// Filter

// The different values of a column, if they are few enough to choose from.
function choicesOf(rows, column) {
  const values = [...new Set(rows.map((row) => text(row.cells[column])))].filter(Boolean);
  return values.length > 1 && values.length <= MAX_CHOICES ? values.sort(order.compare) : [];
}

function addFilter(region) {
  const noun = region.dataset.filter;
  const rows = [...region.querySelectorAll("table.data > tbody > tr")];
  if (rows.length < 2) return;
  const texts = new Map(rows.map((row) => [row, `${row.textContent} ${row.dataset.text ?? ""}`.toLowerCase()]));
  const folds = [...region.querySelectorAll("details")].map((fold) => [fold, fold.open]);
  const input = tag("input", { type: "search", "aria-label": `Filter ${noun}`, placeholder: `Filter ${noun}` });
  const count = tag("span", { role: "status", class: "count" });
  const selects = [...region.querySelectorAll("th")].flatMap((head) => {
    const values = "choices" in head.dataset ? choicesOf(rows, head.cellIndex) : [];
    if (!values.length) return [];
    const name = head.textContent.trim();
    const options = values.map((value) => new Option(value, value));
    return [[head.cellIndex, tag("select", { "aria-label": name }, new Option(`${name}: all`, ""), ...options)]];
  });

  function update() {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const isActive = words.length > 0 || selects.some(([, select]) => select.value);
    let matches = 0;
    for (const row of rows) {
      const isMatch = words.every((word) => texts.get(row).includes(word)) &&
        selects.every(([column, select]) => !select.value || text(row.cells[column]) === select.value);
      row.hidden = !isMatch;
      matches += isMatch;
    }
    for (const group of region.querySelectorAll(".group")) group.hidden = !group.querySelector("tbody > tr:not([hidden])");
    for (const [fold, wasOpen] of folds) fold.open = isActive || wasOpen;
    count.textContent = isActive ? `${matches.toLocaleString("en")} of ${rows.length.toLocaleString("en")} ${noun}` : "";
    bar.classList.toggle("active", isActive);
  }

  const bar = tag("form", { class: "filter", role: "search", "aria-label": `Filter ${noun}` },
    input, ...selects.map(([, select]) => select), count);
  bar.addEventListener("input", update);
  bar.addEventListener("submit", (event) => event.preventDefault());
  region.prepend(bar);
}

// Fold

// Show what the address names. A browser unfolds it too, but scrolls before it knows the heights of what it unfolds.
function showTarget() {
  const target = document.getElementById(location.hash.slice(1));
  const inner = target?.querySelector(":scope > details") ?? target?.closest("details");
  for (let fold = inner; fold; fold = fold.parentElement.closest("details")) fold.open = true;
  if (inner) requestAnimationFrame(() => target.scrollIntoView({ block: "nearest" }));
}

// Print everything, as the style of the page does in browsers that know how to.
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")];
  for (const fold of folded) fold.open = true;
});
addEventListener("afterprint", () => {
  for (const fold of folded) fold.open = false;
});

document.querySelectorAll("[data-filter]").forEach(addFilter);
document.querySelectorAll("table.data").forEach(makeSortable);
addEventListener("hashchange", showTarget);
showTarget();
})();
