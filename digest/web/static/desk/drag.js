// Order by hand: drag a line by its grip, within its theme or to another one, with a mouse or a finger.
import { announce, opened, send } from "./parts.js";
import { choose, lineOf } from "./outline.js";

const form = () => document.getElementById("act");
const linesOf = (theme) => [...theme.querySelectorAll(".line[data-post]")].filter((line) => !line.hidden);

// Show the line in its new place at once, and tell the server.
export function place(line, theme, index) {
  const [from, before] = [line.closest("[data-theme]"), line.nextElementSibling];
  const others = linesOf(theme).filter((each) => each !== line);
  const list = theme.querySelector(".lines");
  if (from === theme && linesOf(theme).indexOf(line) === index) return;
  const parent = line.parentElement;
  list.insertBefore(line, others[index] || null);
  count(from);
  count(theme);
  const body = new URLSearchParams(new FormData(form()));
  body.set("theme", theme.dataset.theme);
  body.set("place", index);
  body.set("seen", theme.dataset.seen || "");
  body.set("open", opened());
  const { week } = document.getElementById("mark").dataset;
  const undo = () => {
    parent.insertBefore(line, before);
    count(from);
    count(theme);
  };
  const seen = () => document.getElementById(theme.id)?.dataset.seen;
  send(`/editions/${week}/posts/${line.dataset.post}/place`, body, { undo, seen });
}

function count(theme) {
  const number = theme.querySelector(".count");
  if (number) number.textContent = linesOf(theme).length;
}

// One place up or down; at the end of a theme, into the next one.
export function placeBy(post, step) {
  const line = lineOf(post);
  const theme = line?.closest("[data-theme]");
  if (!theme || !line.querySelector(".grip")) return;
  const index = linesOf(theme).indexOf(line) + step;
  if (index >= 0 && index < linesOf(theme).length) place(line, theme, index);
  else {
    const themes = [...document.querySelectorAll("#themes > [data-theme]")];
    const next = themes[themes.indexOf(theme) + step];
    if (!next) {
      announce(step < 0 ? "It is the first post." : "It is the last post.");
      return;
    }
    place(line, next, step < 0 ? linesOf(next).length : 0);
  }
  choose(post, { focus: !opened(), scroll: false });
}

let dragged = null;

document.addEventListener("pointerdown", (event) => {
  const grip = event.target.closest(".grip");
  if (!grip || event.button) return;
  event.preventDefault();
  const line = grip.closest(".line");
  const marker = document.createElement("li");
  marker.className = "drop-mark";
  dragged = { line, marker, pointer: event.pointerId, theme: null, index: 0, y: null };
  line.classList.add("line-dragged");
  document.body.classList.add("is-dragging");
  grip.setPointerCapture(event.pointerId);
  window.getSelection()?.removeAllRanges();
  requestAnimationFrame(scrollOn);
});

document.addEventListener("pointermove", (event) => {
  if (!dragged || event.pointerId !== dragged.pointer) return;
  dragged.y = event.clientY;
  mark(event.clientY);
});

// Show where the line would go.
function mark(y) {
  const theme = themeAt(y);
  if (!theme) return;
  const others = linesOf(theme).filter((line) => line !== dragged.line);
  const index = others.filter((line) => middle(line) < y).length;
  Object.assign(dragged, { theme, index });
  const list = theme.querySelector(".lines");
  list.insertBefore(dragged.marker, others[index] || null);
}

// As long as the pointer is near an edge, whether it moves or not.
function scrollOn(now) {
  if (!dragged) return;
  if (dragged.y !== null) {
    scrollAt(dragged.y, Math.min(60, (now - (dragged.at || now)) / 2));
    mark(dragged.y);
  }
  dragged.at = now;
  requestAnimationFrame(scrollOn);
}

// Near an edge, the outline scrolls; on a narrow screen the whole page does.
function scrollAt(y, pixels) {
  const outline = document.getElementById("outline");
  const scrolls = outline.scrollHeight > outline.clientHeight + 1;
  const { top, bottom } = scrolls ? outline.getBoundingClientRect() : { top: 0, bottom: window.innerHeight - 60 };
  const target = scrolls ? outline : window;
  if (y < top + 40) target.scrollBy(0, -pixels);
  else if (y > Math.min(bottom, window.innerHeight) - 40) target.scrollBy(0, pixels);
}

const middle = (line) => {
  const box = line.getBoundingClientRect();
  return box.top + box.height / 2;
};

// The theme under the pointer: the last one that begins above it.
function themeAt(y) {
  const themes = [...document.querySelectorAll("#themes > [data-theme]")];
  return themes.filter((theme) => theme.getBoundingClientRect().top <= y).pop() || themes[0];
}

function end(event, drop) {
  if (!dragged || event.pointerId !== dragged.pointer) return;
  const { line, marker, theme, index } = dragged;
  dragged = null;
  marker.remove();
  line.classList.remove("line-dragged");
  document.body.classList.remove("is-dragging");
  if (!drop || !theme) return;
  place(line, theme, index);
  choose(line.dataset.post, { focus: true, scroll: false });
}

document.addEventListener("pointerup", (event) => end(event, true));
document.addEventListener("pointercancel", (event) => end(event, false));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && dragged) end({ pointerId: dragged.pointer }, false);
});
