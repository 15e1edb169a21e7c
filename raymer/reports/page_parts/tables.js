// Tables that sort by a column, show the rows that hold all words of a filter, and are copied as they are shown.
function cellValue(row, column, isNumber) {
  const text = row.cells[column].textContent.trim();
  if (!isNumber) return text;
  const found = text.match(/[-+]?(\d+\.?\d*|\.\d+)/);
  return found ? parseFloat(found[0]) : NaN;
}

function compareCells(a, b, isNumber) {
  if (!isNumber) return a.localeCompare(b, undefined, { numeric: true });
  return a - b;
}

function sortBy(table, column, heads) {
  const head = heads[column];
  const isNumber = head.classList.contains("number");
  const first = isNumber ? "descending" : "ascending";
  const other = isNumber ? "ascending" : "descending";
  const order = head.getAttribute("aria-sort") === first ? other : first;
  heads.forEach((one) => one.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", order);
  const sign = order === "ascending" ? 1 : -1;
  const rows = [...table.tBodies[0].rows].map((row) => [cellValue(row, column, isNumber), row]);
  const isEmpty = (value) => value === "" || Number.isNaN(value);
  rows.sort(([a], [b]) => isEmpty(a) - isEmpty(b) || (isEmpty(a) ? 0 : sign * compareCells(a, b, isNumber)));
  table.tBodies[0].append(...rows.map(([, row]) => row));
}

function filterRows(table, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of table.tBodies[0].rows) {
    const said = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => said.includes(word));
  }
}

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) throw new Error("the browser does not allow it");
  }
}

function copied(table, format) {
  const rows = [...table.tBodies[0].rows].filter((row) => !row.hidden);
  const parts = [table.dataset[`${format}Head`], ...rows.map((row) => row.dataset[format]), table.dataset[`${format}Foot`]];
  return [`${parts.filter(Boolean).join("\n")}\n`, rows.length];
}

for (const box of document.querySelectorAll("div.table")) {
  const table = box.querySelector("table");
  const said = box.querySelector(".said");
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sortBy(table, column, heads));
    head.append(button);
  });
  box.querySelector("input").addEventListener("input", (event) => filterRows(table, event.target.value));
  for (const button of box.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", async () => {
      const [text, count] = copied(table, button.dataset.copy);
      try {
        await copyText(text);
        said.textContent = `${count} rows copied`;
      } catch (error) {
        said.textContent = `not copied: ${error.message}`;
      }
    });
  }
}
for (const tools of document.querySelectorAll(".tools")) tools.hidden = false;
