// What happens without this page: links are checked, somebody else changes the edition.
import { mailShown } from "./mail_frame.js";
import { announce, applyParts, busy, headers, inTurn, opened, queued, view } from "./parts.js";
import { showNote } from "./toasts.js";

const SECONDS = 1.5;
const page = Math.random().toString(36).slice(2); // tells two windows of one person apart
const known = () => document.getElementById("mark");

async function parsed(address) {
  return new DOMParser().parseFromString(await (await fetch(address)).text(), "text/html");
}

// Fetch what has changed since the state that this page shows.
export function refresh() {
  return inTurn(fetchParts);
}

async function fetchParts() {
  const { week } = known().dataset;
  try {
    const post = opened();
    const query = new URLSearchParams({ view: view(), ...(post ? { post } : {}) });
    const response = await fetch(`/editions/${week}?${query}`, { headers: headers() });
    if (!response.headers.has("X-Digest-Parts")) return;
    applyParts(await response.text(), null, (part) => part !== "#panel" || opened() === post);
    owed = false;
  } catch {
    // The desk is busy or stopped; ask again.
  }
}

// After a change the mail comes first, then what is known from the mail: findings, what an approval would do. While
// further changes wait, they go first, and the last of them asks.
let owed = false;

document.addEventListener("desk:later", () => {
  owed = true;
  inTurn(async () => {
    if (queued()) return;
    await mailShown();
    if (!queued()) await fetchParts();
  });
});

let others = "";

function showOthers() {
  const place = document.getElementById("others");
  if (place && place.textContent !== others) place.textContent = others;
}

document.addEventListener("desk:parts", showOthers);

async function followChanges() {
  const { week, change } = known().dataset;
  if (!document.hidden && !busy()) {
    try {
      const response = await fetch(`/editions/${week}/changes?after=${change}&page=${page}`);
      const now = await response.json();
      others = now.others.length ? `Also here: ${now.others.join(", ")}` : "";
      showOthers();
      if (!busy() && (owed || now.change !== known().dataset.change)) {
        await refresh();
        if (now.by) showNote(`${now.by} changed the edition.`);
      }
    } catch {
      // The desk is busy or stopped; ask again.
    }
  }
  window.setTimeout(followChanges, SECONDS * 1000);
}

// Links are checked in the background.
async function followLinks() {
  const links = document.getElementById("links");
  if (links?.dataset.poll) {
    try {
      const next = (await parsed(links.dataset.poll)).getElementById("links");
      if (next && !next.dataset.poll) {
        await refresh();
        const summary = document.getElementById("links-summary");
        if (summary) announce(summary.textContent.trim());
      }
    } catch {
      // The desk is busy or stopped; ask again.
    }
  }
  window.setTimeout(followLinks, 700);
}

if (known()) {
  followChanges();
  followLinks();
}
