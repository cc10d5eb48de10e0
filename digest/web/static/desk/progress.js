// How far sending is, whoever sends: a stream of events while something moves; else, or where there is none, by asking.
import { announce } from "./parts.js";
import { refresh } from "./follow.js";

const place = () => document.getElementById("progress");
const isMoving = () => place()?.dataset.state === "sending" || place()?.dataset.job === "running";

// Show it; where buttons depend on what has changed, fetch them, too.
async function show(html) {
  const old = place();
  const next = new DOMParser().parseFromString(html, "text/html").getElementById("progress");
  if (!old || !next) return;
  const { state, job } = old.dataset;
  old.replaceWith(next);
  if (next.dataset.state === state && next.dataset.job === job) return;
  await refresh();
  announce(place()?.querySelector(".progress-line")?.textContent.trim() || document.querySelector("#state h2")?.textContent || "");
}

async function ask() {
  const address = place()?.dataset.poll;
  if (address) {
    try {
      await show(await (await fetch(address)).text());
    } catch {
      // The desk is busy or stopped; ask again.
    }
  }
  window.setTimeout(follow, isMoving() ? 1000 : 3000);
}

function follow() {
  const address = place()?.dataset.poll;
  if (!address || !isMoving() || !window.EventSource) {
    ask();
    return;
  }
  const stream = new EventSource(address);
  const end = () => {
    stream.close();
    window.setTimeout(follow, 1000);
  };
  stream.addEventListener("progress", (event) => show(event.data));
  stream.addEventListener("end", end);
  // Refused: ask instead, and try a stream again later. Broken off: the browser opens another one by itself.
  stream.addEventListener("error", () => {
    if (stream.readyState === EventSource.CLOSED) ask();
  });
  window.addEventListener("pagehide", () => stream.close(), { once: true });
}

if (place()) follow();
