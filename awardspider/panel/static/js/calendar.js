// The calendar: arrow keys move between days, and the flights of a day are loaded beside it. Links work without this.
"use strict";

(() => {
  const calendar = document.querySelector("[data-calendar]");
  const panel = document.querySelector("#day");
  if (!calendar || !panel) return;

  const days = [...calendar.querySelectorAll("a[data-day]")];
  const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7, PageUp: -28, PageDown: 28 };

  // One stop for the Tab key; the arrow keys reach the other days.
  function makeReachable(link) {
    for (const each of days) each.tabIndex = each === link ? 0 : -1;
  }

  function moved(link, days) {
    const day = new Date(`${link.dataset.day}T00:00:00Z`);
    day.setUTCDate(day.getUTCDate() + days);
    return calendar.querySelector(`#d-${CSS.escape(day.toISOString().slice(0, 10))}`);
  }

  calendar.addEventListener("keydown", (event) => {
    const link = event.target.closest("a[data-day]");
    if (!link || event.ctrlKey || event.altKey || event.metaKey) return;
    const target = event.key === "Home" ? days[0] : event.key === "End" ? days.at(-1) : event.key in STEPS ? moved(link, STEPS[event.key]) : null;
    if (!target) return;
    event.preventDefault();
    makeReachable(target);
    target.closest("details")?.setAttribute("open", "");
    target.focus();
  });

  function mark(day) {
    for (const each of days) each.toggleAttribute("aria-current", false);
    const link = calendar.querySelector(`#d-${CSS.escape(day)}`);
    link?.setAttribute("aria-current", "date");
    if (link) makeReachable(link);
  }

  async function show(address, day) {
    mark(day);
    await window.htmx.ajax("GET", address, { target: "#day", swap: "innerHTML" });
    panel.scrollTop = 0;
    panel.parentElement.scrollTop = 0;
    // Below the months, on a phone, the flights are out of view.
    if (panel.getBoundingClientRect().top > window.innerHeight) {
      panel.scrollIntoView({ block: "start" });
      panel.focus({ preventScroll: true });
    }
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-day]");
    if (!link || !window.htmx || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const address = link.href.replace(/#.*$/, "");
    history.pushState({ day: link.dataset.day }, "", address);
    show(address, link.dataset.day);
  });
  window.addEventListener("popstate", () => window.location.reload());

  const current = calendar.querySelector("a[aria-current]") ?? days[0];
  if (current) makeReachable(current);
})();
