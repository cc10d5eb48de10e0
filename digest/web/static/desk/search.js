// The box "Find or add a post": results appear while typing. Without this script it is a form that goes to /search.
const PAUSE = 200; // milliseconds after the last key
let timer = 0;
let asked = 0; // number of the newest question: late answers to older ones are dropped
let sent = null; // the form of a result that was sent

const box = () => document.querySelector("[data-search]");
const place = () => document.getElementById("found");
const isOver = () => Boolean(document.getElementById("find"));
const controls = () => [...(place()?.querySelectorAll("[data-go]") || [])];

function tell(text) {
  const live = document.getElementById("live");
  if (live) live.textContent = text;
}

function exchange(next) {
  const old = place();
  if (!old || !next) return;
  if (isOver()) next.classList.add("found-over");
  old.replaceWith(next);
}

function clear() {
  asked += 1;
  window.clearTimeout(timer);
  const empty = document.createElement("div");
  empty.id = "found";
  empty.className = "found";
  empty.hidden = true;
  exchange(empty);
}

async function ask() {
  const query = box().value.trim();
  if (!query) {
    clear();
    return;
  }
  asked += 1;
  const mine = asked;
  const fields = new FormData(box().form);
  fields.set("q", query);
  try {
    const response = await fetch(`/search?${new URLSearchParams(fields)}`, { headers: { "X-Digest-Parts": "1" } });
    if (!response.ok || mine !== asked) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (mine !== asked) return;
    exchange(document.importNode(page.getElementById("found"), true));
    tell([...place().querySelectorAll("[data-tell]")].map((each) => each.textContent.trim()).join(" "));
  } catch {
    tell("The desk does not answer. Try again in a moment.");
  }
}

document.addEventListener("input", (event) => {
  if (event.target !== box()) return;
  window.clearTimeout(timer);
  asked += 1;
  timer = window.setTimeout(ask, PAUSE);
});

function go(from, step) {
  const all = controls();
  const at = all.indexOf(from);
  if (at + step < 0) box().focus();
  else all[Math.min(at + step, all.length - 1)]?.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || !box()) return;
  const inBox = event.target === box();
  if (!inBox && !place()?.contains(event.target)) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (inBox && event.key === "ArrowUp") return;
    event.preventDefault();
    event.stopPropagation();
    go(inBox ? null : event.target.closest("[data-go]"), event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Escape" && isOver()) {
    event.preventDefault();
    event.stopPropagation();
    box().focus();
    if (inBox) reset();
    clear();
  }
}, true);

function reset() {
  box().value = "";
  box().dispatchEvent(new Event("input", { bubbles: true })); // the outline is filtered no more
  clear();
}

// On the workbench, Enter goes to the first result: a second Enter acts on it.
document.addEventListener("submit", async (event) => {
  if (!isOver() || event.target !== box()?.form) return;
  event.preventDefault();
  window.clearTimeout(timer);
  await ask();
  controls()[0]?.focus();
}, true);

document.addEventListener("click", (event) => {
  if (!isOver() || place()?.hidden) return;
  if (event.target.closest("#found a[data-open]")) reset();
  else if (!event.target.closest("#find")) clear();
});

// A result that was sent: what it changed is shown, and the box is free again; what failed stays to be read.
document.addEventListener("desk:sending", ({ detail }) => {
  if (!place()?.contains(detail.form)) return;
  sent = detail.form;
  asked += 1;
  if (sent.dataset.opens) detail.body.set("open", sent.dataset.opens);
  if ("add" in sent.dataset) {
    place().setAttribute("aria-busy", "true");
    sent.querySelector("button").textContent = "Fetching the page…";
    tell("Fetching the page.");
  }
});

document.addEventListener("desk:parts", () => {
  if (!sent) return;
  const answered = !sent.isConnected; // by a part of its own: what is known, or why it was not added
  sent = null;
  if (answered) {
    place().classList.add("found-over");
    (controls()[0] || box()).focus();
    return;
  }
  if (document.querySelector("#error .notice")) return;
  reset();
  document.getElementById("panel")?.focus({ preventScroll: true });
});

document.addEventListener("desk:failed", () => {
  if (place()?.getAttribute("aria-busy")) ask();
  sent = null;
});
