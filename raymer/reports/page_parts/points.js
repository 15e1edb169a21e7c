// Names on hovering, the clips of the same group lit, and the clip's sound on clicking. Corpus text is set as text only.
const tip = document.getElementById("tip");
const player = document.getElementById("player");
const records = JSON.parse(document.getElementById("hover").textContent);

function add(parent, tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  parent.append(element);
}

function show(record, event) {
  tip.replaceChildren();
  add(tip, "b", record.name);
  if (record.group) add(tip, "div", record.group);
  add(tip, "div", record.text);
  if (record.audio) add(tip, "div", "click to hear it");
  tip.hidden = false;
  const left = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8);
  const top = Math.min(event.clientY + 14, innerHeight - tip.offsetHeight - 8);
  tip.style.left = `${Math.max(8, left)}px`;
  tip.style.top = `${Math.max(8, top)}px`;
}

function play(record) {
  player.replaceChildren();
  add(player, "div", record.name);
  const audio = document.createElement("audio");
  audio.controls = true;
  audio.src = record.audio;
  audio.addEventListener("error", () => add(player, "div", "This file cannot be played here."));
  player.append(audio);
  player.hidden = false;
  audio.play().catch(() => {});
}

for (const [name, clips] of Object.entries(records)) {
  const panel = document.querySelector(`[data-panel="${name}"]`);
  const drawn = [...panel.querySelectorAll(`[id^="${name}-points-"] use, [id^="${name}-points-"] path`)];
  const points = drawn.filter((element) => !element.closest("defs"));
  const indexOf = new Map(points.map((point, k) => [point, k]));
  points.forEach((point, k) => point.classList.add(clips[k].audio ? "playable" : "point"));
  let lit = [];
  const unlight = () => { lit.forEach((point) => point.classList.remove("lit")); lit = []; };
  panel.addEventListener("pointerover", (event) => {
    const k = indexOf.get(event.target);
    unlight();
    tip.hidden = true;
    if (k === undefined) return;
    lit = points.filter((_, j) => j === k || (clips[k].group && clips[j].group === clips[k].group));
    lit.forEach((point) => point.classList.add("lit"));
    show(clips[k], event);
  });
  panel.addEventListener("pointerleave", () => { unlight(); tip.hidden = true; });
  panel.addEventListener("click", (event) => {
    const k = indexOf.get(event.target);
    if (k !== undefined && clips[k].audio) play(clips[k]);
  });
}
