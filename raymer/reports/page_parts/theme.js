"use strict";
// The page is as dark as the system asks, until its switch is used; what was chosen is kept where a browser allows it.
{
  const button = document.getElementById("theme");
  const root = document.documentElement;
  const asked = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : asked.matches);
  const show = () => button.setAttribute("aria-pressed", String(isDark()));
  try { const kept = localStorage.getItem("raymer-theme"); if (kept) root.dataset.theme = kept; } catch { /* not kept */ }
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    try { localStorage.setItem("raymer-theme", root.dataset.theme); } catch { /* not kept */ }
    show();
  });
  asked.addEventListener("change", show);
  button.hidden = false;
  show();
}
