// The panel of the approval: fresh when it is opened, with its ticks asked for; and the countdown after it.

import { inTurn } from "./parts.js";

const sheet = () => document.getElementById("approve");
const base = () => new URL(document.getElementById("act").action).pathname;

// A button that is exchanged between its press and its release gets no click.
let pressed = false;
document.addEventListener("pointerdown", () => { pressed = true; }, true);
for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, () => { pressed = false; }, true);

async function untilReleased() {
  for (let tries = 0; pressed && tries < 20; tries += 1) await new Promise((go) => { window.setTimeout(go, 50); });
  await new Promise((go) => { window.setTimeout(go); }); // after the click that follows
}

async function refresh() {
  try {
    const response = await fetch(`${base()}/approve/plan`, { headers: { "X-Digest-Parts": "1" } });
    if (!response.ok) return;
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("decide-sheet");
    await untilReleased();
    const old = document.getElementById("decide-sheet");
    if (!fresh || !old) return;
    const ticks = [...old.querySelectorAll("[data-tick]:checked")].map((tick) => tick.id);
    const same = fresh.querySelector("[name=warned]")?.value === old.querySelector("[name=warned]")?.value;
    const typed = [...old.querySelectorAll("input:not([type=hidden]):not([type=checkbox]), textarea")].map((box) => [box.id, box.value]);
    const open = [...old.querySelectorAll("details")].map((each) => each.open);
    const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
    old.replaceWith(fresh);
    for (const [id, value] of typed) if (document.getElementById(id)) document.getElementById(id).value = value;
    fresh.querySelectorAll("details").forEach((each, index) => { each.open = open[index] ?? each.open; });
    if (same) for (const id of ticks) if (document.getElementById(id)) document.getElementById(id).checked = true;
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  } catch { /* the panel says what was true when the page was shown; the server refuses an old one */ }
}

document.addEventListener("toggle", (event) => {
  if (event.target === sheet() && event.newState === "open") inTurn(refresh); // after what is on its way
}, true);

// After the approval there is nothing left to approve: the countdown is on the page.
document.addEventListener("desk:parts", () => {
  if (sheet()?.matches(":popover-open") && !sheet().querySelector("[data-plan]")) sheet().hidePopover();
  count();
});

// A tick that is missing is asked for here, not by another page.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-plan] button.main");
  if (!button) return;
  const missing = button.closest("[data-plan]").querySelector("[data-tick]:not(:checked)");
  if (!missing) return;
  event.preventDefault();
  missing.closest(".tick").classList.add("tick-missing");
  missing.focus();
});

function count() {
  const countdown = document.querySelector("[data-countdown]");
  const line = countdown?.querySelector("[data-left]");
  if (!line) return;
  countdown.dataset.until ||= Date.now() + 1000 * Number(countdown.dataset.countdown);
  const left = Math.max(0, Math.ceil((Number(countdown.dataset.until) - Date.now()) / 1000));
  line.textContent = left ? `in ${left} second${left === 1 ? "" : "s"}` : "now";
  if (!left) countdown.querySelector("button")?.setAttribute("disabled", "");
}

count();
window.setInterval(count, 250);
