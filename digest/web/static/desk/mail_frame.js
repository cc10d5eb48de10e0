// The mail in its frame. The frame has no origin and may do nothing; a script of ours in it answers messages:
// it scrolls to a post, says which post was clicked, and where it stands.
import { view } from "./parts.js";

const frame = () => document.querySelector("#frame iframe");
const isOurs = (source) => [...document.querySelectorAll("#frame iframe")].some((each) => each.contentWindow === source);
let place = null; // the post at the top of the frame, and how far from it
let next = null; // the frame that is loading
let pending = [];

function tell(target, message) {
  target?.contentWindow?.postMessage(message, "*"); // it has no origin that could be named
}

export function scrollMailTo(post) {
  tell(frame(), { show: post });
}

// Load the changed mail behind the one that is shown, at the same place, and exchange them when it is there.
export function reloadMail(changed) {
  const old = frame();
  if (!old) {
    reloadText();
    return;
  }
  pending = [...new Set([...pending, ...changed])];
  next?.remove();
  next = old.cloneNode();
  next.classList.add("frame-next");
  next.classList.remove("inside");
  next.setAttribute("aria-hidden", "true");
  next.tabIndex = -1;
  next.src = old.src.split("#")[0];
  old.after(next);
}

async function reloadText() {
  const text = document.getElementById("mail-text");
  if (!text) return;
  const { week } = document.getElementById("mark").dataset;
  try {
    const html = await (await fetch(`/editions/${week}/mail?view=text`)).text();
    const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("mail-text");
    text.textContent = fresh.textContent;
  } catch {
    // It stays as it is until the next change.
  }
}

window.addEventListener("message", (event) => {
  if (!isOurs(event.source) || typeof event.data !== "object" || !event.data) return;
  const { chosen, at, ready } = event.data;
  if (event.source === next?.contentWindow) {
    if (ready) arrive();
    return;
  }
  if (at) place = at;
  if (typeof chosen === "string" && /^[0-9a-f]{16}$/.test(chosen)) {
    document.dispatchEvent(new CustomEvent("desk:chosen", { detail: { post: chosen } }));
  }
  if (typeof event.data.key === "string") forward(event.data);
});

function arrive() {
  const old = frame();
  const fresh = next;
  next = null;
  tell(fresh, { place, glow: pending });
  pending = [];
  const hadFocus = document.activeElement === old;
  fresh.classList.remove("frame-next");
  fresh.removeAttribute("aria-hidden");
  fresh.removeAttribute("tabindex");
  old.remove();
  if (hadFocus) fresh.focus({ preventScroll: true });
}

// A key that was pressed in the mail is for the desk.
function forward({ key }) {
  if (/^[jkpdhmz?]$/.test(key)) document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
}

document.addEventListener("desk:parts", ({ detail }) => {
  if (detail.mail) reloadMail(detail.mail);
});

// Another view of the mail: only this part is exchanged.
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-view]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const { week } = document.getElementById("mark").dataset;
  const address = new URL(link.href);
  try {
    const html = await (await fetch(`/editions/${week}/mail${address.search}`)).text();
    const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("mail");
    next = null;
    document.getElementById("mail").replaceWith(document.importNode(fresh, true));
  } catch {
    window.location.assign(link.href);
    return;
  }
  for (const field of document.querySelectorAll("input[name=view]")) field.value = link.dataset.view;
  document.querySelector(`#mail a[data-view="${view()}"][aria-current]`)?.focus({ preventScroll: true });
  window.history.replaceState(null, "", address.search);
});
