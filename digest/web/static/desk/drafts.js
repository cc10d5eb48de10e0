// What is typed survives: it is saved on the server two seconds after the last key, and in the browser until the server
// has it. Leaving a box, or Save, puts it into the mail. Without this file the boxes travel with every button.

import { busy, isExchanging } from "./parts.js";

const WAIT = 2000;
const AGAIN = [2000, 4000, 8000, 15000];

const act = () => document.getElementById("act");
const base = () => new URL(act().action).pathname;
const writer = () => document.getElementById("writer")?.value ?? "";
const boxes = () => document.querySelectorAll("[data-typed]");
const nameOf = (box) => `typed ${writer()} ${base()} ${box.dataset.typed} ${box.dataset.post}`;

const waiting = new Map(); // by name: what the server does not have yet

const store = {
  put(name, entry) {
    try { localStorage.setItem(name, JSON.stringify({ text: entry.text, mark: entry.mark })); } catch { /* full, or off */ }
  },
  take(name) {
    try { return JSON.parse(localStorage.getItem(name) ?? "null"); } catch { return null; }
  },
  drop(name) {
    try { localStorage.removeItem(name); } catch { /* off */ }
  },
};

function boxOf(name) {
  return [...boxes()].find((box) => nameOf(box) === name);
}

function say(name, text, tone = "", link = "") {
  const box = boxOf(name);
  const state = box?.closest("[data-box]")?.querySelector("[data-state]");
  if (!state) return;
  state.textContent = text;
  state.dataset.tone = tone;
  if (link) {
    const anchor = document.createElement("a");
    anchor.href = link;
    anchor.target = "_blank";
    anchor.textContent = "Log in";
    state.append(" ", anchor);
  }
}

// --- Saving ----------------------------------------------------------------------------------------------------------

function note(box) {
  const name = nameOf(box);
  const entry = waiting.get(name) ?? { attempts: 0 };
  Object.assign(entry, {
    field: box.dataset.typed, post: box.dataset.post, text: box.value, mark: box.dataset.mark,
  });
  waiting.set(name, entry);
  store.put(name, entry);
  const longest = Number(box.dataset.longest);
  say(name, [...box.value].length > longest ? `Longer than ${longest} characters` : "…");
  plan(name, WAIT);
}

function plan(name, delay) {
  const entry = waiting.get(name);
  window.clearTimeout(entry.timer);
  entry.timer = window.setTimeout(() => save(name), delay);
}

async function save(name) {
  const entry = waiting.get(name);
  if (!entry || entry.saving) return;
  window.clearTimeout(entry.timer);
  entry.saving = true;
  const { field, post, text, mark } = entry;
  let response = null;
  try {
    const body = new URLSearchParams({ token: act().elements.token.value, field, post, text, mark });
    const keepalive = body.toString().length < 60000; // a browser keeps no longer request alive
    response = await fetch(`${base()}/drafts`, { method: "POST", body, keepalive, headers: { "X-Digest-Parts": "1" } });
  } catch { /* no answer */ }
  entry.saving = false;
  if (waiting.get(name) !== entry) return; // it was put into the mail meanwhile
  if (response?.ok) {
    const answer = await response.json();
    if (entry.text !== text) return plan(name, WAIT);
    waiting.delete(name);
    store.drop(name);
    say(name, `Saved ${answer.saved}${answer.unapplied ? ", not in the mail yet" : ""}`, "good");
    const box = boxOf(name);
    if (box && answer.unapplied && box !== document.activeElement && !busy()) apply(box); // it was left while nothing answered
    return;
  }
  const token = response?.headers.get("X-Digest-Token");
  if (token) {
    for (const field of document.querySelectorAll("input[name=token]")) field.value = token;
    return plan(name, entry.attempts++ ? WAIT : 0);
  }
  if (response?.status === 401) {
    say(name, "You have been logged out. Your text is kept here.", "bad", `/login?next=${encodeURIComponent(base())}`);
  } else if (response?.status === 409 || response?.status === 413) {
    const answer = response.status === 409 ? await response.json() : { error: "The text is too long.", remedy: "" };
    return say(name, `Not saved: ${answer.error} ${answer.remedy}`, "bad"); // asking again would not help
  } else {
    say(name, "Not saved yet, trying again", "bad");
  }
  plan(name, AGAIN[Math.min(entry.attempts++, AGAIN.length - 1)]);
}

