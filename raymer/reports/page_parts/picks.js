// Systems picked in a table: each gets a colour, which it has in every table and figure; what is not picked fades.
{
  const colours = 7;
  const picks = new Map(); // place of a system -> number of its colour
  const unpick = document.getElementById("unpick");
  const places = [...document.querySelectorAll("[data-place]")];
  const marks = [...document.querySelectorAll(".mark[data-systems]")].map((mark) => [mark, mark.dataset.systems.split(" ")]);
  const colour = (place) => `var(--pick-${picks.get(place)})`;

  function nextColour() {
    const used = new Set(picks.values());
    for (let number = 1; number <= colours; number += 1) if (!used.has(number)) return number;
    return 1 + (picks.size % colours);
  }

  function show() {
    document.body.classList.toggle("picking", picks.size > 0);
    unpick.disabled = picks.size === 0;
    for (const element of places) {
      const { place } = element.dataset;
      element.querySelector(".pick").setAttribute("aria-pressed", String(picks.has(place)));
      element.style.setProperty("--pick", picks.has(place) ? colour(place) : "");
    }
    for (const [mark, systems] of marks) {
      const own = systems.find((place) => picks.has(place));
      mark.classList.toggle("picked", own !== undefined);
      mark.style.setProperty("--pick", own === undefined ? "" : colour(own));
    }
  }

  for (const element of places) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "pick";
    button.setAttribute("aria-label", `Show ${element.dataset.name} in the figures`);
    button.addEventListener("click", () => {
      const { place } = element.dataset;
      if (!picks.delete(place)) picks.set(place, nextColour());
      show();
    });
    (element.cells ? element.cells[0] : element).prepend(button);
  }
  unpick.addEventListener("click", () => { picks.clear(); show(); });
  show();
}