function saveAll() {
  for (const name of waiting.keys()) save(name);
}

// --- Putting it into the mail -----------------------------------------------------------------------------------------

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-typed]")) note(event.target);
});

// A box was left, or Enter was pressed in it: its own Save button is pressed. After a clash, only the editor decides.
let applied = 0;

function apply(box) {
  const button = document.querySelector(`[data-applies~="${box.dataset.typed}"]`);
  if (button && !box.closest("[data-box]").querySelector(".clash")) {
    applied = Date.now();
    act().requestSubmit(button);
  }
}

// Pressing Save leaves the box first, which has saved it.
document.addEventListener("click", (event) => {
  if (event.target.closest(".save-words button, .save-text button") && Date.now() - applied < 1000) event.preventDefault();
});

// After Enter, the browser reports the same change once more when the box is left or exchanged.
const entered = new WeakMap();

document.addEventListener("change", (event) => {
  const box = event.target;
  if (!box.matches("[data-typed]") || (event.isTrusted && entered.get(box) === box.value)) return;
  entered.set(box, box.value);
  apply(box);
});

// Enter in a line with a button of its own presses that button.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || !event.target.matches(".joined > input")) return;
  event.preventDefault();
  event.target.parentElement.querySelector("button[type=submit]").click();
});

// Enter in a line saves it, and nothing else.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches("input[data-typed]") || event.isComposing) return;
  event.preventDefault();
  event.target.dispatchEvent(new Event("change", { bubbles: true }));
});

// --- Finding it again -------------------------------------------------------------------------------------------------

// On a new page, and in a part that was exchanged: what the server did not have yet is in its box again.
const restored = new WeakSet();

function restore(scope) {
  for (const box of scope.querySelectorAll("[data-typed]")) {
    if (restored.has(box)) continue;
    restored.add(box);
    const name = nameOf(box);
    const entry = waiting.get(name) ?? store.take(name);
    if (!entry) continue;
    if (entry.text === box.value) {
      window.clearTimeout(entry.timer);
      waiting.delete(name);
      store.drop(name);
      continue;
    }
    box.value = entry.text;
    box.dataset.mark = entry.mark;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

// A part is exchanged as a whole, also while somebody writes in it: they write on at the same place.
let writing = null;
for (const kind of ["selectionchange", "focusin", "input"]) {
  document.addEventListener(kind, () => {
    const box = document.activeElement;
    if (!box?.matches("[data-typed]")) return;
    writing = { name: nameOf(box), start: box.selectionStart, end: box.selectionEnd };
  });
}
document.addEventListener("focusout", () => {
  if (!isExchanging()) writing = null;
});

new MutationObserver((changes) => {
  const removed = changes.some((change) => [...change.removedNodes].some((node) => node.querySelector?.("[data-typed]")));
  restore(document);
  if (!removed || !writing || document.activeElement !== document.body) return;
  const box = boxOf(writing.name);
  if (!box) return;
  box.focus({ preventScroll: true });
  box.setSelectionRange(writing.start, writing.end);
}).observe(document.body, { childList: true, subtree: true });

// What is thrown away, or put over another's text, is nothing that is still to be saved.
document.addEventListener("desk:sending", ({ detail }) => {
  if (!/\/(discard|overrule)$/.test(detail.address)) return;
  const [field, post = ""] = detail.body.get("what").split("/");
  const box = document.querySelector(`[data-typed="${CSS.escape(field)}"][data-post="${CSS.escape(post)}"]`);
  if (!box) return;
  const entry = waiting.get(nameOf(box));
  if (entry) window.clearTimeout(entry.timer);
  waiting.delete(nameOf(box));
  store.drop(nameOf(box));
  box.defaultValue = box.value; // the exchange of parts puts back what differs from it
});

window.addEventListener("pagehide", saveAll);
document.addEventListener("visibilitychange", () => { if (document.hidden) saveAll(); });
window.addEventListener("online", saveAll);
restore(document);
